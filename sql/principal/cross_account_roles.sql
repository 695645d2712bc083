-- title: Roles taken across accounts
-- description: Lists each time a role was taken by somebody of another account, or one of yours took a role elsewhere, with the external id that was shown.
-- severity: medium
-- mitre: T1199, T1550.001
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: unknown_only boolean = false -- Only where the other account's logs are not in the lake
--
-- direction in: somebody came into this account; out: somebody of this account went elsewhere. Where both accounts
-- are in the lake each appears once in either direction, with one shared_event_id.
-- Expected: deployments, your own access between accounts, vendors with an external id. Suspicious: known_account is
-- false, a vendor without external_id, a role that was made or whose trust was altered not long before.

WITH ours AS (
  SELECT DISTINCT account_id AS known
  FROM cloudtrail
  WHERE account_id = user_account_id
),
assumed AS (
  SELECT *,
         coalesce(request_parameters->>'roleArn', regexp_match(error_message, 'on resource: (arn:\S+)')[1]) AS role_arn
  FROM cloudtrail
  WHERE event_source = 'sts.amazonaws.com'
    AND event_name = 'AssumeRole'
    AND NOT is_aws_service(coalesce(principal, ''))
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
),
across AS (
  SELECT *,
         CASE WHEN user_account_id <> account_id THEN 'in' ELSE 'out' END AS direction,
         CASE WHEN user_account_id <> account_id THEN user_account_id ELSE arn_part(role_arn, 'account') END
           AS other_account
  FROM assumed
  WHERE user_account_id <> account_id OR arn_part(role_arn, 'account') <> account_id
)
SELECT event_time,
       account_id,
       aws_region,
       direction,
       other_account,
       ours.known IS NOT NULL AS known_account,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       role_arn,
       request_parameters->>'roleSessionName' AS new_session_name,
       request_parameters->>'externalId' AS external_id,
       issued_access_key_id,
       outcome,
       error_code,
       shared_event_id,
       event_id
FROM across
LEFT JOIN ours ON ours.known = across.other_account
WHERE NOT $unknown_only OR ours.known IS NULL
ORDER BY event_time DESC, event_id
