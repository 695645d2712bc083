-- title: Elastic IP address changes
-- description: Lists every attempt to take, move, transfer or release a public address of the account.
-- severity: low
-- mitre: T1583, T1565.003
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- An address that is released or transferred can be taken by somebody else, with the traffic and trust that go to it.
-- Expected: infrastructure code that makes NAT gateways. Suspicious: EnableAddressTransfer (the address goes to
-- transfer_to, another account), an address moved to another instance, releases of addresses that names point at.

WITH calls AS (
  SELECT *,
         -- Newer calls of EC2 stand inside an object of the name of the call.
         coalesce(json_get_json(request_parameters, event_name || 'Request'), request_parameters) AS asked,
         coalesce(json_get_json(response_elements, event_name || 'Response'), response_elements) AS answered
  FROM cloudtrail
  WHERE event_source = 'ec2.amazonaws.com'
    AND event_name IN ('AllocateAddress', 'AssociateAddress', 'DisassociateAddress', 'ReleaseAddress',
                       'EnableAddressTransfer', 'AcceptAddressTransfer', 'DisableAddressTransfer', 'MoveAddressToVpc',
                       'RestoreAddressToClassic', 'ModifyAddressAttribute', 'ResetAddressAttribute')
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
       coalesce(asked->>'publicIp', asked->>'Address', asked->>'PublicIp', answered->>'publicIp') AS public_ip,
       coalesce(asked->>'allocationId', asked->>'AllocationId', answered->>'allocationId') AS allocation_id,
       coalesce(asked->>'instanceId', asked->>'networkInterfaceId') AS attached_to,
       asked->>'TransferAccountId' AS transfer_to,
       outcome,
       error_code,
       event_id
FROM calls
ORDER BY event_time DESC, event_id
