-- title: Bucket websites and cross-origin rules changed
-- description: Lists who made a bucket serve a website or redirect its visitors, or changed from which other websites it may be used.
-- severity: medium
-- mitre: T1491.002, T1530
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A website that redirects elsewhere takes every visitor along; a cross-origin rule for * lets scripts of any page use
-- the bucket.
-- Expected: infrastructure code for web buckets. Suspicious: redirects_to a host you do not know, a bucket that never
-- was a website.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'bucketName', arn_part(resource_arns[1], 'resource')) AS bucket,
       coalesce(request_parameters->'WebsiteConfiguration'->'RedirectAllRequestsTo'->>'HostName',
                request_parameters->'WebsiteConfiguration'->'RoutingRules'->'RoutingRule'->'Redirect'->>'HostName')
         AS redirects_to,
       request_parameters->'WebsiteConfiguration'->'IndexDocument'->>'Suffix' AS index_document,
       request_parameters->'CORSConfiguration'->>'CORSRule' AS cors_rules,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 's3.amazonaws.com'
  AND event_name IN ('PutBucketWebsite', 'DeleteBucketWebsite', 'PutBucketCors', 'DeleteBucketCors')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
