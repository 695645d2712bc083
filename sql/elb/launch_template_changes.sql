-- title: Launch templates and configurations changed
-- description: Lists every attempt to make, change or delete the recipe from which groups and fleets launch their instances.
-- severity: medium
-- mitre: T1578, T1525
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Who changes a template decides what runs on every instance launched from it later, with its role: a way in that
-- survives the instances.
-- Expected: deployments. Suspicious: an image of a stranger, user data or a role that was not there, a default version
-- set by a person.

WITH calls AS (
  SELECT *,
         -- Newer calls of EC2 stand inside an object of the name of the call.
         coalesce(json_get_json(request_parameters, event_name || 'Request'), request_parameters) AS asked,
         coalesce(json_get_json(response_elements, event_name || 'Response'), response_elements) AS answered
  FROM cloudtrail
  WHERE ((event_source = 'autoscaling.amazonaws.com'
          AND event_name IN ('CreateLaunchConfiguration', 'DeleteLaunchConfiguration'))
         OR (event_source = 'ec2.amazonaws.com'
             AND event_name IN ('CreateLaunchTemplate', 'CreateLaunchTemplateVersion', 'ModifyLaunchTemplate',
                                'DeleteLaunchTemplate', 'DeleteLaunchTemplateVersions')))
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
       coalesce(asked->>'launchConfigurationName', asked->>'LaunchTemplateName', asked->>'LaunchTemplateId',
                answered->'launchTemplate'->>'launchTemplateId') AS template,
       coalesce(asked->>'imageId', asked->'LaunchTemplateData'->>'ImageId') AS image_id,
       coalesce(asked->>'instanceType', asked->'LaunchTemplateData'->>'InstanceType') AS instance_type,
       coalesce(asked->>'iamInstanceProfile', asked->'LaunchTemplateData'->'IamInstanceProfile'->>'Arn',
                asked->'LaunchTemplateData'->'IamInstanceProfile'->>'Name') AS instance_profile,
       CASE WHEN (asked->>'omitted') IS NULL
         THEN coalesce(json_contains(asked, 'userData')
                       OR json_contains(asked, 'LaunchTemplateData', 'UserData'), false)
       END AS user_data,
       coalesce(asked->>'SetDefaultVersion', asked->>'DefaultVersion') AS default_version,
       outcome,
       error_code,
       event_id
FROM calls
ORDER BY event_time DESC, event_id
