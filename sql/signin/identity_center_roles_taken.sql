-- title: Roles taken through Identity Center
-- description: Lists which person took which permission set in which account, for the command line or for the console.
-- severity: info
-- mitre: T1078.004, T1550.001
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: role text = NULL -- Only this permission set
--
-- The event stands in the account of Identity Center; what was done with the role stands in to_account, under a role
-- AWSReservedSSO_<role>_<hash> with the person's name as session.
-- Expected: the few roles a person works with. Suspicious: administrator rights that the person seldom takes, many
-- accounts within minutes (somebody collects keys with a stolen token), an address new for the person.

SELECT event_time,
       account_id,
       aws_region,
       coalesce(user_name, principal) AS principal,
       on_behalf_of_user_id,
       source_ip,
       CASE event_name WHEN 'Federate' THEN 'console' ELSE 'keys' END AS for_use,
       event_name,
       coalesce(service_event_details->>'role_name', request_parameters->>'role_name',
                request_parameters->>'roleName') AS role_name,
       coalesce(service_event_details->>'account_id', request_parameters->>'account_id',
                request_parameters->>'accountId') AS to_account,
       user_agent,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'sso.amazonaws.com'
  AND event_name IN ('GetRoleCredentials', 'Federate')
  AND ($role IS NULL OR (service_event_details->>'role_name') = $role OR (request_parameters->>'role_name') = $role
       OR (request_parameters->>'roleName') = $role)
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
