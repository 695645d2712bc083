-- title: Passwords changed by their owners
-- description: Lists users who changed their own console password, and passwords of the root user that were recovered or changed.
-- severity: low
-- mitre: T1110, T1098
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A password that is reset by somebody else is in the report console_access_changes.
-- Expected: a first sign-in, a rotation. Suspicious: EntityTemporarilyUnmodifiable or InvalidUserType again and again,
-- an address new for the user, a change right after a key of the user was used from elsewhere; any row of the root
-- user.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       CASE WHEN principal_type = 'Root' THEN 'root' ELSE user_name END AS for_user,
       outcome,
       error_code,
       error_message,
       event_id
FROM cloudtrail
WHERE event_source IN ('iam.amazonaws.com', 'signin.amazonaws.com')
  AND event_name IN ('ChangePassword', 'PasswordRecoveryRequested', 'PasswordRecoveryCompleted', 'PasswordUpdated')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
