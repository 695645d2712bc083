-- title: Notebooks opened and changed
-- description: Lists who made a notebook of SageMaker, changed what runs at its start, or got a link into one.
-- severity: medium
-- mitre: T1059, T1098, T1098.003
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A notebook is a machine with a role; a start script runs there as root at every start, and a link lets its holder
-- in.
-- Expected: data scientists, on their own notebooks. Suspicious: a start script by somebody else, a link for a
-- notebook of another person, a role with wide permissions.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'notebookInstanceName',
                request_parameters->>'notebookInstanceLifecycleConfigName',
                request_parameters->>'studioLifecycleConfigName',
                concat_ws('/', request_parameters->>'domainId', request_parameters->>'userProfileName'))
         AS notebook,
       request_parameters->>'roleArn' AS role_arn,
       coalesce(request_parameters->>'lifecycleConfigName', request_parameters->>'onStart',
                request_parameters->>'onCreate', request_parameters->>'studioLifecycleConfigContent')
         AS start_script,
       request_parameters->>'directInternetAccess' AS internet,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'sagemaker.amazonaws.com'
  AND event_name IN ('CreateNotebookInstance', 'UpdateNotebookInstance', 'StartNotebookInstance',
                     'CreateNotebookInstanceLifecycleConfig', 'UpdateNotebookInstanceLifecycleConfig',
                     'CreateStudioLifecycleConfig', 'CreatePresignedNotebookInstanceUrl',
                     'CreatePresignedDomainUrl', 'CreateUserProfile', 'UpdateUserProfile', 'UpdateDomain')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
