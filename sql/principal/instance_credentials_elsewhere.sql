-- title: Instance credentials used elsewhere
-- description: Lists the addresses from which the credentials of one EC2 instance were used, where there is more than one: one of them may be a thief's.
-- severity: high
-- mitre: T1552.005, T1078.004, T1550.001
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- The credentials of an instance are made for it alone and never leave it on their own.
-- The address with the most events, and the oldest, is most likely that of the instance; look at the others.
-- Expected: an instance whose public address changed, or that has two ways out. Suspicious: another program at the
-- other address, calls to discover or to read data, an endpoint of another account (vpc_endpoint_account_id).
-- An instance that made no calls of its own leaves one address only and is not found here: attack_tools,
-- instance_roles_calling_iam, and GuardDuty's InstanceCredentialExfiltration may.

WITH uses AS (
  SELECT account_id,
         principal,
         session_name AS instance_id,
         source_ip,
         max(vpc_endpoint_account_id) AS vpc_endpoint_account_id,
         count(*) AS events,
         count(*) FILTER (WHERE outcome = 'denied') AS denied,
         array_to_string(array_sort(array_agg(DISTINCT event_name)), ', ') AS event_names,
         array_to_string(array_sort(array_agg(DISTINCT user_agent_tool(user_agent))), ', ') AS programs,
         array_to_string(array_sort(array_agg(DISTINCT access_key_id)), ', ') AS access_keys,
         min(event_time) AS first_time,
         max(event_time) AS last_time
  FROM cloudtrail
  WHERE session_name LIKE 'i-%'
    AND regexp_like(session_name, '^i-([0-9a-fA-F]{8}|[0-9a-fA-F]{17})$')
    AND NOT ip_is_aws_host(source_ip)
    -- Through an endpoint of the account itself a call comes from the instance's private address.
    AND (vpc_endpoint_id IS NULL OR vpc_endpoint_account_id <> account_id)
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
  GROUP BY account_id, principal, session_name, source_ip
),
compared AS (
  SELECT *, count(*) OVER (PARTITION BY account_id, principal, instance_id) AS addresses
  FROM uses
)
SELECT first_time,
       last_time,
       account_id,
       principal,
       instance_id,
       source_ip,
       vpc_endpoint_account_id,
       events,
       denied,
       event_names,
       programs,
       access_keys,
       addresses
FROM compared
WHERE addresses > 1
ORDER BY account_id, principal, instance_id, first_time, source_ip
