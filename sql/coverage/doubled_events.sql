-- title: Events that are in the log twice
-- description: Lists events that stand in the log more than once, in which files, and whether the copies say the same.
-- severity: low
-- mitre: T1565.001
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- An event that two trails record is there twice; both rows stay, because each is evidence and names its file. Count
-- with count(DISTINCT event_id) where that matters.
-- Expected: every event twice, in the files of two trails. Suspicious: copies_differ is true: one of them was
-- changed, unless AWS itself sent it again (late_events, UPDATED_DATA).

SELECT min(event_time) AS event_time,
       account_id,
       aws_region,
       min(principal) AS principal,
       min(event_source) AS event_source,
       min(event_name) AS event_name,
       count(*) AS copies,
       count(DISTINCT source_file) AS files,
       count(DISTINCT concat_ws('|', event_time, event_source, event_name, principal, user_arn, source_ip, access_key_id,
                                error_code, request_parameters, response_elements)) > 1 AS copies_differ,
       array_to_string(array_slice(array_sort(array_agg(DISTINCT source_file)), 1, 3), ', ') AS some_files,
       event_id
FROM cloudtrail
WHERE event_id IS NOT NULL
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY event_id, account_id, aws_region
HAVING count(*) > 1
ORDER BY copies_differ DESC, event_time DESC, event_id, account_id, aws_region
