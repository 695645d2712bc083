-- title: Sign-ins by person and way
-- description: Sums up for each identity in which ways it signed in or took roles, how often, from which addresses, and how often it was refused.
-- severity: info
-- mitre: T1078.004
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: services boolean = false -- Whether AWS services are listed
--
-- One row for each identity, event and role: the list to compare with who is supposed to come in, and how.
-- Expected: people with few addresses, machines with one. Suspicious: an identity that has no work here, addresses of
-- hosting companies, refusals beside successes.

WITH sign_ins AS (
  SELECT *,
         coalesce(request_parameters->>'roleArn', service_event_details->>'role_name',
                  regexp_match(error_message, 'on resource: (arn:\S+)')[1]) AS role
  FROM cloudtrail
  WHERE event_source IN ('signin.amazonaws.com', 'sts.amazonaws.com', 'sso.amazonaws.com')
    AND event_name IN ('ConsoleLogin', 'UserAuthentication', 'SwitchRole', 'GetSigninToken', 'AssumeRole',
                       'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity', 'AssumeRoot', 'GetSessionToken',
                       'GetFederationToken', 'GetRoleCredentials', 'Federate')
    AND ($services OR NOT is_aws_service(coalesce(principal, '')))
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
)
SELECT account_id,
       principal,
       event_name,
       role,
       count(*) FILTER (WHERE outcome = 'success') AS successes,
       count(*) FILTER (WHERE outcome <> 'success') AS failures,
       count(DISTINCT source_ip) AS addresses,
       array_to_string(array_sort(array_agg(DISTINCT source_ip)), ', ') AS source_ips,
       array_to_string(array_sort(array_agg(DISTINCT user_agent_tool(user_agent))), ', ') AS programs,
       min(event_time) AS first_time,
       max(event_time) AS last_time
FROM sign_ins
GROUP BY account_id, principal, event_name, role
ORDER BY account_id, principal, event_name, role
