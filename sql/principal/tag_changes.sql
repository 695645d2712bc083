-- title: Tags set and removed
-- description: Lists changes of tags: on which resources, which keys and values, by whom.
-- severity: low
-- mitre: T1098, T1562
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: resource text = NULL -- Only changes that name this resource, by ARN, id or name
--
-- Where policies decide by tags (aws:ResourceTag, aws:PrincipalTag), who sets a tag gives rights; where backups or
-- clean-ups go by tags, who removes one decides what is kept.
-- Expected: deployments that tag what they make. Suspicious: tags on users and roles, tags of backups or of protection
-- removed, a change by hand.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_source,
       event_name,
       CASE WHEN regexp_like(event_name, '^(Delete|Untag|Remove)') THEN 'removed' ELSE 'set' END AS effect,
       coalesce(array_to_string(resource_arns, ', '),
                request_parameters->'resourcesSet'->>'items') AS resources_named,
       coalesce(request_parameters->'tagSet'->>'items', request_parameters->>'tags', request_parameters->>'Tags',
                request_parameters->>'tagKeys', request_parameters->>'TagKeys', request_parameters->>'Tagging',
                request_parameters->>'tagging') AS tags,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE (event_name IN ('CreateTags', 'DeleteTags', 'AddTags', 'RemoveTags', 'TagResources', 'UntagResources',
                      'AddTagsToResource', 'RemoveTagsFromResource',
                      'TagUser', 'UntagUser', 'TagRole', 'UntagRole', 'TagPolicy', 'UntagPolicy',
                      'TagInstanceProfile', 'UntagInstanceProfile', 'PutBucketTagging', 'DeleteBucketTagging',
                      'ChangeTagsForResource', 'CreateOrUpdateTags', 'TagQueue', 'UntagQueue', 'TagLogGroup',
                      'UntagLogGroup', 'AddTagsToCertificate', 'RemoveTagsFromCertificate', 'AddTagsToStream',
                      'RemoveTagsFromStream')
       OR event_name LIKE 'TagResource%'
       OR event_name LIKE 'UntagResource%')
  AND ($resource IS NULL
       OR strpos(request_parameters, $resource) > 0
       OR strpos(array_to_string(resource_arns, ' '), $resource) > 0)
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
