-- title: CloudTrail Insights
-- description: Lists where CloudTrail itself noticed an unusual rate of calls or errors, with the usual rate and who was behind it.
-- severity: medium
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Insights must be turned on for a trail and compare with the seven days before. Averages are calls a minute.
-- Each unusual stretch has a Start and an End with one shared_event_id.
-- Expected: launches, migrations. Suspicious: calls to IAM, RunInstances, deletes; a single identity behind all of
-- it.

SELECT event_time,
       account_id,
       aws_region,
       insight_details->>'state' AS state,
       insight_details->>'insightType' AS insight_type,
       insight_details->>'eventSource' AS event_source,
       insight_details->>'eventName' AS event_name,
       insight_details->>'errorCode' AS error_code,
       TRY_CAST(insight_details->'insightContext'->'statistics'->'baseline'->>'average' AS DOUBLE) AS usual_per_minute,
       TRY_CAST(insight_details->'insightContext'->'statistics'->'insight'->>'average' AS DOUBLE) AS unusual_per_minute,
       insight_details->'insightContext'->'statistics'->>'insightDuration' AS minutes,
       insight_details->'insightContext'->'attributions'->0->'insight'->0->>'value' AS most_of_it_by,
       shared_event_id,
       event_id
FROM cloudtrail
WHERE (event_category = 'Insight' OR event_type = 'AwsCloudTrailInsight')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
