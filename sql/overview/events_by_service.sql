-- title: Events by service
-- description: Counts the events of each AWS service, how many were writes, denied or failed, and who used it.
-- severity: info
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Suspicious: a service you do not use (SES, Lightsail, SageMaker, Bedrock), a service with many denials.

SELECT event_source,
       count(*) AS events,
       count(*) FILTER (WHERE is_write(event_name, read_only)) AS writes,
       count(*) FILTER (WHERE outcome = 'denied') AS denied,
       count(*) FILTER (WHERE outcome = 'error') AS errors,
       count(DISTINCT account_id) AS accounts,
       count(DISTINCT principal) AS principals,
       min(event_time) AS first_event,
       max(event_time) AS last_event
FROM cloudtrail
WHERE ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY event_source
ORDER BY events DESC, event_source NULLS LAST
