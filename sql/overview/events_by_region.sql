-- title: Events by region
-- description: Counts the events of each AWS region in each account, with the identities and addresses seen there.
-- severity: info
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- IAM, STS, CloudFront and other global services record in us-east-1. Services look at every region now and then.
-- Suspicious: writes in a region you do not use: miners and thieves like regions nobody watches.

SELECT aws_region,
       account_id,
       count(*) AS events,
       count(*) FILTER (WHERE is_write(event_name, read_only)) AS writes,
       count(*) FILTER (WHERE outcome = 'denied') AS denied,
       count(*) FILTER (WHERE outcome = 'error') AS errors,
       count(DISTINCT principal) AS principals,
       count(DISTINCT source_ip) AS source_ips,
       min(event_time) AS first_event,
       max(event_time) AS last_event
FROM cloudtrail
WHERE ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY aws_region, account_id
ORDER BY events DESC, aws_region, account_id
