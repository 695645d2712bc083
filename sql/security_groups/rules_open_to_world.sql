-- title: Security groups opened to the world
-- description: Lists every attempt to let everybody on the internet in through a security group.
-- severity: high
-- mitre: T1562.007, T1190
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: egress boolean = false -- Whether rules for outgoing traffic are listed
--
-- The world is 0.0.0.0/0 and ::/0, and blocks so large that two of them make the same, as 0.0.0.0/1.
-- Rows without a target are calls whose parameters the log left out.
-- Expected: ports 80 and 443 of load balancers. Suspicious: everything else; all ports, SSH, RDP, databases above all.
-- Egress to the world is what a new group has by default and is not listed unless egress is true.

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
    AND event_name IN ('AuthorizeSecurityGroupIngress', 'AuthorizeSecurityGroupEgress', 'ModifySecurityGroupRules')
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
WHERE (rule IS NULL
       -- Addresses under f are private or multicast.
       OR (regexp_like(rule['target'], '/[0-7]$') AND rule['target'] NOT LIKE 'f%'))
  AND ($egress OR coalesce(rule['direction'], 'ingress') <> 'egress')
  AND ($egress OR rule IS NOT NULL OR event_name <> 'AuthorizeSecurityGroupEgress')
ORDER BY event_time DESC, event_id, direction, protocol, from_port, to_port, target
