-- title: Identity Center sign-ins
-- description: Lists each sign-in to IAM Identity Center with the factors that were shown, the failures on the way and whether it was completed.
-- severity: info
-- mitre: T1078.004, T1110
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- One row for each sign-in, made of its events (CredentialChallenge, CredentialVerification, UserAuthentication), which
-- share a workflow_id. They stand in the account and region of Identity Center.
-- Expected: PASSWORD and a second factor, or EXTERNAL_IDP alone. Suspicious: failures and no completion, a password
-- without a second factor, an address new for the person.

SELECT min(event_time) AS started,
       max(event_time) AS ended,
       account_id,
       aws_region,
       max(coalesce(additional_event_data->>'UserName', on_behalf_of_user_id, principal)) AS principal,
       array_to_string(array_sort(array_agg(DISTINCT source_ip)), ', ') AS source_ips,
       array_to_string(array_sort(array_agg(DISTINCT additional_event_data->>'CredentialType')
                                    FILTER (WHERE event_name = 'CredentialVerification' AND outcome = 'success')), ', ')
         AS factors_shown,
       count(*) FILTER (WHERE outcome <> 'success') AS failures,
       array_to_string(array_sort(array_agg(DISTINCT additional_event_data->>'CredentialType')
                                    FILTER (WHERE outcome <> 'success')), ', ') AS failed_factors,
       CASE WHEN bool_or(event_name = 'UserAuthentication' AND outcome = 'success') THEN 'success'
            WHEN bool_or(outcome <> 'success') THEN 'denied'
            ELSE 'not completed'
       END AS outcome,
       max(additional_event_data->>'LoginTo') AS signed_in_to,
       max(user_agent) AS user_agent,
       coalesce(additional_event_data->>'AuthWorkflowID', event_id) AS workflow_id
FROM cloudtrail
WHERE event_source = 'signin.amazonaws.com'
  AND event_name IN ('CredentialChallenge', 'CredentialVerification', 'UserAuthentication')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY account_id, aws_region, coalesce(additional_event_data->>'AuthWorkflowID', event_id)
ORDER BY started DESC, workflow_id
