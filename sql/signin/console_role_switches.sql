-- title: Roles switched in the console
-- description: Lists who changed into which role with the console's Switch role, from which identity and account.
-- severity: info
-- mitre: T1550.001, T1078.004
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- After a switch the person acts as the role: what they do then stands under the role, with their name as session.
-- Expected: administrators who work in several accounts. Suspicious: a role or account new for the person, a refused
-- switch into several roles in a row. Refused ones name who tried as principal, and seldom the role.

SELECT event_time,
       account_id,
       aws_region,
       additional_event_data->>'SwitchFrom' AS switched_from,
       arn_part(additional_event_data->>'SwitchFrom', 'account') AS from_account,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       arn_part(additional_event_data->>'SwitchFrom', 'account') <> account_id AS crosses_accounts,
       additional_event_data->>'RedirectTo' AS redirected_to,
       user_agent,
       outcome,
       coalesce(error_code, error_message) AS error,
       event_id
FROM cloudtrail
WHERE event_source = 'signin.amazonaws.com'
  AND event_name IN ('SwitchRole', 'ExitRole', 'RenewRole')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
