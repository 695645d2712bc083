-- title: Passwords changed by their owners
-- description: Lists every attempt of a user to change their own console password.
-- severity: low
-- mitre: T1098
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A password that is reset by somebody else is in the report console_access_changes, that of the root user in
-- root_credential_changes.
-- Expected: a first sign-in, a rotation. Suspicious: EntityTemporarilyUnmodifiable or InvalidUserType again and again,
-- an address new for the user, a change right after a key of the user was used from elsewhere.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       user_name,
       outcome,
       error_code,
       error_message,
       event_id
FROM cloudtrail
WHERE event_source = 'iam.amazonaws.com'
  AND event_name = 'ChangePassword'
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
