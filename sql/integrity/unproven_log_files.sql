-- title: Log files by what proves them
-- description: Counts the log files of each day, account and region that are verified, and those that are not, with the reason.
-- severity: info
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- `trailql verify` fills the table file_verdicts. The view cloudtrail_verified has only the rows of verified files.
-- unchecked: no digest that holds covers their time. pending: delivered after the newest digest; ingest again later.

SELECT CAST(date_trunc('day', start_time) AS DATE) AS day,
       account_id,
       aws_region,
       verdict,
       detail,
       count(*) AS files
FROM file_verdicts
WHERE kind = 'log'
  AND ($since IS NULL OR start_time >= $since)
  AND ($until IS NULL OR start_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY CAST(date_trunc('day', start_time) AS DATE), account_id, aws_region, verdict, detail
ORDER BY day, account_id, aws_region, verdict, detail
