-- title: Who asks how much mail the account may send
-- description: Lists identities that asked for the mail quota, the sending state or the verified senders of an account.
-- severity: medium
-- mitre: T1526, T1087.004, T1496.004
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: at_least integer = 2 -- The fewest different calls, counted with their regions, that make a row
--
-- One row for each identity, address and day. GetSendQuota is the first thing tools try that hunt for keys to send
-- mail with; asked in many regions it is nothing else.
-- Expected: the mail team, a monitor that asks the same again and again. Suspicious: a key that never used mail,
-- denied calls, many regions.

SELECT min(event_time) AS first_time,
       max(event_time) AS last_time,
       account_id,
       principal,
       session_name,
       source_ip,
       count(*) AS calls,
       count(*) FILTER (WHERE outcome = 'denied') AS denied,
       count(DISTINCT aws_region) AS regions,
       array_to_string(array_sort(array_agg(DISTINCT event_name)), ', ') AS event_names,
       array_to_string(array_sort(array_agg(DISTINCT user_agent)), ', ') AS user_agents,
       array_to_string(array_sort(array_agg(DISTINCT access_key_id)), ', ') AS access_keys
FROM cloudtrail
WHERE event_source = 'ses.amazonaws.com'
  AND event_name IN ('GetSendQuota', 'GetSendStatistics', 'GetAccount', 'GetAccountSendingEnabled', 'ListIdentities',
                     'ListEmailIdentities', 'ListVerifiedEmailAddresses', 'GetIdentityVerificationAttributes',
                     'GetIdentityDkimAttributes', 'GetIdentityPolicies', 'GetEmailIdentity', 'ListConfigurationSets')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY event_date, account_id, principal, session_name, source_ip
HAVING count(DISTINCT aws_region || ' ' || event_name) >= $at_least
ORDER BY first_time DESC, account_id, principal, session_name, source_ip
