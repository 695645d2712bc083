-- title: Roles that take themselves
-- description: Lists sessions of a role that took the same role anew, by which a stolen session can be kept alive for as long as somebody likes.
-- severity: medium
-- mitre: T1550.001, T1548.005
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Each new session lasts up to an hour more, and so on without end; the first credentials may long be revoked.
-- Expected: old programs that assume their own role out of habit, from the machine they always run on.
-- Suspicious: rounds in even steps, another address or session name in each. All rounds: credential_chain.

WITH assumed AS (
  SELECT *,
         coalesce(request_parameters->>'roleArn', regexp_match(error_message, 'on resource: (arn:\S+)')[1]) AS role_arn
  FROM cloudtrail
  WHERE event_source = 'sts.amazonaws.com'
    AND event_name = 'AssumeRole'
    AND principal_type = 'AssumedRole'
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
)
SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name AS from_session,
       source_ip,
       access_key_id,
       event_name,
       request_parameters->>'roleSessionName' AS new_session_name,
       issued_access_key_id,
       session_created_at AS from_session_since,
       user_agent,
       outcome,
       error_code,
       event_id
FROM assumed
WHERE role_arn = principal
ORDER BY event_time DESC, event_id
