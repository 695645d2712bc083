-- title: Everything one identity did
-- description: Lists every call, allowed or not, of one user, role, session or access key, the latest first.
-- severity: info
-- param: who text -- A user name, role name, session name, ARN or access key id
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: reads boolean = true -- Whether calls that only read are listed
--
-- The name must match exactly. Sessions that the identity opened are not followed: the function activity(who) does.
-- Calls by AWS services on behalf of the identity are among the rows; source_ip then names the service.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_source,
       event_name,
       resource_arns,
       outcome,
       error_code,
       user_agent,
       event_id
FROM cloudtrail
WHERE (principal = $who OR user_name = $who OR issuer_user_name = $who OR session_name = $who
       OR user_arn = $who OR access_key_id = $who)
  AND ($reads OR read_only IS NOT TRUE)
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
