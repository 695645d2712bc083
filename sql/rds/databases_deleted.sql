-- title: Databases deleted
-- description: Lists each attempt to delete a database or its automatic backups, and whether a last snapshot was kept.
-- severity: high
-- mitre: T1485, T1490
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- final_snapshot is what could bring the database back; none with backups_deleted true means that only older snapshots
-- can.
-- For instances AWS deletes automatic backups unless told otherwise. The deletion of snapshots is in
-- database_snapshot_changes.
-- Expected: test databases, by infrastructure code. Suspicious: no final snapshot, several databases, a safeguard
-- weakened shortly before (database_safeguards_weakened), refused attempts.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'dBInstanceIdentifier', request_parameters->>'dBClusterIdentifier',
                request_parameters->>'globalClusterIdentifier', response_elements->>'dBInstanceIdentifier',
                response_elements->>'dBClusterIdentifier', request_parameters->>'dbiResourceId',
                request_parameters->>'dbClusterResourceId',
                request_parameters->>'dBInstanceAutomatedBackupsArn') AS database_id,
       CASE
         WHEN event_name LIKE '%AutomatedBackup' OR event_name = 'DeleteGlobalCluster' THEN NULL
         WHEN (request_parameters->>'skipFinalSnapshot') = 'true' THEN 'none'
         ELSE coalesce(request_parameters->>'finalDBSnapshotIdentifier',
                       request_parameters->>'finalSnapshotIdentifier')
       END AS final_snapshot,
       CASE
         WHEN event_name LIKE '%AutomatedBackup' THEN 'true'
         ELSE request_parameters->>'deleteAutomatedBackups'
       END AS backups_deleted,
       coalesce(response_elements->>'dBInstanceStatus', response_elements->>'status') AS status,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'rds.amazonaws.com'
  AND event_name IN ('DeleteDBInstance', 'DeleteDBCluster', 'DeleteGlobalCluster', 'DeleteDBInstanceAutomatedBackup',
                     'DeleteDBClusterAutomatedBackup')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
