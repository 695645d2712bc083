-- title: Access keys created
-- description: Lists who made a long-lived access key for whom, and which key it is.
-- severity: medium
-- mitre: T1098.001
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: user text = NULL -- Only keys for this IAM user
--
-- A long-lived key works from anywhere until somebody deletes it, so a new one is the classic way to stay.
-- Expected: a user who rotates their own key, an automation that makes keys for service users.
-- Suspicious: for_another is true, the key is for root, the caller is a session that just began.
-- What was done with a key: SELECT * FROM report('user_activity', 'who=AKIA...').

WITH keys AS (
  SELECT *,
         coalesce(
           response_elements->'accessKey'->>'userName',
           request_parameters->>'userName',
           -- Without a name the key is for who asks.
           CASE WHEN principal_type = 'Root' THEN 'root' ELSE user_name END
         ) AS for_user
  FROM cloudtrail
  WHERE event_source = 'iam.amazonaws.com'
    AND event_name = 'CreateAccessKey'
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
)
SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       for_user,
       for_user IS DISTINCT FROM CASE WHEN principal_type = 'Root' THEN 'root' ELSE user_name END AS for_another,
       issued_access_key_id AS new_access_key_id,
       outcome,
       error_code,
       event_id
FROM keys
WHERE $user IS NULL OR for_user = $user
ORDER BY event_time DESC, event_id
