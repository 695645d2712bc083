-- title: Access keys disabled, enabled or deleted
-- description: Lists every attempt to switch a long-lived key off or on, or to delete it, and whose key it is.
-- severity: low
-- mitre: T1552.004, T1531
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: user text = NULL -- Only keys of this IAM user
--
-- Keep the ids of deleted keys: the log goes on naming them, and report('user_activity', 'who=AKIA...') says what they
-- did.
-- Expected: a rotation, an incident that is being contained. Suspicious: an old key switched on again (effect
-- 'enables'), keys of others deleted, a key deleted minutes after it was made and used: somebody clears away.

WITH changes AS (
  SELECT *,
         coalesce(request_parameters->>'userName',
                  regexp_match(error_message, 'on resource: (?:\w+ )?(?:arn:\S+/)?([\w+=,.@-]+)( |$)')[1]) AS named
  FROM cloudtrail
  WHERE event_source = 'iam.amazonaws.com'
    AND event_name IN ('DeleteAccessKey', 'UpdateAccessKey')
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
),
owned AS (
  SELECT *,
         -- Without a name it is a key of who asks; but what was refused may lack the name in the log only.
         coalesce(named, CASE
                           WHEN outcome <> 'success' THEN NULL
                           WHEN principal_type = 'Root' THEN 'root'
                           ELSE user_name
                         END) AS of_user
  FROM changes
)
SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       CASE
         WHEN event_name = 'DeleteAccessKey' THEN 'deletes'
         WHEN (request_parameters->>'status') = 'Active' THEN 'enables'
         WHEN (request_parameters->>'status') = 'Inactive' THEN 'disables'
       END AS effect,
       request_parameters->>'accessKeyId' AS key,
       of_user,
       of_user <> coalesce(CASE WHEN principal_type = 'Root' THEN 'root' ELSE user_name END, '') AS of_another,
       outcome,
       error_code,
       event_id
FROM owned
WHERE $user IS NULL OR of_user = $user
ORDER BY event_time DESC, event_id
