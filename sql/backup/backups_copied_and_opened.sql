-- title: Backups copied, restored or opened to others
-- description: Lists copies of backups into other vaults and accounts, restores, and vaults whose policy lets others in.
-- severity: medium
-- mitre: T1537, T1530
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: services boolean = false -- Whether calls that AWS Backup makes by its plans are listed
--
-- A copy of a backup is a copy of the data, and a restore makes a machine or database that nobody watches.
-- Expected: copies into the backup account by the plan, tests of restores. Suspicious: other_account true with an
-- account you do not know, a restore by a person outside a test, everyone true.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'sourceBackupVaultName', request_parameters->>'backupVaultName') AS vault,
       request_parameters->>'recoveryPointArn' AS recovery_point,
       request_parameters->>'destinationBackupVaultArn' AS copied_to,
       arn_part(request_parameters->>'destinationBackupVaultArn', 'account') <> account_id AS other_account,
       request_parameters->>'iamRoleArn' AS role,
       policy_grants_public(request_parameters) AS everyone,
       array_to_string(policy_external_accounts(request_parameters, account_id), ', ') AS other_accounts,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'backup.amazonaws.com'
  AND event_name IN ('StartCopyJob', 'StartRestoreJob', 'PutBackupVaultAccessPolicy', 'ExportBackupPlanTemplate',
                     'CreateRestoreAccessBackupVault', 'CreateLogicallyAirGappedBackupVault',
                     'AssociateBackupVaultMpaApprovalTeam')
  AND ($services OR NOT coalesce(ip_is_aws_host(source_ip), false))
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
