-- title: Database activity logs switched off
-- description: Lists attempts to stop the activity stream of a database, to stop the export of its logs, or to switch off the audit log of Redshift.
-- severity: medium
-- mitre: T1562.008
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Expected: an instance that is about to be deleted, maintenance by the database team.
-- Suspicious: StopActivityStream on a database with personal data; audit or error among types_off.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'resourceArn', request_parameters->>'dBInstanceIdentifier',
                request_parameters->>'dBClusterIdentifier', request_parameters->>'clusterIdentifier') AS database,
       request_parameters->'cloudwatchLogsExportConfiguration'->>'disableLogTypes' AS types_off,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE ((event_source = 'rds.amazonaws.com'
        AND (event_name = 'StopActivityStream'
             OR (event_name IN ('ModifyDBInstance', 'ModifyDBCluster')
                 AND ((request_parameters->'cloudwatchLogsExportConfiguration'->>'disableLogTypes') <> '[]'
                      OR (request_parameters->>'omitted') = 'true'))))
       OR (event_source = 'redshift.amazonaws.com' AND event_name = 'DisableLogging'))
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
