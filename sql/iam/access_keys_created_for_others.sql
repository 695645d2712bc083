-- title: Access keys created for somebody else
-- description: Lists long-lived keys that one identity made, or tried to make, for another: the way to come back under a name that nobody watches.
-- severity: high
-- mitre: T1098.001
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Expected: an automation that makes keys for service users; know it by its role. Suspicious: a user who makes a key
-- for an administrator, a user that already had one, many users in a row, a name made up an hour before. What was done
-- with a key: the report new_access_keys_and_their_use.

WITH keys AS (
  SELECT *,
         coalesce(response_elements->'accessKey'->>'userName', request_parameters->>'userName',
                  -- Without a name the key is for who asks.
                  CASE WHEN outcome = 'success'
                    THEN CASE WHEN principal_type = 'Root' THEN 'root' ELSE user_name END END,
                  regexp_match(error_message, 'on resource: (?:\w+ )?(?:arn:\S+/)?([\w+=,.@-]+)( |$)')[1]) AS for_user
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
       issued_access_key_id AS new_access_key_id,
       outcome,
       error_code,
       event_id
FROM keys
WHERE for_user IS DISTINCT FROM CASE WHEN principal_type = 'Root' THEN 'root' ELSE user_name END
ORDER BY event_time DESC, event_id
