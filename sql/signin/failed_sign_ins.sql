-- title: Failed sign-ins
-- description: Lists every refused attempt to sign in to the console or to Identity Center, and how often the same name and the same address failed that day.
-- severity: low
-- mitre: T1110
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Covers passwords, second factors and Identity Center. AWS hides a name that exists in no account (somebody may have
-- typed a password there): such rows are unknown_user, and many of them are somebody guessing.
-- Expected: a forgotten password, one or two attempts, then a success. Suspicious: many failures of one address over
-- many names (password_spraying), of one name (sign_in_brute_force), followed by a success (sign_ins_after_failures).

WITH failures AS (
  SELECT *,
         coalesce(additional_event_data->>'UserName', user_name, session_name, principal) AS who,
         coalesce(user_name = 'HIDDEN_DUE_TO_SECURITY_REASONS'
                  OR error_message = 'No username found in supplied account', false) AS unknown_user
  FROM cloudtrail
  WHERE event_source = 'signin.amazonaws.com'
    AND event_name IN ('ConsoleLogin', 'CheckMfa', 'CredentialVerification', 'UserAuthentication', 'SwitchRole',
                       'GetSigninToken')
    AND outcome <> 'success'
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
)
SELECT event_time,
       account_id,
       aws_region,
       principal,
       who AS name,
       source_ip,
       event_name,
       coalesce(additional_event_data->>'CredentialType', additional_event_data->>'MfaType',
                CASE WHEN (additional_event_data->>'MFAUsed') = 'Yes' THEN 'second factor' END) AS factor,
       unknown_user,
       count(*) OVER (PARTITION BY event_date, account_id, who) AS failures_of_name,
       count(*) OVER (PARTITION BY event_date, source_ip) AS failures_of_address,
       user_agent,
       outcome,
       error_code,
       error_message,
       event_id
FROM failures
ORDER BY event_time DESC, event_id
