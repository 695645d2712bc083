-- title: Services that carry data out
-- description: Lists who set up servers, tasks and desktops by which files can leave: Transfer Family, DataSync, Storage Gateway, WorkSpaces and Snowball.
-- severity: medium
-- mitre: T1567, T1537
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- These move whole buckets and file systems with the name of an AWS service on every read.
-- Expected: few, known projects. Suspicious: every service here that you do not use; a user with a key of his own
-- (ImportSshPublicKey), a task whose destination is in another account.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       split_part(event_source, '.', 1) AS service,
       coalesce(request_parameters->>'serverId', response_elements->>'serverId', request_parameters->>'taskArn',
                response_elements->>'taskArn', response_elements->>'locationArn', request_parameters->>'gatewayARN',
                request_parameters->>'imageId', request_parameters->>'jobId') AS what,
       coalesce(request_parameters->>'userName', request_parameters->>'destinationLocationArn',
                request_parameters->>'s3BucketArn', request_parameters->>'url',
                request_parameters->>'locationARN', request_parameters->>'serverHostname',
                request_parameters->>'sharedAccountId') AS to_or_for,
       coalesce(request_parameters->>'role', request_parameters->'s3Config'->>'bucketAccessRoleArn') AS role,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE ((event_source = 'transfer.amazonaws.com'
        AND event_name IN ('CreateServer', 'UpdateServer', 'StartServer', 'CreateUser', 'UpdateUser',
                           'ImportSshPublicKey',
                           'CreateAccess', 'CreateConnector', 'StartFileTransfer', 'CreateAgreement'))
       OR (event_source = 'datasync.amazonaws.com'
           AND (event_name IN ('CreateAgent', 'CreateTask', 'UpdateTask', 'StartTaskExecution')
                OR event_name LIKE 'CreateLocation%'))
       OR (event_source = 'storagegateway.amazonaws.com'
           AND event_name IN ('ActivateGateway', 'CreateNFSFileShare', 'CreateSMBFileShare', 'UpdateNFSFileShare',
                              'UpdateSMBFileShare'))
       OR (event_source = 'workspaces.amazonaws.com'
           AND event_name IN ('CreateWorkspaces', 'RegisterWorkspaceDirectory', 'CopyWorkspaceImage',
                              'UpdateWorkspaceImagePermission'))
       OR (event_source = 'snowball.amazonaws.com' AND event_name IN ('CreateJob', 'CreateCluster',
                                                                      'GetJobUnlockCode')))
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
