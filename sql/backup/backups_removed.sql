-- title: Backups deleted, shortened or unlocked
-- description: Lists attempts to delete backups, their vaults, plans and locks, or to let them expire sooner, as before a ransom is asked.
-- severity: high
-- mitre: T1490, T1485
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Who wants a ransom removes the backups first. A vault lock in compliance mode stops it;
-- DeleteBackupVaultLockConfiguration is the attempt to take it away.
-- Expected: expiry is done by AWS itself and is not listed; a plan that is replaced by infrastructure code.
-- Suspicious: DeleteRecoveryPoint by a person or key, many in a row, a plan or a selection deleted on the day before.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'backupVaultName', request_parameters->>'backupPlanId',
                request_parameters->>'frameworkName', request_parameters->>'reportPlanName',
                request_parameters->>'legalHoldId', request_parameters->>'backupJobId') AS vault_or_plan,
       coalesce(request_parameters->>'recoveryPointArn', request_parameters->>'selectionId') AS recovery_point,
       coalesce(request_parameters->>'lifecycle', request_parameters->>'minRetentionDays') AS retention,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'backup.amazonaws.com'
  AND event_name IN ('DeleteBackupVault', 'DeleteRecoveryPoint', 'DisassociateRecoveryPoint',
                     'DisassociateRecoveryPointFromParent', 'DeleteBackupVaultLockConfiguration',
                     'PutBackupVaultLockConfiguration', 'DeleteBackupVaultAccessPolicy',
                     'DeleteBackupVaultNotifications', 'DeleteBackupPlan', 'DeleteBackupSelection',
                     'UpdateBackupPlan', 'UpdateRecoveryPointLifecycle', 'StopBackupJob', 'UpdateRegionSettings',
                     'UpdateGlobalSettings', 'DeleteFramework', 'DeleteReportPlan', 'CancelLegalHold',
                     'DisassociateBackupVaultMpaApprovalTeam')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
