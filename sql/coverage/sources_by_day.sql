-- title: Files by day
-- description: Counts the files that were brought in for each day and log, with their records, rejects and bytes.
-- severity: info
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
--
-- A file counts for the day of its first event. A day with far fewer files than its neighbours was not delivered in
-- full, or not ingested. The row without a day counts files without a readable time.

SELECT CAST(date_trunc('day', first_event_time) AS DATE) AS day,
       log,
       count(*) AS files,
       count(*) FILTER (WHERE status = 'failed') AS failed,
       sum(records) AS records,
       sum(rejected) AS rejected,
       sum(size) AS bytes,
       min(first_event_time) AS first_event,
       max(last_event_time) AS last_event
FROM sources
WHERE log IS NOT NULL
  AND ($since IS NULL OR last_event_time >= $since)
  AND ($until IS NULL OR first_event_time < $until)
GROUP BY CAST(date_trunc('day', first_event_time) AS DATE), log
ORDER BY day DESC NULLS LAST, log
