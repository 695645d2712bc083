-- title: Event selectors that leave events out
-- description: Lists changes of what a trail records by which management events, writes or a whole service are no longer recorded.
-- severity: high
-- mitre: T1562.008
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- The trail looks healthy, its status says it is logging, and yet what matters is no longer written.
-- Expected: KMS or the RDS Data API left out to save money; a second trail that only takes data events.
-- Suspicious: management events off, ReadOnly, on the only trail of the account; done by whoever did other things
-- before.
-- A trail may have several selectors: one that is narrow need not blind it if another is not. Read detail. Where
-- leaves_out says not recorded, the log does not show what was asked.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'trailName', request_parameters->>'eventDataStore',
                request_parameters->>'insightsDestination') AS trail,
       concat_ws(', ',
         CASE WHEN (request_parameters->>'eventSelectors') ~ '"includeManagementEvents"\s*:\s*false'
           THEN 'management events off' END,
         CASE WHEN (request_parameters->>'eventSelectors') ~ '"readWriteType"\s*:\s*"ReadOnly"' THEN 'only reads' END,
         CASE WHEN (request_parameters->>'eventSelectors') ~ '"readWriteType"\s*:\s*"WriteOnly"' THEN 'only writes' END,
         CASE WHEN (request_parameters->>'eventSelectors') ~ '"excludeManagementEventSources"\s*:\s*\[\s*"'
           THEN 'services left out' END,
         CASE WHEN (request_parameters->>'advancedEventSelectors') NOT LIKE '%"Management"%'
           THEN 'management events off' END,
         CASE WHEN (request_parameters->>'advancedEventSelectors') LIKE '%"readOnly"%'
           THEN 'only reads or only writes' END,
         CASE WHEN (request_parameters->>'advancedEventSelectors') ~ '"not(Equals|StartsWith|EndsWith)"\s*:\s*\[\s*"'
           THEN 'something left out' END,
         CASE WHEN event_name = 'PutInsightSelectors'
                   AND cardinality(json_get_array(request_parameters, 'insightSelectors')) = 0
           THEN 'insights off' END,
         CASE WHEN request_parameters IS NULL OR (request_parameters->>'omitted') = 'true'
           THEN 'not recorded' END
       ) AS leaves_out,
       coalesce(request_parameters->>'eventSelectors', request_parameters->>'advancedEventSelectors',
                request_parameters->>'insightSelectors') AS detail,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'cloudtrail.amazonaws.com'
  AND event_name IN ('PutEventSelectors', 'PutInsightSelectors')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
  AND ((request_parameters->>'eventSelectors') ~ '"includeManagementEvents"\s*:\s*false'
       OR (request_parameters->>'eventSelectors') ~ '"readWriteType"\s*:\s*"(ReadOnly|WriteOnly)"'
       OR (request_parameters->>'eventSelectors') ~ '"excludeManagementEventSources"\s*:\s*\[\s*"'
       OR (request_parameters->>'advancedEventSelectors') NOT LIKE '%"Management"%'
       OR (request_parameters->>'advancedEventSelectors') LIKE '%"readOnly"%'
       OR (request_parameters->>'advancedEventSelectors') ~ '"not(Equals|StartsWith|EndsWith)"\s*:\s*\[\s*"'
       OR (event_name = 'PutInsightSelectors'
           AND cardinality(json_get_array(request_parameters, 'insightSelectors')) = 0)
       OR request_parameters IS NULL
       OR (request_parameters->>'omitted') = 'true')
ORDER BY event_time DESC, event_id
