-- title: Reads and writes by identity
-- description: Compares for each identity the calls that only read with those that change something.
-- severity: info
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Expected: monitoring and scanners only read, deployments write.
-- Suspicious: an identity that should only read and writes (or tries to: denied_writes), one that reads very many
-- kinds of things (kinds_of_reads) without ever writing: somebody looks around.

SELECT principal,
       account_id,
       count(*) AS events,
       count(*) FILTER (WHERE NOT is_write(event_name, read_only)) AS reads,
       count(*) FILTER (WHERE is_write(event_name, read_only)) AS writes,
       count(*) FILTER (WHERE is_write(event_name, read_only) AND outcome = 'denied') AS denied_writes,
       round(100.0 * count(*) FILTER (WHERE is_write(event_name, read_only)) / count(*), 1) AS percent_writes,
       count(DISTINCT CASE WHEN NOT is_write(event_name, read_only) THEN concat(event_source, event_name) END) AS kinds_of_reads,
       count(DISTINCT CASE WHEN is_write(event_name, read_only) THEN concat(event_source, event_name) END) AS kinds_of_writes,
       min(event_time) AS first_event,
       max(event_time) AS last_event
FROM cloudtrail
WHERE event_name IS NOT NULL
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY principal, account_id
ORDER BY writes DESC, reads DESC, principal NULLS FIRST, account_id
