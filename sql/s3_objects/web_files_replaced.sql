-- title: Scripts and pages of websites replaced
-- description: Lists uploads and deletions of scripts, pages and style sheets, through which visitors of a website can be attacked.
-- severity: medium
-- mitre: T1565.001, T1491.002
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: but text = NULL -- Without the identity whose name ends so, as role/Deploy
--
-- Expected: deployments, by their role and tool. Suspicious: a person, a new address, a single .js file, an upload
-- outside a release.
-- Compare the object with its earlier version.
-- Reads and writes of objects are data events: CloudTrail records them only where a trail was told to. Where no trail
-- was, the S3 access log (group s3_access) may know.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       user_agent_tool(user_agent) AS tool,
       coalesce(request_parameters->>'bucketName',
                split_part(arn_part(resource_arns[1], 'resource'), '/', 1)) AS bucket,
       request_parameters->>'key' AS key,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 's3.amazonaws.com'
  AND event_name IN ('PutObject', 'CopyObject', 'CreateMultipartUpload', 'InitiateMultipartUpload', 'PostObject',
                     'DeleteObject')
  AND regexp_like(coalesce(request_parameters->>'key', arn_part(resource_arns[1], 'resource')),
                  '\.(js|mjs|html?|css|wasm|php|swf)$', 'i')
  AND ($but IS NULL OR principal IS NULL OR principal NOT LIKE '%' || $but)
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
