-- title: Attack tools and their systems
-- description: Lists identities whose calls came from programs made to attack or audit AWS accounts, or from operating systems made for that work.
-- severity: high
-- mitre: T1078.004, T1580, T1526
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A caller writes the user agent and may lie: what is not here may still be bad.
-- Expected: your own auditors (prowler, scoutsuite, steampipe) with a role made for them, from their address.
-- Suspicious: everything else: pacu, trufflehog (a leaked key was found and tested), kali, aws_consoler, stratus.

SELECT min(event_time) AS first_time,
       max(event_time) AS last_time,
       account_id,
       principal,
       session_name,
       source_ip,
       access_key_id,
       user_agent_tool(user_agent) AS tool,
       count(*) AS events,
       count(*) FILTER (WHERE is_write(event_name, read_only)) AS writes,
       count(*) FILTER (WHERE outcome = 'denied') AS denied,
       count(DISTINCT event_source) AS services,
       array_to_string(array_sort(array_agg(DISTINCT event_name)), ', ') AS event_names,
       max(user_agent) AS user_agent
FROM cloudtrail
WHERE user_agent_tool(user_agent) IN (
    'androxgh0st', 'aws-consoler', 'blackarch', 'cartography', 'cloudbrute', 'cloudfox', 'cloudgoat',
    'cloudmapper', 'cloudsplaining', 'cloud-enum', 'dirbuster', 'enumerate-iam', 'ffuf', 'gobuster', 'grimoire',
    'hydra', 'kali', 'masscan', 'metasploit', 'nessus', 'nikto', 'nmap', 'nuclei', 'pacu', 'parrot', 'peirates',
    'pentoo', 'pmapper', 'prowler', 's3scanner', 'scoutsuite', 'sqlmap', 'steampipe', 'stratus-red-team',
    'trufflehog', 'weirdaal', 'wpscan', 'zgrab')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY account_id, principal, session_name, source_ip, access_key_id, user_agent_tool(user_agent)
ORDER BY first_time DESC, account_id, principal, session_name, source_ip, access_key_id, tool
