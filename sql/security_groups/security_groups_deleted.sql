-- title: Security groups deleted
-- description: Lists every attempt to delete a security group.
-- severity: low
-- mitre: T1562.007, T1531
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A group in use cannot be deleted, so an intruder who tidies up or breaks things leaves errors (DependencyViolation)
-- here.
-- Expected: infrastructure code that takes down what it made. Suspicious: many in a row, a person who never works with
-- networks.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'groupId', request_parameters->>'groupName') AS group_id,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'ec2.amazonaws.com'
  AND event_name IN ('DeleteSecurityGroup')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
