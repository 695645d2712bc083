-- title: New access keys and their first use
-- description: Lists each long-lived key that was made, with when, from where and for what it was first used.
-- severity: medium
-- mitre: T1098.001
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A key that is used within minutes, from another address than it was made from, was made to be carried away.
-- Expected: a key that goes into the settings of one machine and is used from there. Suspicious: first_call is
-- GetCallerIdentity (somebody tries out what they got), several addresses at once, refused calls. Only uses in this
-- lake are seen; a key without any is listed with empty columns. Keys that were refused have no id: see
-- access_keys_created.

WITH made AS (
  SELECT event_time AS created_at,
         account_id,
         principal AS created_by,
         source_ip AS created_from,
         access_key_id AS created_with,
         coalesce(response_elements->'accessKey'->>'userName', request_parameters->>'userName') AS for_user,
         issued_access_key_id AS new_key,
         event_id
  FROM cloudtrail
  WHERE event_source = 'iam.amazonaws.com'
    AND event_name = 'CreateAccessKey'
    AND issued_access_key_id IS NOT NULL
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
),
uses AS (
  SELECT access_key_id AS used_key,
         min(event_time) AS first_used,
         max(event_time) AS last_used,
         first_value(source_ip ORDER BY event_time, event_id) AS first_used_from,
         first_value(event_name ORDER BY event_time, event_id) AS first_call,
         count(*) AS calls,
         count(*) FILTER (WHERE outcome = 'denied') AS denied_calls,
         array_to_string(array_sort(array_agg(DISTINCT source_ip)), ', ') AS used_from
  FROM cloudtrail
  WHERE access_key_id IN (SELECT new_key FROM made)
  GROUP BY access_key_id
)
SELECT created_at,
       account_id,
       created_by,
       created_from,
       created_with,
       for_user,
       new_key AS access_key_id,
       first_used,
       (to_unixtime(first_used) - to_unixtime(created_at)) / 60 AS minutes_to_first_use,
       first_used_from,
       first_call,
       used_from,
       calls,
       denied_calls,
       last_used,
       event_id
FROM made
LEFT JOIN uses ON used_key = new_key
ORDER BY created_at DESC, event_id
