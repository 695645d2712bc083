-- title: Whose access keys they are
-- description: Lists each access key that was used, with its owner, its account, its kind and its first and last use.
-- severity: info
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: key text = NULL -- Only this access key
-- param: temporary boolean = true -- Whether the temporary keys of sessions are listed
--
-- For a key found in a leak, in a script or in another report: whose is it, and is it still used?
-- account_of_key is read out of the key itself and holds also for keys that are used in other accounts; keys made
-- before 2019 do not tell it. What was done with a key: report('user_activity', 'who=AKIA...').

SELECT access_key_id,
       CASE left(access_key_id, 4) WHEN 'AKIA' THEN 'long-lived' WHEN 'ASIA' THEN 'temporary' ELSE 'other' END AS kind,
       principal,
       session_name,
       access_key_account(access_key_id) AS account_of_key,
       array_to_string(array_sort(array_agg(DISTINCT account_id)), ', ') AS used_in_accounts,
       count(*) AS events,
       count(*) FILTER (WHERE outcome = 'denied') AS denied,
       count(DISTINCT source_ip) AS addresses,
       min(session_created_at) AS issued_at,
       min(event_time) AS first_use,
       max(event_time) AS last_use
FROM cloudtrail
WHERE access_key_id <> ''
  AND ($key IS NULL OR access_key_id = $key)
  AND ($temporary OR access_key_id NOT LIKE 'ASIA%')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY access_key_id, principal, session_name
ORDER BY last_use DESC, access_key_id, principal, session_name
