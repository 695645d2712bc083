-- title: Network ACLs opened to the world
-- description: Lists every attempt to let everybody on the internet through the packet filter of a subnet.
-- severity: medium
-- mitre: T1562.007
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Expected: the default (rule 100 allows everything) of networks that infrastructure code makes.
-- Suspicious: a rule with a lower number than the denies it undoes, all protocols, SSH or RDP. Rows without a rule are
-- calls whose parameters the log left out.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       request_parameters->>'networkAclId' AS network_acl_id,
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
  AND event_name IN ('CreateNetworkAclEntry', 'ReplaceNetworkAclEntry')
  AND ((lower(request_parameters->>'ruleAction') = 'allow'
        AND coalesce(request_parameters->>'egress', 'false') = 'false'
        AND coalesce(request_parameters->>'cidrBlock', request_parameters->>'ipv6CidrBlock') LIKE '%/0')
       OR (request_parameters IS NULL OR (request_parameters->>'omitted') = 'true'))
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
