-- title: DNS query logs removed
-- description: Lists attempts to delete the logging of DNS queries of a VPC or of a hosted zone, or to detach a VPC from it.
-- severity: high
-- mitre: T1562.008
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- DNS queries show which servers malware talks to, and data that leaves in names.
-- Expected: a VPC that is taken down. Suspicious: everything else.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'resolverQueryLogConfigId', request_parameters->>'id') AS log_config,
       coalesce(request_parameters->>'resourceId',
                response_elements->'resolverQueryLogConfigAssociation'->>'resourceId') AS vpc,
       response_elements->'resolverQueryLogConfig'->>'destinationArn' AS destination,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE ((event_source = 'route53resolver.amazonaws.com'
        AND event_name IN ('DeleteResolverQueryLogConfig', 'DisassociateResolverQueryLogConfig'))
       OR (event_source = 'route53.amazonaws.com' AND event_name = 'DeleteQueryLoggingConfig'))
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
