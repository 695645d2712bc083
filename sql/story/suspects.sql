-- title: Suspects
-- description: Ranks identities by how much of what attackers do each of them did, with the reasons.
-- severity: medium
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: at_least integer = 3 -- The least score that is listed
--
-- Each reason counts once, by its weight: a telling call (see incident_timeline), many different calls denied, an
-- attack tool in the user agent, one access key used from several networks, the root user.
-- A high score is a place to begin, no verdict: administrators have one too. Compare with the days before the
-- incident.
-- Next: activity(who) and assume_chain(who) for the first rows.

WITH calls AS (
  SELECT *
  FROM cloudtrail
  WHERE principal IS NOT NULL
    AND coalesce(principal_type, '') <> 'AWSService'
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
),
reasons AS (
  SELECT principal, account_id, what AS reason, max(weight) AS weight, min(event_time) AS first_time, max(event_time) AS last_time
  FROM reports.incident_timeline
  WHERE principal IS NOT NULL
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
  GROUP BY principal, account_id, what
  UNION ALL
  SELECT principal, account_id, 'was denied many different calls', 3, min(event_time), max(event_time)
  FROM calls
  WHERE outcome = 'denied'
  GROUP BY principal, account_id
  HAVING count(DISTINCT concat(event_source, event_name)) >= 5
  UNION ALL
  SELECT principal, account_id, 'used an attack tool', 5, min(event_time), max(event_time)
  FROM calls
  WHERE user_agent_tool(user_agent) IN (
          'androxgh0st', 'aws-consoler', 'blackarch', 'cloudbrute', 'cloudfox', 'cloudgoat', 'cloud-enum', 'dirbuster',
          'enumerate-iam', 'ffuf', 'gobuster', 'grimoire', 'hydra', 'kali', 'masscan', 'metasploit', 'nikto', 'nmap', 'nuclei',
          'pacu', 'parrot', 'peirates', 'pentoo', 'pmapper', 's3scanner', 'sqlmap', 'stratus-red-team', 'trufflehog',
          'weirdaal', 'wpscan', 'zgrab')
  GROUP BY principal, account_id
  UNION ALL
  SELECT principal, account_id, 'one key from several networks', 3, min(event_time), max(event_time)
  FROM calls
  WHERE access_key_id IS NOT NULL
    AND NOT coalesce(ip_is_private(source_ip), ip_is_aws_host(source_ip))
  GROUP BY principal, account_id, access_key_id
  HAVING count(DISTINCT regexp_replace(source_ip, '[.][0-9]+[.][0-9]+$', '')) >= 3
  UNION ALL
  SELECT principal, account_id, 'is the root user', 4, min(event_time), max(event_time)
  FROM calls
  WHERE principal_type = 'Root'
    AND invoked_by IS NULL
  GROUP BY principal, account_id
),
once AS (
  SELECT principal, account_id, reason, max(weight) AS weight, min(first_time) AS first_time, max(last_time) AS last_time
  FROM reasons
  GROUP BY principal, account_id, reason
)
SELECT principal,
       account_id,
       sum(weight) AS score,
       count(*) AS reasons,
       array_to_string(array_agg(reason ORDER BY weight DESC, reason), ', ') AS why,
       min(first_time) AS first_time,
       max(last_time) AS last_time
FROM once
GROUP BY principal, account_id
HAVING sum(weight) >= $at_least
ORDER BY score DESC, principal, account_id
