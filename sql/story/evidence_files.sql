-- title: Evidence files
-- description: Lists the log files that hold the events of one identity, or of a time, with the SHA-256 of each: what to keep and to hand over.
-- severity: info
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: who text = NULL -- Only files with events of this identity: its ARN, user, role or session name, access key, or address
--
-- sha256 is that of the uncompressed file, the one that CloudTrail's digest files sign, so that anyone can check it.
-- url is where the file was read from. A file that rows name but the ledger does not know would have an empty hash.
-- Both logs are looked through: CloudTrail and S3 access logs.

WITH events AS (
  SELECT source_file, 'cloudtrail' AS log, count(*) AS events, min(event_time) AS first_event, max(event_time) AS last_event
  FROM cloudtrail
  WHERE ($who IS NULL OR principal = $who OR user_name = $who OR issuer_user_name = $who OR session_name = $who
         OR user_arn = $who OR access_key_id = $who OR source_ip = $who)
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
  GROUP BY source_file
  UNION ALL
  SELECT source_file, 's3_access' AS log, count(*), min(request_time), max(request_time)
  FROM s3_access
  WHERE ($who IS NULL OR principal = $who OR requester = $who OR remote_ip = $who)
    AND ($since IS NULL OR request_time >= $since)
    AND ($until IS NULL OR request_time < $until)
    AND ($account IS NULL OR arn_part(principal, 'account') = $account)
  GROUP BY source_file
)
SELECT events.log,
       events.source_file AS url,
       sources.sha256,
       sources.size,
       sources.records,
       sources.rejected,
       events.events,
       events.first_event,
       events.last_event,
       sources.last_modified
FROM events
LEFT JOIN sources ON sources.url = events.source_file AND sources.status = 'read'
ORDER BY events.first_event, events.source_file
