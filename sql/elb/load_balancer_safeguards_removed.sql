-- title: Load balancer safeguards removed
-- description: Lists every attempt to turn off the access log or the deletion protection of a load balancer, or to make it weaker against crafted requests.
-- severity: high
-- mitre: T1562.008, T1562.001
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- One row for each setting. A web firewall that fails open lets requests through when it does not answer.
-- Expected: infrastructure code that is about to delete the load balancer. Suspicious: everything else.
-- Rows without a setting are calls whose parameters the log left out.

WITH calls AS (
  SELECT *,
         json_get_array(request_parameters, 'attributes') AS attributes
  FROM cloudtrail
  WHERE event_source = 'elasticloadbalancing.amazonaws.com'
    AND event_name = 'ModifyLoadBalancerAttributes'
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
),
settings AS (
  -- The newer kinds of load balancers; a call without a list stays: NULL would lose it.
  SELECT *, unnest(CASE WHEN cardinality(attributes) > 0 THEN attributes ELSE make_array(NULL) END) AS attribute
  FROM calls
),
named AS (
  SELECT *,
         coalesce(attribute->>'key',
                  -- The classic kind.
                  CASE
                    WHEN (request_parameters->'loadBalancerAttributes'->'accessLog'->>'enabled') = 'false'
                      THEN 'accessLog.enabled'
                  END) AS setting,
         coalesce(attribute->>'value',
                  request_parameters->'loadBalancerAttributes'->'accessLog'->>'enabled') AS value
  FROM settings
)
SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'loadBalancerArn', request_parameters->>'loadBalancerName') AS load_balancer,
       setting,
       value,
       outcome,
       error_code,
       event_id
FROM named
WHERE (lower(value) = 'false'
       AND setting IN ('access_logs.s3.enabled', 'connection_logs.s3.enabled', 'deletion_protection.enabled',
                       'routing.http.drop_invalid_header_fields.enabled', 'accessLog.enabled'))
   OR (lower(value) = 'true' AND setting = 'waf.fail_open.enabled')
   OR (lower(value) = 'monitor' AND setting = 'routing.http.desync_mitigation_mode')
   OR (request_parameters IS NULL OR (request_parameters->>'omitted') = 'true')
ORDER BY event_time DESC, event_id, setting
