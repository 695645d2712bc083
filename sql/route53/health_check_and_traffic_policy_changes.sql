-- title: DNS health checks and traffic policies changed
-- description: Lists who changed the health checks and policies by which DNS decides where visitors go.
-- severity: low
-- mitre: T1498, T1565
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A health check that is inverted or pointed elsewhere makes DNS send everybody to the fallback.
-- Expected: infrastructure code, exercises. Suspicious: disabled or inverted true by hand, a policy with addresses you
-- do not know.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'healthCheckId', request_parameters->>'id',
                response_elements->'healthCheck'->>'id', response_elements->'trafficPolicy'->>'id') AS changed,
       coalesce(request_parameters->'healthCheckConfig'->>'fullyQualifiedDomainName',
                request_parameters->>'fullyQualifiedDomainName',
                request_parameters->'healthCheckConfig'->>'iPAddress', request_parameters->>'iPAddress',
                request_parameters->>'name') AS checks,
       coalesce(request_parameters->>'disabled', request_parameters->'healthCheckConfig'->>'disabled') AS disabled,
       coalesce(request_parameters->>'inverted', request_parameters->'healthCheckConfig'->>'inverted') AS inverted,
       request_parameters->>'document' AS policy_document,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'route53.amazonaws.com'
  AND event_name IN ('CreateHealthCheck', 'UpdateHealthCheck', 'DeleteHealthCheck', 'CreateTrafficPolicy',
                     'CreateTrafficPolicyVersion', 'CreateTrafficPolicyInstance', 'UpdateTrafficPolicyInstance',
                     'UpdateTrafficPolicyComment', 'DeleteTrafficPolicy', 'DeleteTrafficPolicyInstance')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
