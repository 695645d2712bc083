-- title: Long-lived access keys in use
-- description: Lists each access key that does not expire, whose it is, when it was made, and from how many addresses it is used.
-- severity: info
-- mitre: T1078.004
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Keys that begin with AKIA work until somebody deletes them; most stolen credentials are such keys. This is the list
-- to work off: replace each by a role. The busiest are not the worst: look at the old, the rare and the widely used.
-- Expected: a few service users, each from a few addresses. Suspicious: a key of root, many addresses, tools that
-- differ. created_at is empty for keys that were made before this lake begins. key_account is the account the id
-- encodes.

WITH used AS (
  SELECT access_key_id,
         access_key_account(access_key_id) AS key_account,
         array_to_string(array_sort(array_agg(DISTINCT principal)), ', ') AS principals,
         min(event_time) AS first_used,
         max(event_time) AS last_used,
         count(DISTINCT event_date) AS days_used,
         count(*) AS calls,
         count(*) FILTER (WHERE outcome = 'denied') AS denied_calls,
         count(DISTINCT source_ip) AS addresses,
         count(DISTINCT aws_region) AS regions,
         array_to_string(array_sort(array_agg(DISTINCT user_agent_tool(user_agent))), ', ') AS tools,
         last_value(source_ip ORDER BY event_time, event_id) AS last_used_from,
         last_value(event_id ORDER BY event_time, event_id) AS last_event_id
  FROM cloudtrail
  WHERE access_key_id LIKE 'AKIA%'
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
  GROUP BY access_key_id
),
made AS (
  SELECT issued_access_key_id AS new_key,
         min(event_time) AS created_at
  FROM cloudtrail
  WHERE event_source = 'iam.amazonaws.com'
    AND event_name = 'CreateAccessKey'
    AND issued_access_key_id IS NOT NULL
  GROUP BY issued_access_key_id
)
SELECT access_key_id,
       key_account,
       principals,
       created_at,
       first_used,
       last_used,
       days_used,
       calls,
       denied_calls,
       addresses,
       last_used_from,
       regions,
       tools,
       last_event_id
FROM used
LEFT JOIN made ON new_key = access_key_id
ORDER BY last_used DESC, access_key_id
