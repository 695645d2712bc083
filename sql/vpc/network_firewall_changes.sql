-- title: Network firewall changes
-- description: Lists every attempt to change AWS Network Firewall, or the rules that Firewall Manager lays on all accounts.
-- severity: high
-- mitre: T1562.007
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Expected: the network team, by infrastructure code. Suspicious: deletions, protections switched off
-- (UpdateFirewallDeleteProtection), a firewall taken off a subnet, a logging configuration emptied, a Firewall Manager
-- policy deleted: it holds for every account of the organisation.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'firewallName', request_parameters->>'firewallArn',
                request_parameters->>'ruleGroupName', request_parameters->>'ruleGroupArn',
                request_parameters->>'firewallPolicyName', request_parameters->>'firewallPolicyArn',
                request_parameters->'policy'->>'policyName', request_parameters->>'policyId',
                request_parameters->>'adminAccount', request_parameters->>'resourceArn') AS changed,
       coalesce(request_parameters->>'deleteProtection', request_parameters->>'subnetChangeProtection',
                request_parameters->>'firewallPolicyChangeProtection') AS protection,
       request_parameters AS detail,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source IN ('network-firewall.amazonaws.com', 'fms.amazonaws.com')
  AND event_name NOT LIKE 'Describe%'
  AND event_name NOT LIKE 'List%'
  AND event_name NOT LIKE 'Get%'
  AND event_name NOT IN ('TagResource', 'UntagResource')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
