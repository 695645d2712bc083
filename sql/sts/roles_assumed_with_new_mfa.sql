-- title: Roles taken with a new MFA device
-- description: Lists roles and session tokens taken with an MFA device that had been added less than a day before.
-- severity: medium
-- mitre: T1556.006
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: window interval = '1 day' -- How long after a device is added its uses count
--
-- A role that asks for MFA is no hurdle for who may add a device to the user whose key they stole.
-- Expected: a new telephone, a joiner's first day. Suspicious: minutes_after_change is small, the device was added by
-- somebody else or from another address, the user had a device already.

WITH added AS (
  SELECT event_time AS added_at,
         principal AS added_by,
         source_ip AS added_from,
         request_parameters->>'serialNumber' AS device,
         event_id AS added_event_id
  FROM cloudtrail
  WHERE event_source = 'iam.amazonaws.com'
    AND event_name = 'EnableMFADevice'
    AND outcome = 'success'
),
taken AS (
  SELECT *,
         request_parameters->>'serialNumber' AS mfa_device
  FROM cloudtrail
  WHERE event_source = 'sts.amazonaws.com'
    AND event_name IN ('AssumeRole', 'GetSessionToken')
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
       event_name,
       request_parameters->>'roleArn' AS role_arn,
       mfa_device,
       (to_unixtime(event_time) - to_unixtime(added_at)) / 60 AS minutes_after_change,
       added_by,
       added_from,
       added_from = source_ip AS same_address,
       issued_access_key_id,
       outcome,
       error_code,
       event_id,
       added_event_id
FROM taken
JOIN added ON device = mfa_device AND event_time >= added_at AND event_time <= added_at + $window
ORDER BY event_time DESC, event_id, added_event_id
