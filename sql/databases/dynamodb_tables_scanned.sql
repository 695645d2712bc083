-- title: DynamoDB tables read as a whole
-- description: Counts who scanned which DynamoDB table in each hour; a scan reads every item.
-- severity: medium
-- mitre: T1213.006
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Reads of items are data events, which a trail records only if it was told to: no row does not mean no scan.
-- Expected: reports and exports of the application itself, by its own role. Suspicious: a person, a new address, a
-- table with personal data, many tables in one hour.

SELECT min(event_time) AS first_event,
       max(event_time) AS last_event,
       account_id,
       aws_region,
       principal,
       source_ip,
       array_to_string(array_sort(array_agg(DISTINCT access_key_id)), ', ') AS access_keys,
       coalesce(request_parameters->>'tableName', arn_part(resource_arns[1], 'name')) AS table_name,
       count(*) FILTER (WHERE event_name = 'Scan') AS scans,
       count(*) FILTER (WHERE event_name <> 'Scan') AS statements,
       count(*) FILTER (WHERE outcome <> 'success') AS refused_or_failed
FROM cloudtrail
WHERE event_source = 'dynamodb.amazonaws.com'
  AND event_name IN ('Scan', 'ExecuteStatement', 'BatchExecuteStatement', 'ExecuteTransaction')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY date_bin(INTERVAL '1 hour', event_time), account_id, aws_region, principal, source_ip,
         coalesce(request_parameters->>'tableName', arn_part(resource_arns[1], 'name'))
ORDER BY first_event DESC, principal, source_ip, table_name
