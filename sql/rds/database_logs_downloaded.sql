-- title: Database log files downloaded
-- description: Lists who fetched the log files of a database, which can hold queries, addresses and at times passwords.
-- severity: low
-- mitre: T1213.006
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A big file is fetched in portions, each a row.
-- Expected: a monitoring tool, an administrator after an incident. Suspicious: somebody who never did, many databases,
-- or an address outside your networks.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       request_parameters->>'dBInstanceIdentifier' AS database_id,
       request_parameters->>'logFileName' AS log_file,
       request_parameters->>'marker' AS portion,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'rds.amazonaws.com'
  AND event_name IN ('DownloadDBLogFilePortion', 'DownloadCompleteDBLogFile', 'DownloadCompleteLogFile')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
