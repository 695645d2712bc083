-- title: Recent security group changes
-- description: Lists every attempt to make, delete, open or close a security group, rule by rule.
-- severity: low
-- mitre: T1562.007
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: group text = NULL -- Only this security group, as sg-0123456789abcdef0
--
-- One row for each rule and each target of a call; a call that names no rule is one row.
-- Expected: infrastructure code, load balancer controllers. Suspicious: a person by the console at night, a rule for
-- one foreign address, egress opened to everything, a group changed just before or after an instance was launched.
-- rules_open_to_world, admin_ports_opened and groups_opened_then_closed pick out what is worst.

WITH calls AS (
  SELECT *,
         coalesce(request_parameters->>'groupId',
                  request_parameters->'ModifySecurityGroupRulesRequest'->>'GroupId',
                  response_elements->>'groupId',
                  request_parameters->>'groupName') AS group_id,
         coalesce(security_group_rules(request_parameters, event_name),
                  security_group_rules(response_elements, event_name),
                  -- A call without a rule in it stays: NULL would lose it.
                  make_array(NULL)) AS rules
  FROM cloudtrail
  WHERE event_source = 'ec2.amazonaws.com'
    AND event_name IN ('CreateSecurityGroup', 'DeleteSecurityGroup', 'AuthorizeSecurityGroupIngress',
                       'AuthorizeSecurityGroupEgress', 'RevokeSecurityGroupIngress', 'RevokeSecurityGroupEgress',
                       'ModifySecurityGroupRules', 'UpdateSecurityGroupRuleDescriptionsIngress',
                       'UpdateSecurityGroupRuleDescriptionsEgress', 'AssociateSecurityGroupVpc',
                       'DisassociateSecurityGroupVpc')
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
),
each AS (
  SELECT *, unnest(rules) AS rule
  FROM calls
)
SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       group_id,
       rule['direction'] AS direction,
       rule['protocol'] AS protocol,
       rule['from_port'] AS from_port,
       rule['to_port'] AS to_port,
       rule['target'] AS target,
       outcome,
       error_code,
       event_id
FROM each
WHERE $group IS NULL OR group_id = $group
ORDER BY event_time DESC, event_id, direction, protocol, from_port, to_port, target
