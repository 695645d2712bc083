-- title: Network ACL changes
-- description: Lists every attempt to change the packet filters of subnets.
-- severity: medium
-- mitre: T1562.007
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Rules with lower numbers win. Expected: infrastructure code, your own responders who block an address.
-- Suspicious: an allow for everything with a low number, a deny that was deleted, a deny for everything (an outage).

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'networkAclId',
                response_elements->'networkAcl'->>'networkAclId') AS network_acl_id,
       request_parameters->>'ruleNumber' AS rule_number,
       CASE request_parameters->>'egress' WHEN 'true' THEN 'egress' WHEN 'false' THEN 'ingress' END AS direction,
       request_parameters->>'ruleAction' AS rule_action,
       CASE request_parameters->>'aclProtocol'
         WHEN '-1' THEN 'all'
         WHEN '1' THEN 'icmp'
         WHEN '6' THEN 'tcp'
         WHEN '17' THEN 'udp'
         ELSE request_parameters->>'aclProtocol'
       END AS protocol,
       request_parameters->'portRange'->>'from' AS from_port,
       request_parameters->'portRange'->>'to' AS to_port,
       coalesce(request_parameters->>'cidrBlock', request_parameters->>'ipv6CidrBlock') AS cidr,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'ec2.amazonaws.com'
  AND event_name IN ('CreateNetworkAcl', 'DeleteNetworkAcl', 'CreateNetworkAclEntry', 'ReplaceNetworkAclEntry',
                     'DeleteNetworkAclEntry', 'ReplaceNetworkAclAssociation')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
