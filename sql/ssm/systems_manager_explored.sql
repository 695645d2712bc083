-- title: Machines explored through Systems Manager
-- description: Lists identities that asked for inventories, managed machines, commands and parameters, as somebody does who looks for a way on.
-- severity: low
-- mitre: T1518, T1082, T1580
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: window interval = '10 minutes' -- The stretch of time in which calls are counted together
-- param: at_least integer = 3 -- The fewest different calls
--
-- Expected: the agents on the machines themselves and monitoring tools, by their roles. Suspicious: a person or key
-- that never did, several kinds of questions in one stretch, refusals, then SendCommand, StartSession or secrets
-- (secret_read_bursts).
-- Windows lie on the clock.

SELECT min(event_time) AS first_event,
       max(event_time) AS last_event,
       account_id,
       principal,
       source_ip,
       array_to_string(array_sort(array_agg(DISTINCT access_key_id)), ', ') AS access_keys,
       array_to_string(array_sort(array_agg(DISTINCT user_agent_tool(user_agent))), ', ') AS tools,
       count(*) AS calls,
       count(*) FILTER (WHERE outcome = 'denied') AS denied,
       array_to_string(array_sort(array_agg(DISTINCT event_name)), ', ') AS event_names
FROM cloudtrail
WHERE event_source = 'ssm.amazonaws.com'
  AND event_name IN ('GetInventory', 'GetInventorySchema', 'ListInventoryEntries', 'DescribeInstanceInformation',
                     'DescribeInstanceProperties', 'DescribeInstancePatches', 'ListCommands',
                     'ListCommandInvocations', 'ListDocuments', 'DescribeParameters', 'DescribeSessions',
                     'ListAssociations', 'DescribeAutomationExecutions', 'ListResourceComplianceSummaries')
  AND NOT coalesce(is_aws_service(principal) OR is_aws_service(source_ip), false)
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY date_bin($window, event_time), account_id, principal, source_ip
HAVING count(DISTINCT event_name) >= $at_least
ORDER BY first_event DESC, principal, source_ip
