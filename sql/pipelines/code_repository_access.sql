-- title: Code repositories read and changed
-- description: Lists who copied, changed or deleted repositories of CodeCommit, which may hold secrets and what is deployed next.
-- severity: low
-- mitre: T1213.003, T1195
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Expected: developers and pipelines at work. Suspicious: GitPull of many repositories by one identity within
-- minutes, an address new for it, DeleteRepository, approval rules taken away, a trigger that sends changes
-- elsewhere.
-- A clone is a GitPull; whether anything was sent is in data_transferred.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'repositoryName', additional_event_data->>'repositoryName',
                request_parameters->>'oldName') AS repository,
       coalesce(request_parameters->>'references', request_parameters->>'branchName') AS branches,
       additional_event_data->>'dataTransferred' AS data_transferred,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'codecommit.amazonaws.com'
  AND event_name IN ('GitPull', 'GitPush', 'CreateRepository', 'DeleteRepository', 'UpdateRepositoryName',
                     'DeleteBranch', 'DeleteFile', 'PutFile', 'CreateCommit', 'PutRepositoryTriggers',
                     'MergeBranchesByFastForward', 'MergePullRequestByFastForward', 'MergePullRequestBySquash',
                     'MergePullRequestByThreeWay', 'OverridePullRequestApprovalRules',
                     'DeletePullRequestApprovalRule', 'DeleteApprovalRuleTemplate',
                     'DisassociateApprovalRuleTemplateFromRepository', 'UpdateRepositoryEncryptionKey')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
