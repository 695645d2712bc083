-- title: Large S3 responses
-- description: Lists single requests that sent out very many bytes, with the object and who got it.
-- severity: low
-- mitre: T1530, T1030
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: bucket text = NULL -- Only this bucket
-- param: at_least integer = 50000000 -- The fewest bytes that are large
--
-- Expected: backups restored, films and images served, data sets read by your jobs.
-- Suspicious: archives and dumps (zip, bak, sql, csv, pst) read by a person, from a new address, or without a
-- signature.

SELECT request_time,
       bucket,
       requester,
       remote_ip,
       operation,
       key,
       version_id,
       http_status,
       error_code,
       bytes_sent,
       object_size,
       total_time_ms,
       user_agent,
       request_id
FROM s3_access
WHERE bytes_sent >= $at_least
  AND ($since IS NULL OR request_time >= $since)
  AND ($until IS NULL OR request_time < $until)
  AND ($bucket IS NULL OR bucket = $bucket)
ORDER BY bytes_sent DESC, request_time DESC, request_id, key
