-- title: Keys that were issued and what was done with them
-- description: Lists each temporary or long-lived key that was handed out, to whom, and how it was used afterwards: how often, from where, how much was refused.
-- severity: info
-- mitre: T1550.001, T1098.001
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: services boolean = false -- Whether keys that AWS services asked for are listed
-- param: elsewhere boolean = false -- Only keys that were used from another address than they were issued to
--
-- One row is one step of a chain: access_key_id asked, issued_access_key_id was given. All steps: credential_chain.
-- A call into another account is recorded in both, as two rows with one shared_event_id.
-- Expected: a deployment's session used from the deployment's address. Suspicious: used_elsewhere, keys with many
-- refusals, keys that hand out further keys. Attempts that were refused have no key.

WITH issues AS (
  SELECT *
  FROM cloudtrail
  WHERE (issued_access_key_id IS NOT NULL
         OR event_source = 'sts.amazonaws.com'
            AND event_name IN ('AssumeRole', 'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity', 'AssumeRoot',
                               'GetSessionToken', 'GetFederationToken')
         OR event_source = 'iam.amazonaws.com' AND event_name = 'CreateAccessKey')
    AND ($services OR NOT is_aws_service(coalesce(principal, '')))
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
),
uses AS (
  SELECT access_key_id, event_id, event_time, source_ip, outcome, read_only, issued_access_key_id
  FROM cloudtrail
  WHERE access_key_id IN (SELECT issued_access_key_id FROM issues WHERE issued_access_key_id IS NOT NULL)
),
followed AS (
  SELECT issue.event_time, issue.account_id, issue.aws_region, issue.principal, issue.session_name, issue.source_ip,
         issue.access_key_id, issue.event_name, issue.request_parameters, issue.error_message,
         issue.issued_access_key_id, issue.outcome, issue.error_code, issue.shared_event_id, issue.event_id,
         count(DISTINCT used.event_id) AS uses,
         count(DISTINCT used.event_id) FILTER (WHERE used.read_only IS FALSE) AS writes,
         count(DISTINCT used.event_id) FILTER (WHERE used.outcome = 'denied') AS denied,
         count(DISTINCT used.issued_access_key_id) AS issued_further,
         min(used.event_time) AS first_use,
         max(used.event_time) AS last_use,
         array_to_string(array_sort(array_agg(DISTINCT used.source_ip)), ', ') AS used_from,
         bool_or(used.source_ip <> issue.source_ip AND NOT ip_is_aws_host(used.source_ip)) AS used_elsewhere
  FROM issues AS issue
  LEFT JOIN uses AS used ON used.access_key_id = issue.issued_access_key_id
  GROUP BY issue.event_time, issue.account_id, issue.aws_region, issue.principal, issue.session_name, issue.source_ip,
           issue.access_key_id, issue.event_name, issue.request_parameters, issue.error_message,
           issue.issued_access_key_id, issue.outcome, issue.error_code, issue.shared_event_id, issue.event_id
)
SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'roleArn', request_parameters->>'targetPrincipal',
                request_parameters->>'userName', request_parameters->>'name',
                regexp_match(error_message, 'on resource: (arn:\S+)')[1]) AS acts_as,
       issued_access_key_id,
       uses,
       writes,
       denied,
       issued_further,
       first_use,
       last_use,
       used_from,
       used_elsewhere,
       outcome,
       error_code,
       shared_event_id,
       event_id
FROM followed
WHERE NOT $elsewhere OR used_elsewhere
ORDER BY event_time DESC, event_id
