-- title: Late events
-- description: Lists events that reached the log long after they happened, or again with other content, and what AWS says of the reason.
-- severity: low
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: delay interval = '1 hour' -- How late an event must be
--
-- CloudTrail delivers within some five minutes on average. delivered_at is read from the name of the file, where AWS wrote it.
-- reason: DELIVERY_DELAY (network or load), UPDATED_DATA (a field of an earlier event was wrong: original_event_id),
-- SERVICE_OUTAGE. An event long before its file, without a reason, or after it (a negative delay) is worth a question.
-- Whoever looked at the log before the event came has not seen it.

WITH delivered AS (
  SELECT *,
         TRY_CAST(regexp_replace(source_file, '^.*_(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)Z_[^/]*$', '${1}-${2}-${3}T${4}:${5}:00Z')
                  AS TIMESTAMP WITH TIME ZONE) AS delivered_at
  FROM cloudtrail
  WHERE ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
)
SELECT event_time,
       delivered_at,
       round((date_part('epoch', delivered_at) - date_part('epoch', event_time)) / 60, 0) AS delay_minutes,
       account_id,
       aws_region,
       principal,
       source_ip,
       access_key_id,
       event_source,
       event_name,
       outcome,
       error_code,
       addendum->>'reason' AS reason,
       addendum->>'updatedFields' AS updated_fields,
       addendum->>'originalEventID' AS original_event_id,
       event_id,
       source_file
FROM delivered
WHERE addendum IS NOT NULL
   OR delivered_at > event_time + $delay
   OR delivered_at < event_time - INTERVAL '10 minutes'
ORDER BY event_time DESC, event_id, source_file
