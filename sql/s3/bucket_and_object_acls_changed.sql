-- title: Access control lists of buckets and objects changed
-- description: Lists each change of an access control list, whom it lets in, and to do what.
-- severity: medium
-- mitre: T1222, T1530
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Access control lists are the old way to share; new buckets have them switched off, so a change is rare.
-- principals are canonical ids, groups (AllUsers is everyone, AuthenticatedUsers everyone with any AWS account), and
-- the owner.
-- Expected: log delivery, an old application. Suspicious: a group, an id you do not know, many objects in a row.
-- Changes to objects are data events, which a trail records only if it was told to.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'bucketName', arn_part(resource_arns[1], 'resource')) AS bucket,
       request_parameters->>'key' AS key,
       coalesce(request_parameters->>'x-amz-acl', request_parameters->>'X-Amz-Acl') AS canned_acl,
       policy_grants_public(request_parameters) AS public,
       array_to_string(policy_principals(request_parameters), ', ') AS principals,
       array_to_string(policy_actions(request_parameters), ', ') AS permissions,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 's3.amazonaws.com'
  AND event_name IN ('PutBucketAcl', 'PutObjectAcl', 'PutObjectVersionAcl')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
