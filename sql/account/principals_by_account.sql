-- title: Who acts in each account
-- description: Shows for each account the identities that acted in it, how much, from how many addresses, and since when.
-- severity: info
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: services boolean = false -- Whether AWS services are listed
--
-- Read it account by account: identities that should not be there, those of other accounts (from_account), and those
-- that appeared lately (first_event).
-- Identities outside your accounts come through roles: from_account is then that of the caller as far as the log
-- says.

SELECT account_id,
       principal,
       coalesce(principal_kind(principal), max(principal_kind(principal_type))) AS kind,
       CASE WHEN max(user_account_id) <> account_id THEN max(user_account_id) END AS from_account,
       count(*) AS events,
       count(*) FILTER (WHERE read_only IS FALSE) AS writes,
       count(*) FILTER (WHERE outcome = 'denied') AS denied,
       count(DISTINCT aws_region) AS regions,
       count(DISTINCT source_ip) AS source_ips,
       count(DISTINCT access_key_id) AS access_keys,
       min(event_time) AS first_event,
       max(event_time) AS last_event
FROM cloudtrail
WHERE ($services OR NOT coalesce(is_aws_service(principal), principal_type = 'AWSService', false))
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY account_id, principal
ORDER BY account_id, events DESC, principal
