-- title: Dry runs
-- description: Lists calls that were only tried out with DryRun, by which a caller learns what a key may do without doing it.
-- severity: medium
-- mitre: T1580
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- EC2 and KMS answer a dry run with an error that says the call would have worked, or with a refusal.
-- Expected: deployment tools, engineers who test a policy. Suspicious: many different actions in a row, RunInstances of
-- large types, a key or an address new for the identity.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_source,
       event_name,
       CASE WHEN error_code LIKE '%DryRun%' THEN 'would be allowed'
            WHEN outcome = 'denied' THEN 'would be refused'
            ELSE 'not told'
       END AS answer,
       request_parameters AS detail,
       user_agent,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE (error_code IN ('Client.DryRunOperation', 'DryRunOperation', 'DryRunOperationException')
       OR lower(request_parameters->>'dryRun') = 'true'
       OR lower(request_parameters->>'DryRun') = 'true')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
