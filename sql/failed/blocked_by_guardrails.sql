-- title: Calls stopped by a guardrail
-- description: Lists calls that ran into an explicit prohibition: a Deny statement, an organisation's policy, a permissions boundary, a session or endpoint policy.
-- severity: medium
-- mitre: T1580, T1562
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Somebody forbade these calls on purpose; and the caller often had the permission otherwise.
-- Expected: a region or service that is closed to all, tried by accident, by the console or by an inventory tool.
-- Suspicious: attempts to stop logging, to leave the organisation, to alter the boundary itself.
-- Only services whose messages name the policy are seen here.

WITH stopped AS (
  SELECT *,
         CASE
           WHEN error_message LIKE '%service control policy%' THEN 'service control policy'
           WHEN error_message LIKE '%resource control policy%' THEN 'resource control policy'
           WHEN error_message LIKE '%permissions boundary%' THEN 'permissions boundary'
           WHEN error_message LIKE '%session policy%' THEN 'session policy'
           WHEN error_message ILIKE '%vpc endpoint policy%' THEN 'VPC endpoint policy'
           WHEN error_message LIKE '%explicit deny in a resource-based policy%' THEN 'resource-based policy'
           WHEN error_message LIKE '%explicit deny in an identity-based policy%' THEN 'identity-based policy'
           WHEN error_message LIKE '%explicit deny%' THEN 'a policy'
         END AS guardrail
  FROM cloudtrail
  WHERE outcome = 'denied'
    AND event_source <> 'signin.amazonaws.com'
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
       event_source,
       event_name,
       guardrail,
       error_message LIKE '%explicit deny%' AS explicit_deny,
       coalesce(regexp_match(error_message, 'on resource: "?(arn:[^\s"]+)')[1],
                array_to_string(resource_arns, ', ')) AS denied_on,
       outcome,
       error_code,
       event_id
FROM stopped
WHERE guardrail IS NOT NULL
ORDER BY event_time DESC, event_id
