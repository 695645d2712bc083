-- title: DNS zones made, deleted and attached
-- description: Lists who made or deleted a DNS zone, attached one to a network, or changed its signatures and query logs.
-- severity: medium
-- mitre: T1583.001, T1584.002, T1562.008
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A private zone that is attached to a network answers there in place of the real name: traffic can be led astray.
-- Expected: infrastructure code. Suspicious: a zone with the name of somebody else's service, an association with
-- another account, DNSSEC switched off, query logging deleted.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'hostedZoneId', request_parameters->>'id', request_parameters->>'hostedzoneId',
                response_elements->'hostedZone'->>'id') AS zone_id,
       coalesce(request_parameters->>'name', response_elements->'hostedZone'->>'name') AS zone_name,
       coalesce(request_parameters->'hostedZoneConfig'->>'privateZone',
                response_elements->'hostedZone'->'config'->>'privateZone') AS private,
       coalesce(request_parameters->'vPC'->>'vPCId', request_parameters->'vpc'->>'vpcId',
                request_parameters->>'resourceId') AS vpc_id,
       coalesce(request_parameters->>'cloudWatchLogsLogGroupArn', request_parameters->>'destinationArn',
                request_parameters->>'resolverQueryLogConfigId') AS query_log,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source IN ('route53.amazonaws.com', 'route53resolver.amazonaws.com')
  AND event_name IN ('CreateHostedZone', 'DeleteHostedZone', 'UpdateHostedZoneComment', 'AssociateVPCWithHostedZone',
                     'DisassociateVPCFromHostedZone', 'CreateVPCAssociationAuthorization',
                     'DeleteVPCAssociationAuthorization', 'EnableHostedZoneDNSSEC', 'DisableHostedZoneDNSSEC',
                     'CreateKeySigningKey', 'DeactivateKeySigningKey', 'DeleteKeySigningKey',
                     'CreateQueryLoggingConfig', 'DeleteQueryLoggingConfig', 'CreateResolverQueryLogConfig',
                     'DeleteResolverQueryLogConfig', 'DisassociateResolverQueryLogConfig', 'CreateResolverRule',
                     'UpdateResolverRule', 'DeleteResolverRule', 'AssociateResolverRule')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
