-- title: Shared file systems deleted, opened or unprotected
-- description: Lists attempts to delete file systems of EFS and FSx and their backups, to mount them elsewhere, or to change who may use them.
-- severity: medium
-- mitre: T1485, T1490, T1530
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- DeleteMountTarget comes before DeleteFileSystem: a file system with mount targets cannot be deleted.
-- Expected: infrastructure code. Suspicious: backups off (PutBackupPolicy with DISABLED), replication overwrite
-- protection off, a mount target in a network of the intruder, everyone true.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'fileSystemId', request_parameters->>'sourceFileSystemId',
                request_parameters->>'mountTargetId', request_parameters->>'accessPointId',
                request_parameters->>'volumeId', request_parameters->>'backupId',
                request_parameters->>'sourceBackupId', request_parameters->>'snapshotId') AS file_system,
       coalesce(request_parameters->'backupPolicy'->>'status',
                request_parameters->>'replicationOverwriteProtection') AS new_state,
       request_parameters->>'subnetId' AS subnet,
       policy_grants_public(request_parameters) AS everyone,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE ((event_source = 'elasticfilesystem.amazonaws.com'
        AND event_name IN ('DeleteFileSystem', 'DeleteMountTarget', 'CreateMountTarget',
                           'ModifyMountTargetSecurityGroups',
                           'PutBackupPolicy', 'PutFileSystemPolicy', 'DeleteFileSystemPolicy',
                           'UpdateFileSystemProtection', 'DeleteReplicationConfiguration',
                           'CreateReplicationConfiguration', 'DeleteAccessPoint', 'CreateAccessPoint'))
       OR (event_source = 'fsx.amazonaws.com'
           AND event_name IN ('DeleteFileSystem', 'DeleteVolume', 'DeleteBackup', 'DeleteSnapshot',
                              'DeleteStorageVirtualMachine', 'DeleteFileCache', 'UpdateFileSystem', 'CopyBackup',
                              'CreateFileSystemFromBackup', 'RestoreVolumeFromSnapshot')))
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
