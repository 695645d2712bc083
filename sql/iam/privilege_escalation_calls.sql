-- title: Calls by which rights are raised
-- description: Lists calls that are known to turn some rights into more: new policy versions, credentials for others, roles handed to servers and functions.
-- severity: medium
-- mitre: T1098, T1548.005
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: services boolean = false -- Whether calls that AWS services make for somebody are listed
--
-- The list is that of the well-known paths from a few rights to all. A row is an opportunity, not a proof: deployments
-- do the same all day. Narrow by account, and read it for one identity at a time.
-- Expected: pipelines, administrators. Suspicious: several different paths by one identity within minutes, refused
-- ones among them; on_self is true; a person's key that passes a role. Changed code of a function that has a role is
-- another path; it is not listed here.

WITH calls AS (
  SELECT *,
         CASE
           WHEN event_source = 'iam.amazonaws.com' THEN CASE
             WHEN event_name IN ('CreatePolicyVersion', 'SetDefaultPolicyVersion') THEN 'rewrites a policy'
             WHEN event_name IN ('CreateAccessKey', 'CreateLoginProfile', 'UpdateLoginProfile')
               THEN 'makes a credential'
             WHEN event_name IN ('AttachUserPolicy', 'AttachGroupPolicy', 'AttachRolePolicy') THEN 'attaches a policy'
             WHEN event_name IN ('PutUserPolicy', 'PutGroupPolicy', 'PutRolePolicy') THEN 'writes an inline policy'
             WHEN event_name = 'AddUserToGroup' THEN 'joins a group'
             WHEN event_name = 'UpdateAssumeRolePolicy' THEN 'opens a role'
             WHEN event_name IN ('DeleteUserPermissionsBoundary', 'DeleteRolePermissionsBoundary')
               THEN 'removes a boundary'
           END
           WHEN error_message LIKE '%iam:PassRole%'
             OR (event_source = 'ec2.amazonaws.com'
                 AND (event_name IN ('AssociateIamInstanceProfile', 'ReplaceIamInstanceProfileAssociation')
                      OR (event_name = 'RunInstances' AND request_parameters LIKE '%"iamInstanceProfile"%')))
             OR (event_source = 'lambda.amazonaws.com' AND api_name(event_name) = 'CreateFunction')
             OR (event_source = 'glue.amazonaws.com'
                 AND event_name IN ('CreateDevEndpoint', 'UpdateDevEndpoint', 'CreateJob', 'UpdateJob',
                                    'CreateSession'))
             OR (event_source = 'cloudformation.amazonaws.com' AND event_name IN ('CreateStack', 'UpdateStack')
                 AND (request_parameters->>'roleARN') IS NOT NULL)
             OR (event_source = 'sagemaker.amazonaws.com'
                 AND event_name IN ('CreateNotebookInstance', 'CreatePresignedNotebookInstanceUrl',
                                    'CreateTrainingJob', 'CreateProcessingJob'))
             OR (event_source = 'codebuild.amazonaws.com' AND event_name IN ('CreateProject', 'UpdateProject'))
             OR (event_source = 'datapipeline.amazonaws.com' AND event_name = 'CreatePipeline')
             THEN 'hands a role to a service'
         END AS path,
         coalesce(request_parameters->>'userName', request_parameters->>'groupName', request_parameters->>'roleName',
                  request_parameters->>'policyArn', request_parameters->>'role', request_parameters->>'roleArn',
                  request_parameters->>'roleARN', request_parameters->>'serviceRole',
                  request_parameters->'iamInstanceProfile'->>'arn', request_parameters->'iamInstanceProfile'->>'name',
                  request_parameters->'AssociateIamInstanceProfileRequest'->'IamInstanceProfile'->>'Name',
                  request_parameters->'AssociateIamInstanceProfileRequest'->'IamInstanceProfile'->>'Arn',
                  request_parameters->'ReplaceIamInstanceProfileAssociationRequest'->'IamInstanceProfile'->>'Name',
                  request_parameters->'ReplaceIamInstanceProfileAssociationRequest'->'IamInstanceProfile'->>'Arn',
                  regexp_match(error_message, 'on resource: (arn:\S+)')[1],
                  regexp_match(error_message, 'on resource: (?:\w+ )?(?:arn:\S+/)?([\w+=,.@-]+)( |$)')[1]) AS target
  FROM cloudtrail
  WHERE ($services OR invoked_by IS NULL)
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
       path,
       target,
       target = coalesce(CASE WHEN principal_type = 'AssumedRole' THEN issuer_user_name ELSE user_name END, '')
         AS on_self,
       outcome,
       error_code,
       event_id
FROM calls
WHERE path IS NOT NULL
  -- A credential of one's own raises nothing; without a name it is one's own.
  AND NOT (path = 'makes a credential' AND coalesce(target = user_name, outcome = 'success'))
ORDER BY event_time DESC, event_id
