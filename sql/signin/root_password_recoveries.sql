-- title: Root password recoveries
-- description: Lists requests to recover the root user's password by e-mail, whether they were completed, and changes of that password.
-- severity: high
-- mitre: T1078.004, T1098
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Who reads the root user's mail owns the account. A request alone needs nothing but the address; a completion needs
-- the mailbox.
-- Expected: nearly never. Suspicious: a completion or a new password that nobody in the company announced; look next at
-- root_console_sign_ins and at the mailbox itself.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       source_ip,
       event_name,
       CASE event_name
         WHEN 'PasswordRecoveryRequested' THEN 'asked for the mail'
         WHEN 'PasswordRecoveryCompleted' THEN 'set a password from the mail'
         ELSE 'changed the password'
       END AS step,
       user_agent,
       outcome,
       error_message,
       event_id
FROM cloudtrail
WHERE event_source = 'signin.amazonaws.com'
  AND event_name IN ('PasswordRecoveryRequested', 'PasswordRecoveryCompleted', 'PasswordUpdated')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
