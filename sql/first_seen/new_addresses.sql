-- title: New addresses of identities
-- description: Lists addresses from which a known identity called for the first time.
-- severity: medium
-- mitre: T1078.004
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: recent interval = '7 days' -- Without since: how long before the end of the log counts as new
--
-- Without since, what appeared in the last seven days of the log is listed; with since, what appeared from then on.
-- Compared is with all the log before, so the longer it is, the better the answer; an identity that is itself new is
-- in new_principals.
-- known_network is true if the identity called from the same /24 before; known_here if anybody in the account used
-- the address.
-- Expected: home and mobile addresses that change, new machines. Suspicious: a program or a role with a new public
-- address, denials, an address that several identities share at once.

WITH ends AS (
  SELECT coalesce($since, max(event_time) - $recent) AS begin
  FROM cloudtrail
  WHERE ($until IS NULL OR event_time < $until)
),
seen AS (
  SELECT account_id,
         principal,
         source_ip,
         regexp_replace(source_ip, '[.][0-9]+$', '') AS network,
         min(event_time) AS first_seen,
         max(event_time) AS last_seen,
         count(*) AS events,
         count(*) FILTER (WHERE is_write(event_name, read_only)) AS writes,
         count(*) FILTER (WHERE outcome = 'denied') AS denied,
         first_value(event_name ORDER BY event_time, event_id) AS first_call,
         first_value(access_key_id ORDER BY event_time, event_id) AS access_key_id,
         first_value(event_id ORDER BY event_time, event_id) AS event_id
  FROM cloudtrail
  WHERE principal IS NOT NULL
    AND NOT ip_is_aws_host(source_ip)
    AND coalesce(principal_type, '') <> 'AWSService'
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
  GROUP BY account_id, principal, source_ip
),
compared AS (
  SELECT *,
         min(first_seen) OVER (PARTITION BY account_id, principal) AS principal_seen,
         min(first_seen) OVER (PARTITION BY account_id, principal, network) AS network_seen,
         min(first_seen) OVER (PARTITION BY account_id, source_ip) AS address_seen
  FROM seen
)
SELECT first_seen,
       account_id,
       principal,
       source_ip,
       network_seen < ends.begin AS known_network,
       address_seen < ends.begin AS known_here,
       events,
       writes,
       denied,
       first_call,
       access_key_id,
       last_seen,
       event_id
FROM compared
CROSS JOIN ends
WHERE first_seen >= ends.begin
  AND principal_seen < ends.begin
ORDER BY first_seen DESC, account_id, principal, source_ip
