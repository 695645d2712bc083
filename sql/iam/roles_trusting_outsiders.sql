-- title: Roles opened to other accounts or to everyone
-- description: Lists new and changed roles that may be taken from another account or by anyone, which is a lasting way in.
-- severity: high
-- mitre: T1098.003, T1078.004
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Expected: vendors with an external id (has_external_id), accounts of your own: name the known ones once and compare.
-- Suspicious: an account that nobody knows, no external id, anyone is true, a role with administrator rights. A role
-- whose policy CloudTrail did not write down (too large, or refused) is listed with empty columns: what it lets in is
-- unknown.

WITH roles AS (
  SELECT *,
         coalesce(request_parameters->>'roleName',
                  regexp_match(error_message, 'on resource: (?:\w+ )?(?:arn:\S+/)?([\w+=,.@-]+)( |$)')[1]) AS role,
         policy_external_accounts(request_parameters, account_id) AS external_accounts,
         policy_grants_public(request_parameters) AS anyone
  FROM cloudtrail
  WHERE event_source = 'iam.amazonaws.com'
    AND event_name IN ('CreateRole', 'UpdateAssumeRolePolicy')
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
)
SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       role,
       external_accounts,
       anyone,
       policy_principals(request_parameters) AS trusted,
       CASE WHEN anyone IS NOT NULL THEN request_parameters ILIKE '%ExternalId%' END AS has_external_id,
       outcome,
       error_code,
       event_id
FROM roles
WHERE cardinality(external_accounts) > 0 OR anyone IS NOT FALSE
ORDER BY event_time DESC, event_id
