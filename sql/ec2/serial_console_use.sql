-- title: Serial console opened
-- description: Lists every attempt to allow the serial console of instances, or to get into an instance through it.
-- severity: high
-- mitre: T1021.004, T1098.004
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- The serial console reaches an instance without any network: security groups do not matter. Allowing it holds for all
-- instances of the account in the region.
-- Expected: a rescue that somebody announced. Suspicious: everything else; EnableSerialConsoleAccess followed by
-- SendSerialConsoleSSHPublicKey above all.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       request_parameters->>'instanceId' AS instance_id,
       CASE event_name
         WHEN 'EnableSerialConsoleAccess' THEN 'allowed in the region'
         WHEN 'DisableSerialConsoleAccess' THEN 'forbidden in the region'
         ELSE 'key pushed to an instance'
       END AS effect,
       request_parameters->>'sSHPublicKey' AS ssh_public_key,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE ((event_source = 'ec2.amazonaws.com'
        AND event_name IN ('EnableSerialConsoleAccess', 'DisableSerialConsoleAccess'))
       OR (event_source = 'ec2-instance-connect.amazonaws.com' AND event_name = 'SendSerialConsoleSSHPublicKey'))
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
