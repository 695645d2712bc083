-- title: DynamoDB tables exported, deleted and opened
-- description: Lists who exported a DynamoDB table to S3, deleted a table or backup, switched off recovery, or let somebody else in.
-- severity: high
-- mitre: T1485, T1490, T1530, T1537
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- An export holds the whole table, in a bucket that may belong to another account.
-- Expected: tables of tests, nightly exports by a pipeline. Suspicious: exported_to is not your bucket, recovery or
-- deletion protection off before a deletion, a policy that names another account.
-- A change that was recorded without its parameters is listed with an empty effect.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'tableName', request_parameters->>'tableArn', request_parameters->>'backupArn',
                request_parameters->>'resourceArn', request_parameters->>'targetTableName') AS table_name,
       CASE
         WHEN event_name = 'ExportTableToPointInTime' THEN 'exports the table'
         WHEN event_name = 'UpdateContinuousBackups' THEN
           CASE request_parameters->'pointInTimeRecoverySpecification'->>'pointInTimeRecoveryEnabled'
             WHEN 'true' THEN 'point-in-time recovery on'
             WHEN 'false' THEN 'point-in-time recovery off'
           END
         WHEN event_name = 'UpdateTable' AND (request_parameters->>'deletionProtectionEnabled') = 'false'
           THEN 'deletion protection off'
         WHEN event_name = 'PutResourcePolicy' THEN 'sets who may use it'
         WHEN event_name = 'DeleteResourcePolicy' THEN 'deletes its policy'
         WHEN event_name LIKE 'Delete%' THEN 'deletes it'
         WHEN event_name LIKE 'Restore%' THEN 'restores a copy'
       END AS effect,
       request_parameters->>'s3Bucket' AS exported_to,
       array_to_string(policy_external_accounts(request_parameters, account_id), ', ') AS other_accounts,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'dynamodb.amazonaws.com'
  AND (event_name IN ('ExportTableToPointInTime', 'DeleteTable', 'DeleteBackup', 'UpdateContinuousBackups',
                      'RestoreTableFromBackup', 'RestoreTableToPointInTime', 'PutResourcePolicy',
                      'DeleteResourcePolicy')
       OR event_name = 'UpdateTable'
          AND ((request_parameters->>'deletionProtectionEnabled') = 'false' OR request_parameters IS NULL
               OR (request_parameters->>'omitted') = 'true'))
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
