-- title: Security groups opened and closed again
-- description: Lists rules that were opened and taken back within a short time, as somebody does who needs a door only once.
-- severity: high
-- mitre: T1562.007, T1070
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: within interval = '1 hour' -- The longest time from opening to closing
--
-- What is open today does not show these. Both calls succeeded; the rule is the same to the letter. A group that was
-- deleted with its rules is in security_groups_deleted.
-- Expected: certificate and deployment tools that open a port for their own address. Suspicious: by a person, to an
-- address nobody knows, with a session on an instance in between.

WITH rules AS (
  SELECT event_time,
         account_id,
         aws_region,
         principal,
         session_name,
         source_ip,
         access_key_id,
         event_name,
         event_id,
         source_file,
         source_index,
         coalesce(request_parameters->>'groupId', request_parameters->>'groupName') AS group_id,
         -- The console closes rules by their ids; then only the answer names them.
         unnest(coalesce(security_group_rules(request_parameters, event_name),
                         security_group_rules(response_elements, event_name))) AS rule
  FROM cloudtrail
  WHERE event_source = 'ec2.amazonaws.com'
    AND event_name IN ('AuthorizeSecurityGroupIngress', 'AuthorizeSecurityGroupEgress',
                       'RevokeSecurityGroupIngress', 'RevokeSecurityGroupEgress')
    AND outcome = 'success'
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
),
named AS (
  SELECT *,
         concat_ws(' ', rule['direction'], rule['protocol'],
                   rule['from_port'] || '-' || rule['to_port'], rule['target']) AS rule_text
  FROM rules
),
closed AS (
  SELECT account_id AS in_account, aws_region AS in_region, group_id AS of_group, rule_text AS of_rule,
         event_time AS at, principal AS by_principal, event_id AS by_event
  FROM named
  WHERE event_name LIKE 'Revoke%'
)
SELECT event_time AS opened_at,
       min(at) AS closed_at,
       CAST((date_part('epoch', min(at)) - date_part('epoch', event_time)) / 60 AS BIGINT) AS minutes_open,
       account_id,
       aws_region,
       principal AS opened_by,
       session_name,
       source_ip,
       access_key_id,
       first_value(by_principal ORDER BY at, by_event) AS closed_by,
       group_id,
       rule_text AS rule,
       event_id,
       first_value(by_event ORDER BY at, by_event) AS closing_event_id
FROM named
JOIN closed
  ON in_account = account_id
 AND in_region = aws_region
 AND of_group = group_id
 AND of_rule = rule_text
 AND at BETWEEN event_time AND event_time + $within
WHERE event_name LIKE 'Authorize%'
GROUP BY source_file, source_index, event_time, account_id, aws_region, principal, session_name, source_ip,
         access_key_id, group_id, rule_text, event_id
ORDER BY opened_at DESC, event_id, rule
