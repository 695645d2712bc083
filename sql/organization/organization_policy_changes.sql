-- title: Changes to service control policies
-- description: Lists attempts to alter, detach or switch off the policies by which the organization limits what its accounts may do.
-- severity: high
-- mitre: T1562.001, T1666, T1484
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A guard rail that is detached lets every role of the account do what it forbade; look at what was refused before
-- and succeeds after.
-- Expected: infrastructure code in the management account. Suspicious: DetachPolicy, DisablePolicyType, a policy that
-- was emptied (read content), by a person at night.
-- Resource control, declarative, backup and tag policies are of the same calls; type says which.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'policyId', response_elements->'policy'->'policySummary'->>'id',
                request_parameters->>'name') AS policy,
       coalesce(request_parameters->>'type', request_parameters->>'policyType',
                response_elements->'policy'->'policySummary'->>'type') AS type,
       coalesce(request_parameters->>'targetId', request_parameters->>'rootId') AS target,
       request_parameters->>'content' AS content,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'organizations.amazonaws.com'
  AND event_name IN ('CreatePolicy', 'UpdatePolicy', 'DeletePolicy', 'AttachPolicy', 'DetachPolicy',
                     'EnablePolicyType', 'DisablePolicyType')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
