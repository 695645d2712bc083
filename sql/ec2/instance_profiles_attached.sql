-- title: Roles given to instances
-- description: Lists every attempt to give a running instance another role, or to put another role into the profile that instances carry.
-- severity: medium
-- mitre: T1098, T1548.005
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Whoever controls an instance has the role of its profile: giving it a stronger one is a way around one's own limits.
-- Expected: infrastructure code, Systems Manager host management (by ssm.amazonaws.com).
-- Suspicious: an administrator's profile, a caller who also opened a session or sent a command to that instance,
-- refused attempts.

WITH calls AS (
  SELECT *,
         -- Newer calls of EC2 stand inside an object of the name of the call.
         coalesce(json_get_json(request_parameters, event_name || 'Request'), request_parameters) AS asked,
         coalesce(json_get_json(response_elements, event_name || 'Response'), response_elements) AS answered
  FROM cloudtrail
  WHERE ((event_source = 'ec2.amazonaws.com'
        AND event_name IN ('AssociateIamInstanceProfile', 'ReplaceIamInstanceProfileAssociation',
                           'DisassociateIamInstanceProfile'))
         OR (event_source = 'iam.amazonaws.com' AND event_name = 'AddRoleToInstanceProfile'))
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
       coalesce(asked->>'InstanceId', answered->'iamInstanceProfileAssociation'->>'instanceId') AS instance_id,
       coalesce(asked->'IamInstanceProfile'->>'Arn', asked->'IamInstanceProfile'->>'Name',
                asked->>'instanceProfileName',
                answered->'iamInstanceProfileAssociation'->'iamInstanceProfile'->>'arn') AS instance_profile,
       asked->>'roleName' AS role_added,
       asked->>'AssociationId' AS replaced_association,
       outcome,
       error_code,
       event_id
FROM calls
ORDER BY event_time DESC, event_id
