-- title: Calls whose parameters were not recorded
-- description: Lists calls so large that CloudTrail left out what was asked, as somebody provokes who pads a policy to hide what it allows.
-- severity: medium
-- mitre: T1562.008
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A policy padded with spaces is valid, but CloudTrail then writes only that the parameters were too large: reports
-- that read them see nothing. Look the present state up (get-policy-version, get-role), and what the principal did
-- around it.
-- Expected: big CloudFormation templates, long policies by infrastructure code. Suspicious: IAM, bucket and key
-- policies, by a person or a key that does nothing else like it.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       event_source,
       CASE WHEN (request_parameters->>'omitted') = 'true' THEN request_parameters->>'reason'
            ELSE response_elements->>'reason' END AS reason,
       resource_arns,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE ((request_parameters->>'omitted') = 'true' OR (response_elements->>'omitted') = 'true')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
