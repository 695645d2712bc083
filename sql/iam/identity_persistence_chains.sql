-- title: Users made, given rights and a credential
-- description: Lists users that were made and within a day got both rights and a key or password: the usual way to stay in an account.
-- severity: high
-- mitre: T1136.003, T1098
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: window interval = '1 day' -- How long after a user is made its steps count
--
-- One row for each new user, with the steps in order and how long they took; refused steps are named so.
-- Expected: a joiner where people are IAM users, code that sets up a service user. Suspicious: minutes rather than
-- days, AdministratorAccess among the steps, a caller who never made users before, a name close to another.

WITH steps AS (
  -- An event that two trails delivered is one step.
  SELECT DISTINCT event_time, account_id, aws_region, principal, session_name, source_ip, access_key_id, event_name,
         request_parameters, issued_access_key_id, outcome, event_id,
         -- Also the order of what happens in one second.
         CASE
           WHEN event_name = 'CreateUser' THEN 0
           WHEN event_name IN ('AttachUserPolicy', 'PutUserPolicy', 'AddUserToGroup') THEN 1
           ELSE 2
         END AS stage,
         coalesce(request_parameters->>'userName', response_elements->'user'->>'userName',
                  response_elements->'accessKey'->>'userName',
                  regexp_match(error_message, 'on resource: (?:\w+ )?(?:arn:\S+/)?([\w+=,.@-]+)( |$)')[1]) AS target
  FROM cloudtrail
  WHERE event_source = 'iam.amazonaws.com'
    AND event_name IN ('CreateUser', 'AttachUserPolicy', 'PutUserPolicy', 'AddUserToGroup', 'CreateAccessKey',
                       'CreateLoginProfile', 'CreateServiceSpecificCredential', 'UploadSSHPublicKey',
                       'UploadSigningCertificate')
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
),
users AS (
  SELECT * FROM steps WHERE event_name = 'CreateUser'
)
SELECT u.event_time,
       u.account_id,
       u.aws_region,
       u.principal,
       u.session_name,
       u.source_ip,
       u.access_key_id,
       u.target AS new_user,
       (to_unixtime(max(s.event_time)) - to_unixtime(u.event_time)) / 60 AS minutes,
       count(*) AS calls,
       string_agg(s.event_name || CASE WHEN s.outcome = 'success' THEN '' ELSE ' (' || s.outcome || ')' END, ' > '
                  ORDER BY s.event_time, s.stage, s.event_id) AS steps,
       array_to_string(array_sort(array_agg(DISTINCT coalesce(s.request_parameters->>'policyArn',
                                                              s.request_parameters->>'policyName',
                                                              s.request_parameters->>'groupName'))), ', ') AS rights,
       array_to_string(array_sort(array_agg(DISTINCT s.issued_access_key_id)), ', ') AS new_access_keys,
       u.outcome,
       u.event_id
FROM users AS u
JOIN steps AS s
  ON s.account_id = u.account_id AND s.target = u.target
 AND s.event_time >= u.event_time AND s.event_time <= u.event_time + $window
GROUP BY u.event_time, u.account_id, u.aws_region, u.principal, u.session_name, u.source_ip, u.access_key_id, u.target,
         u.outcome, u.event_id
HAVING count(*) FILTER (WHERE s.stage = 1) > 0
   AND count(*) FILTER (WHERE s.stage = 2) > 0
ORDER BY u.event_time DESC, u.event_id
