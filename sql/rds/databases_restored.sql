-- title: Databases restored from snapshots
-- description: Lists each attempt to bring up a database out of a snapshot, a moment in the past or a bucket, and whether the copy is public.
-- severity: medium
-- mitre: T1578.002, T1213.006
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A restored copy has all data, and whoever made it sets its password, its network and its address.
-- Expected: a drill, a test database refreshed by a pipeline. Suspicious: from_account is not yours, the copy is
-- public, a new password follows (database_passwords_changed), the copy is deleted again within hours.

WITH restored AS (
  SELECT *,
         coalesce(request_parameters->>'dBSnapshotIdentifier', request_parameters->>'dBClusterSnapshotIdentifier',
                  request_parameters->>'snapshotIdentifier', request_parameters->>'sourceDBInstanceIdentifier',
                  request_parameters->>'sourceDBClusterIdentifier', request_parameters->>'sourceDbiResourceId',
                  request_parameters->>'sourceDbClusterResourceId',
                  request_parameters->>'sourceDBInstanceAutomatedBackupsArn',
                  's3://' || (request_parameters->>'s3BucketName')) AS restored_from
  FROM cloudtrail
  WHERE event_source = 'rds.amazonaws.com'
    AND event_name IN ('RestoreDBInstanceFromDBSnapshot', 'RestoreDBInstanceToPointInTime', 'RestoreDBInstanceFromS3',
                       'RestoreDBClusterFromSnapshot', 'RestoreDBClusterToPointInTime', 'RestoreDBClusterFromS3')
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
       restored_from,
       arn_part(restored_from, 'account') AS from_account,
       coalesce(request_parameters->>'targetDBInstanceIdentifier', request_parameters->>'dBInstanceIdentifier',
                request_parameters->>'dBClusterIdentifier', response_elements->>'dBInstanceIdentifier',
                response_elements->>'dBClusterIdentifier') AS new_database_id,
       coalesce(request_parameters->>'publiclyAccessible', response_elements->>'publiclyAccessible')
         AS publicly_accessible,
       request_parameters->>'restoreTime' AS state_of,
       outcome,
       error_code,
       event_id
FROM restored
ORDER BY event_time DESC, event_id
