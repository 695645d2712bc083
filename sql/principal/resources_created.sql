-- title: Resources an identity created
-- description: Lists what was created, launched, imported or restored, by whom and with which key: the list to clean up after an intruder.
-- severity: info
-- mitre: T1578.002, T1136.003, T1098.001
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: who text = NULL -- Only this identity: a user name, role name, session name, ARN or access key id
--
-- Every row is something that may have been left behind: a user, a key, a role, a function, an instance, a snapshot.
-- resource_arns names it where the request or the answer does; look into created for the rest.
-- Refused attempts are listed too: they tell what was wanted. Objects that were put into buckets are data, not listed.

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
       issued_access_key_id,
       coalesce(response_elements, request_parameters) AS created,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE regexp_like(event_name, '^(Create|Run|Import|Allocate|Register|Launch|Copy|Restore|Request|Purchase|Upload)[A-Z]')
  AND event_name NOT LIKE 'CreateLogStream%'
  AND read_only IS NOT TRUE
  AND management_event IS NOT FALSE
  AND NOT is_aws_service(coalesce(principal, ''))
  AND ($who IS NULL OR principal = $who OR user_name = $who OR issuer_user_name = $who OR session_name = $who
       OR user_arn = $who OR access_key_id = $who)
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
