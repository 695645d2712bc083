-- title: Web ACLs taken off what they protect
-- description: Lists every attempt to leave a load balancer, an API or a distribution without its web application firewall.
-- severity: high
-- mitre: T1562.001, T1562.007
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- The web ACL itself stays and looks healthy. Of CloudFront, each change that leaves a distribution without a web ACL
-- is listed; the log does not tell whether it had one before.
-- Expected: infrastructure code that moves something. Suspicious: a person, an attack on the site that starts soon
-- after.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'resourceArn', request_parameters->>'id') AS resource,
       request_parameters->'distributionConfig'->'aliases'->'items'->>0 AS site,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE ((event_source IN ('wafv2.amazonaws.com', 'waf-regional.amazonaws.com') AND event_name = 'DisassociateWebACL')
       OR (event_source = 'cloudfront.amazonaws.com'
           AND (api_name(event_name) = 'DisassociateDistributionWebACL'
                OR (api_name(event_name) = 'UpdateDistribution'
                    AND coalesce(request_parameters->'distributionConfig'->>'webACLId', '') = ''))))
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
