-- title: Changes to CloudTrail itself
-- description: Lists every attempt to stop, delete, narrow or alter the recording of events by CloudTrail.
-- severity: high
-- mitre: T1562.008
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Who blinds the log hides what comes next: look at the minutes before and, in other accounts, after each row.
-- Expected: infrastructure code that makes a trail once. Suspicious: everything else, refused attempts too.
-- PutEventSelectors leaves a trail that looks healthy but records less; read detail.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'name', request_parameters->>'trailName',
                request_parameters->>'eventDataStore') AS trail,
       CASE
         WHEN event_name IN ('StopLogging', 'StopEventDataStoreIngestion') THEN 'stops recording'
         WHEN event_name IN ('DeleteTrail', 'DeleteEventDataStore') THEN 'deletes it'
         WHEN event_name IN ('StartLogging', 'StartEventDataStoreIngestion') THEN 'starts recording'
         WHEN event_name IN ('CreateTrail', 'CreateEventDataStore', 'RestoreEventDataStore') THEN 'makes it'
         WHEN event_name IN ('PutEventSelectors', 'PutInsightSelectors') THEN 'chooses what is recorded'
         ELSE 'alters it'
       END AS effect,
       request_parameters AS detail,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'cloudtrail.amazonaws.com'
  AND event_name IN ('StopLogging', 'StartLogging', 'CreateTrail', 'UpdateTrail', 'DeleteTrail', 'PutEventSelectors',
                     'PutInsightSelectors', 'PutEventConfiguration', 'CreateEventDataStore', 'UpdateEventDataStore',
                     'DeleteEventDataStore', 'RestoreEventDataStore', 'StartEventDataStoreIngestion',
                     'StopEventDataStoreIngestion', 'RegisterOrganizationDelegatedAdmin',
                     'DeregisterOrganizationDelegatedAdmin', 'PutResourcePolicy', 'DeleteResourcePolicy')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
