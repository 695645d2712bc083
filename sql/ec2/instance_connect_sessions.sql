-- title: SSH keys pushed to instances
-- description: Lists every attempt to get into an instance with EC2 Instance Connect: a key pushed for a minute, or a tunnel opened to it.
-- severity: medium
-- mitre: T1021.004, T1098.004
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A pushed key opens the instance for sixty seconds; the session itself is not in this log.
-- Expected: the people who administer by Instance Connect, from the console, one instance at a time.
-- Suspicious: one key on many instances, the user root, a tunnel to a port other than 22 and 3389, an identity that is
-- a machine.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'instanceId', request_parameters->>'privateIpAddress') AS reached,
       request_parameters->>'instanceOSUser' AS os_user,
       request_parameters->>'remotePort' AS port,
       request_parameters->>'instanceConnectEndpointId' AS endpoint_id,
       request_parameters->>'sSHPublicKey' AS ssh_public_key,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'ec2-instance-connect.amazonaws.com'
  AND event_name IN ('SendSSHPublicKey', 'OpenTunnel')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
