-- title: CloudFront distributions and functions changed
-- description: Lists who made, changed or deleted a distribution or a function of CloudFront, and where it fetches its content.
-- severity: medium
-- mitre: T1565.002, T1491.002, T1090.002, T1562.008
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- An origin that is replaced serves all visitors from somewhere else; a function at the edge can rewrite every answer.
-- Expected: infrastructure code. Suspicious: origins that are not yours, logs switched off, a function published by
-- hand, default_certificate true on a site with a name of its own, many invalidations.

WITH changes AS (
  SELECT *,
         coalesce(request_parameters->>'distributionConfig',
                  request_parameters->'distributionConfigWithTags'->>'distributionConfig') AS config
  FROM cloudtrail
  WHERE event_source = 'cloudfront.amazonaws.com'
    AND api_name(event_name) IN ('CreateDistribution', 'CreateDistributionWithTags', 'CopyDistribution',
                                 'UpdateDistribution', 'DeleteDistribution', 'CreateStreamingDistribution',
                                 'UpdateStreamingDistribution', 'CreateFunction', 'UpdateFunction',
                                 'PublishFunction', 'DeleteFunction', 'CreateInvalidation', 'CreatePublicKey',
                                 'CreateKeyGroup', 'AssociateAlias', 'UpdateOriginAccessControl',
                                 'DeleteRealtimeLogConfig')
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
       coalesce(request_parameters->>'id', request_parameters->>'distributionId', request_parameters->>'name',
                response_elements->'distribution'->>'id') AS changed,
       config->'origins'->'items'->0->>'domainName' AS first_origin,
       config->'aliases'->>'items' AS names,
       config->'logging'->>'enabled' AS logging,
       config->'viewerCertificate'->>'cloudFrontDefaultCertificate' AS default_certificate,
       nullif(config->>'webACLId', '') AS web_acl,
       outcome,
       error_code,
       event_id
FROM changes
ORDER BY event_time DESC, event_id
