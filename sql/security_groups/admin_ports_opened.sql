-- title: Administration and database ports opened
-- description: Lists every attempt to open SSH, RDP, a database or another sensitive port to addresses of the internet, whether few or all.
-- severity: high
-- mitre: T1133, T1562.007
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Also a single address counts, for that is how an intruder lets only himself in; other security groups and private
-- addresses do not.
-- services names the sensitive ports within the rule. Expected: the fixed addresses of your offices, by infrastructure
-- code.
-- Suspicious: an address nobody knows, the address the call itself came from (to_caller), 0.0.0.0/0.
-- Rows without a target are calls whose parameters the log left out.

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
    AND event_name IN ('AuthorizeSecurityGroupIngress', 'ModifySecurityGroupRules')
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
),
each AS (
  SELECT *, unnest(rules) AS rule
  FROM calls
),
sensitive (port, service) AS (
  VALUES (22, 'SSH'), (23, 'Telnet'), (135, 'RPC'), (445, 'SMB'), (1433, 'SQL Server'), (1521, 'Oracle'),
         (2375, 'Docker'), (2379, 'etcd'), (3306, 'MySQL'), (3389, 'RDP'), (5432, 'PostgreSQL'),
         (5900, 'VNC'), (5985, 'WinRM'), (6379, 'Redis'), (6443, 'Kubernetes'), (9200, 'Elasticsearch'),
         (11211, 'Memcached'), (27017, 'MongoDB')
),
opened AS (
  SELECT *,
         rule['protocol'] AS protocol,
         rule['from_port'] AS from_port,
         rule['to_port'] AS to_port,
         rule['target'] AS target
  FROM each
  WHERE rule IS NULL
     OR (rule['target'] LIKE '%/%'
         AND NOT coalesce(ip_is_private(split_part(rule['target'], '/', 1)), false)
         AND coalesce(rule['direction'], 'ingress') = 'ingress'
         AND rule['protocol'] IN ('tcp', 'all'))
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
       protocol,
       from_port,
       to_port,
       target,
       CASE WHEN target IS NOT NULL
         THEN coalesce(ip_in_cidr(source_ip, target) AND target NOT LIKE '%/0', false)
       END AS to_caller,
       string_agg(service, ', ' ORDER BY port) AS services,
       outcome,
       error_code,
       event_id
FROM opened
LEFT JOIN sensitive
  ON target IS NOT NULL
 AND port BETWEEN coalesce(from_port, 0) AND coalesce(to_port, 65535)
GROUP BY source_file, source_index, event_time, account_id, aws_region, principal, session_name, source_ip,
         access_key_id, event_name, group_id, protocol, from_port, to_port, target, outcome, error_code, event_id
HAVING count(port) > 0 OR target IS NULL
ORDER BY event_time DESC, event_id, from_port, to_port, target
