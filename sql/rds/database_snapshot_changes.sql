-- title: Database snapshots made, copied, exported and deleted
-- description: Lists who made, copied, deleted or exported to S3 a snapshot of a database.
-- severity: medium
-- mitre: T1485, T1490, T1530
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A snapshot that is exported to S3 is a table of Parquet files for anybody who may read the bucket.
-- Expected: backup tools, AWS itself, a snapshot before a release. Suspicious: a copy to a region or a key that you do
-- not use, an export to an unknown bucket, deletions in a row, a snapshot by somebody who never made one.
-- Ask next: database_snapshots_shared, databases_restored.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'dBSnapshotIdentifier', request_parameters->>'dBClusterSnapshotIdentifier',
                request_parameters->>'targetDBSnapshotIdentifier',
                request_parameters->>'targetDBClusterSnapshotIdentifier',
                request_parameters->>'exportTaskIdentifier', response_elements->>'dBSnapshotIdentifier',
                response_elements->>'dBClusterSnapshotIdentifier') AS snapshot,
       coalesce(request_parameters->>'sourceDBSnapshotIdentifier',
                request_parameters->>'sourceDBClusterSnapshotIdentifier', request_parameters->>'sourceArn',
                request_parameters->>'dBInstanceIdentifier', request_parameters->>'dBClusterIdentifier',
                response_elements->>'dBInstanceIdentifier', response_elements->>'dBClusterIdentifier') AS made_from,
       request_parameters->>'s3BucketName' AS exported_to_bucket,
       request_parameters->>'kmsKeyId' AS kms_key,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'rds.amazonaws.com'
  AND event_name IN ('CreateDBSnapshot', 'CopyDBSnapshot', 'DeleteDBSnapshot', 'CreateDBClusterSnapshot',
                     'CopyDBClusterSnapshot', 'DeleteDBClusterSnapshot', 'StartExportTask', 'CancelExportTask')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
