-- title: Encrypted parameters read
-- description: Lists who read parameters of Systems Manager in plain text that are stored encrypted.
-- severity: medium
-- mitre: T1555.006
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- One row for each parameter that was asked for. Many applications keep their passwords there.
-- Expected: applications by their own role, deployments. Suspicious: a whole tree by path, a person, an address
-- outside, refused attempts. Many at once: secret_read_bursts.
-- Calls without decryption give out encrypted values and are not listed; withDecryption on a plain parameter changes
-- nothing, and cannot be told apart.

WITH reads AS (
  SELECT *,
         CASE
           WHEN event_name = 'GetParameters' THEN
             coalesce(json_get_array(request_parameters, 'names'), make_array(CAST(NULL AS VARCHAR)))
           ELSE make_array(coalesce(request_parameters->>'name', request_parameters->>'path',
                                    arn_part(resource_arns[1], 'resource_id')))
         END AS names
  FROM cloudtrail
  WHERE event_source = 'ssm.amazonaws.com'
    AND event_name IN ('GetParameter', 'GetParameters', 'GetParametersByPath', 'GetParameterHistory')
    AND ((request_parameters->>'withDecryption') = 'true'
         OR request_parameters IS NULL OR (request_parameters->>'omitted') = 'true')
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
),
each_name AS (
  SELECT *, unnest(CASE WHEN cardinality(names) > 0 THEN names ELSE make_array(CAST(NULL AS VARCHAR)) END) AS quoted
  FROM reads
)
SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       user_agent_tool(user_agent) AS tool,
       trim(BOTH '"' FROM quoted) AS parameter,
       request_parameters->>'recursive' AS whole_tree,
       outcome,
       error_code,
       event_id
FROM each_name
ORDER BY event_time DESC, event_id, parameter
