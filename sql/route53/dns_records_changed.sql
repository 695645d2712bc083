-- title: DNS records changed
-- description: Lists each DNS record that was made, replaced or deleted, and where it now points.
-- severity: medium
-- mitre: T1584.002, T1491.002, T1557
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: name text = NULL -- Only records whose names begin so, as login.example.com
--
-- One row for each record. UPSERT replaces what was there; the value before is the one of the last row with this name
-- and type, or of a DELETE in the same call.
-- Expected: infrastructure code, certificates being validated (CNAME _...acm-validations.aws.), load balancers.
-- Suspicious: MX, NS and login names by hand, addresses outside your networks, a TXT record that proves a domain to
-- somebody.

WITH calls AS (
  SELECT *,
         json_get_array(request_parameters, 'changeBatch', 'changes') AS changes
  FROM cloudtrail
  WHERE event_source = 'route53.amazonaws.com'
    AND event_name = 'ChangeResourceRecordSets'
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
),
each_change AS (
  -- A call whose changes are unknown stays.
  SELECT *,
         unnest(CASE WHEN cardinality(changes) > 0 THEN changes ELSE make_array(CAST(NULL AS VARCHAR)) END) AS item
  FROM calls
)
SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       request_parameters->>'hostedZoneId' AS zone_id,
       item->>'action' AS action,
       item->'resourceRecordSet'->>'name' AS record_name,
       item->'resourceRecordSet'->>'type' AS record_type,
       coalesce('alias of ' || (item->'resourceRecordSet'->'aliasTarget'->>'dNSName'),
                regexp_replace(item->'resourceRecordSet'->>'resourceRecords', '\[?\{"value":(.*?)\}\]?', '\1', 'g'))
         AS points_to,
       item->'resourceRecordSet'->>'tTL' AS ttl_seconds,
       outcome,
       error_code,
       event_id
FROM each_change
WHERE $name IS NULL OR starts_with(item->'resourceRecordSet'->>'name', $name)
ORDER BY event_time DESC, event_id, record_name, record_type, action
