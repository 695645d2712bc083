-- title: Many secrets read in a short time
-- description: Lists identities that asked for several different secrets or encrypted parameters within minutes.
-- severity: high
-- mitre: T1555.006
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: window interval = '10 minutes' -- The stretch of time in which reads are counted together
-- param: at_least integer = 5 -- The fewest different secrets
--
-- Counts Secrets Manager and, where decrypted, the Parameter Store. Several regions are a sweep.
-- Expected: a deployment that reads its configuration, a backup of secrets. Suspicious: anybody else; then every
-- secret in the row must be changed. A batch call with filters counts as one here: its single reads follow it.
-- Windows lie on the clock.

WITH reads AS (
  SELECT *,
         unnest(CASE
           WHEN event_name = 'GetParameters' THEN
             coalesce(json_get_array(request_parameters, 'names'), make_array(CAST(NULL AS VARCHAR)))
           WHEN event_name = 'BatchGetSecretValue' THEN
             coalesce(json_get_array(request_parameters, 'secretIdList'), make_array(CAST(NULL AS VARCHAR)))
           ELSE make_array(coalesce(request_parameters->>'secretId', request_parameters->>'name',
                                    request_parameters->>'path', resource_arns[1]))
         END) AS quoted
  FROM cloudtrail
  WHERE (event_source = 'secretsmanager.amazonaws.com' AND event_name IN ('GetSecretValue', 'BatchGetSecretValue')
         OR event_source = 'ssm.amazonaws.com'
            AND event_name IN ('GetParameter', 'GetParameters', 'GetParametersByPath', 'GetParameterHistory')
            AND (request_parameters->>'withDecryption') = 'true')
    AND NOT coalesce(is_aws_service(principal), false)
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
)
SELECT min(event_time) AS first_event,
       max(event_time) AS last_event,
       account_id,
       principal,
       source_ip,
       array_to_string(array_sort(array_agg(DISTINCT access_key_id)), ', ') AS access_keys,
       array_to_string(array_sort(array_agg(DISTINCT user_agent_tool(user_agent))), ', ') AS tools,
       count(DISTINCT trim(BOTH '"' FROM quoted)) AS secrets,
       count(DISTINCT event_id) AS calls,
       count(DISTINCT event_id) FILTER (WHERE outcome <> 'success') AS refused_or_failed,
       array_to_string(array_sort(array_agg(DISTINCT aws_region)), ', ') AS regions,
       array_to_string(array_sort(array_agg(DISTINCT trim(BOTH '"' FROM quoted))), ', ') AS names
FROM reads
GROUP BY date_bin($window, event_time), account_id, principal, source_ip
HAVING count(DISTINCT trim(BOTH '"' FROM quoted)) >= $at_least
ORDER BY first_event DESC, principal, source_ip
