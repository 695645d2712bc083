-- title: Repeated root sign-in failures
-- description: Lists addresses from which the root user's sign-in failed several times, and whether they got in at last.
-- severity: high
-- mitre: T1110.001, T1078.004
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: window interval = '1 hour' -- The stretch of time in which failures are counted together
-- param: at_least integer = 3 -- The fewest failures that are listed
--
-- Who knows the root user's e-mail address can try; nobody does so by accident three times.
-- Expected: a rare drill with a mistyped password. Suspicious: successes is not 0, or MFA was asked (the password is
-- known). Windows lie on the clock. Single attempts: root_console_sign_ins.

SELECT min(event_time) FILTER (WHERE outcome <> 'success') AS first_failure,
       max(event_time) FILTER (WHERE outcome <> 'success') AS last_failure,
       account_id,
       principal,
       source_ip,
       count(*) FILTER (WHERE outcome <> 'success') AS failures,
       count(*) FILTER (WHERE outcome <> 'success' AND (additional_event_data->>'MFAUsed') = 'Yes') AS failed_at_mfa,
       count(*) FILTER (WHERE outcome = 'success') AS successes,
       array_to_string(array_sort(array_agg(DISTINCT error_message)), ', ') AS messages,
       array_to_string(array_sort(array_agg(DISTINCT user_agent)), ', ') AS user_agents
FROM cloudtrail
WHERE event_source = 'signin.amazonaws.com'
  AND event_name = 'ConsoleLogin'
  AND principal_type = 'Root'
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY date_bin($window, event_time), account_id, principal, source_ip
HAVING count(*) FILTER (WHERE outcome <> 'success') >= $at_least
ORDER BY first_failure DESC, account_id, source_ip
