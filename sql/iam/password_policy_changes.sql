-- title: Password policy of the account changed
-- description: Lists every attempt to change or remove the rules that passwords of IAM users must meet.
-- severity: medium
-- mitre: T1556
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- What the request leaves out falls back to the default of AWS, which is weak: an empty column is a rule that is gone.
-- Expected: a baseline that code sets once. Suspicious: a removal, a shorter length, symbols no longer asked for.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       CASE event_name WHEN 'DeleteAccountPasswordPolicy' THEN 'removes the rules' ELSE 'sets the rules' END AS effect,
       request_parameters->>'minimumPasswordLength' AS minimum_length,
       request_parameters->>'requireSymbols' AS symbols,
       request_parameters->>'requireNumbers' AS numbers,
       request_parameters->>'maxPasswordAge' AS maximum_age_days,
       request_parameters->>'passwordReusePrevention' AS passwords_remembered,
       request_parameters->>'allowUsersToChangePassword' AS users_may_change,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'iam.amazonaws.com'
  AND event_name IN ('UpdateAccountPasswordPolicy', 'DeleteAccountPasswordPolicy')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
