-- title: MFA devices added or removed
-- description: Lists every attempt to add, replace or remove a second factor of a user or of root.
-- severity: medium
-- mitre: T1556.006, T1531
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A factor that is removed makes a stolen password enough; a factor that is added makes the attacker the owner.
-- Expected: a new telephone: one device off, another on, by the user. Suspicious: for_another is true outside a help
-- desk, a removal without a new device, a device added right after a key was stolen, anything on root. serial_number
-- tells the user where the call does not.

WITH changes AS (
  SELECT *,
         coalesce(request_parameters->>'serialNumber', response_elements->'virtualMFADevice'->>'serialNumber')
           AS serial_number,
         coalesce(request_parameters->>'userName',
                  regexp_match(error_message, 'on resource: (?:\w+ )?(?:arn:\S+/)?([\w+=,.@-]+)( |$)')[1]) AS named
  FROM cloudtrail
  WHERE event_source = 'iam.amazonaws.com'
    AND event_name IN ('EnableMFADevice', 'DeactivateMFADevice', 'CreateVirtualMFADevice', 'DeleteVirtualMFADevice',
                       'ResyncMFADevice')
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
       CASE event_name
         WHEN 'EnableMFADevice' THEN 'adds it'
         WHEN 'DeactivateMFADevice' THEN 'removes it'
         WHEN 'CreateVirtualMFADevice' THEN 'prepares it'
         WHEN 'DeleteVirtualMFADevice' THEN 'deletes it'
         ELSE 'adjusts it'
       END AS effect,
       named AS for_user,
       named <> coalesce(CASE WHEN principal_type = 'Root' THEN 'root' ELSE user_name END, '') AS for_another,
       coalesce(serial_number, request_parameters->>'virtualMFADeviceName') AS serial_number,
       outcome,
       error_code,
       event_id
FROM changes
ORDER BY event_time DESC, event_id
