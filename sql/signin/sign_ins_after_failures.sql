-- title: Sign-ins that worked after several failures
-- description: Lists successful sign-ins before which the same name had failed several times, as when a password was guessed.
-- severity: high
-- mitre: T1110.001, T1078.004
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: window interval = '1 hour' -- How long before the success failures count
-- param: at_least integer = 3 -- The fewest failures that are listed
--
-- Expected: a person who mistypes, from their own address, and stops. Suspicious: failures in even steps or from other
-- addresses than the success, no MFA, a success at night. What the person did then: report('user_activity', 'who=...').

WITH attempts AS (
  SELECT *, coalesce(additional_event_data->>'UserName', user_name, session_name, principal) AS who
  FROM cloudtrail
  WHERE event_source = 'signin.amazonaws.com'
    AND event_name IN ('ConsoleLogin', 'UserAuthentication', 'CredentialVerification')
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
)
SELECT success.event_time,
       success.account_id,
       success.aws_region,
       success.principal,
       success.who AS name,
       success.source_ip,
       success.event_name,
       success.additional_event_data->>'MFAUsed' AS mfa_used,
       count(DISTINCT failure.event_id) AS failures_before,
       min(failure.event_time) AS first_failure,
       count(DISTINCT failure.event_id) FILTER (WHERE failure.source_ip IS DISTINCT FROM success.source_ip)
         AS failures_from_elsewhere,
       array_to_string(array_sort(array_agg(DISTINCT failure.source_ip)), ', ') AS failed_from,
       success.outcome,
       success.event_id
FROM attempts AS success
JOIN attempts AS failure
  ON failure.who = success.who
 AND failure.account_id = success.account_id
 AND failure.event_time >= success.event_time - $window
 AND failure.event_time <= success.event_time
WHERE success.outcome = 'success'
  AND success.event_name IN ('ConsoleLogin', 'UserAuthentication')
  AND failure.outcome <> 'success'
GROUP BY success.event_time, success.account_id, success.aws_region, success.principal, success.who,
         success.source_ip, success.event_name, success.additional_event_data, success.outcome, success.event_id
HAVING count(DISTINCT failure.event_id) >= $at_least
ORDER BY success.event_time DESC, success.event_id
