-- title: Federation tokens
-- description: Lists calls that turn a long-lived key into a temporary one for a made-up name: such a session outlives the deletion of the key.
-- severity: high
-- mitre: T1550.001, T1548.005
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A federation token goes on working up to 36 hours after the key behind it is deleted, and cannot be revoked: deny
-- the user everything instead. Its name is freely chosen. With a token somebody can also open the console. Without a
-- policy (actions and managed_policies are empty) the session may do next to nothing.
-- Expected: hardly anybody uses it today; an old application may. Suspicious: everything is true (the policy allows
-- *), an administrator's key, a name that imitates a service, a GetSigninToken afterwards.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       request_parameters->>'name' AS federated_name,
       response_elements->'federatedUser'->>'arn' AS federated_user,
       policy_actions(request_parameters) AS actions,
       CASE
         WHEN (request_parameters->>'name') IS NOT NULL
           THEN coalesce(array_has_any(policy_actions(request_parameters), make_array('*', '*:*')), false)
                OR request_parameters LIKE '%:policy/AdministratorAccess"%'
       END AS everything,
       json_length(request_parameters, 'policyArns') AS managed_policies,
       request_parameters->>'durationSeconds' AS seconds,
       issued_access_key_id,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'sts.amazonaws.com'
  AND event_name = 'GetFederationToken'
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
