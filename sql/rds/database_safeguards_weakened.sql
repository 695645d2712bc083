-- title: Database safeguards weakened
-- description: Lists each attempt to switch off what protects a database: deletion protection, backups, sign-in through IAM, its logs.
-- severity: high
-- mitre: T1485, T1490, T1556, T1562.008
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Who means to destroy a database first switches off its deletion protection and its backups.
-- Expected: a database that is retired, announced. Suspicious: followed by a deletion (databases_deleted), a snapshot
-- shared, or the same change on several databases.
-- Refused calls that were recorded without their parameters are listed with nothing under weakened.

WITH calls AS (
  SELECT *,
         concat_ws(', ',
           CASE WHEN (request_parameters->>'deletionProtection') = 'false' THEN 'deletion protection off' END,
           CASE WHEN (request_parameters->>'backupRetentionPeriod') = '0' THEN 'automatic backups off' END,
           CASE WHEN (request_parameters->>'enableIAMDatabaseAuthentication') = 'false' THEN 'IAM sign-in off' END,
           CASE WHEN cardinality(json_get_array(request_parameters, 'cloudwatchLogsExportConfiguration',
                                                'disableLogTypes')) > 0
                THEN 'logs no longer sent to CloudWatch' END,
           CASE WHEN event_name = 'StopActivityStream' THEN 'activity stream stopped' END
         ) AS weakened
  FROM cloudtrail
  WHERE event_source = 'rds.amazonaws.com'
    AND event_name IN ('ModifyDBInstance', 'ModifyDBCluster', 'ModifyGlobalCluster', 'StopActivityStream')
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
)
SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'dBInstanceIdentifier', request_parameters->>'dBClusterIdentifier',
                request_parameters->>'globalClusterIdentifier', request_parameters->>'resourceArn',
                response_elements->>'dBInstanceIdentifier', response_elements->>'dBClusterIdentifier')
         AS database_id,
       weakened,
       request_parameters->>'applyImmediately' AS at_once,
       outcome,
       error_code,
       event_id
FROM calls
WHERE weakened <> '' OR request_parameters IS NULL OR (request_parameters->>'omitted') = 'true'
ORDER BY event_time DESC, event_id
