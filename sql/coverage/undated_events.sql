-- title: Events without a time
-- description: Lists events whose time is missing or cannot be read; no report that is narrowed by time can show them.
-- severity: low
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Expected: nothing. An event without a time was damaged, made by hand, or altered on its way here; other log tools
-- rename fields, and then the time stands under another name in unmapped.
-- The whole record: SELECT event FROM cloudtrail_json WHERE event_id = '...'.

SELECT account_id,
       aws_region,
       principal,
       source_ip,
       access_key_id,
       event_source,
       event_name,
       outcome,
       error_code,
       unmapped,
       event_id,
       source_file,
       source_index
FROM cloudtrail
WHERE event_time IS NULL
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY source_file, source_index
