-- title: Lambda functions opened to everyone or other accounts
-- description: Lists each attempt to let the whole world, or another account, call a function or use a layer.
-- severity: high
-- mitre: T1546, T1098
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A call from outside runs with the function's role: that is a back door which no IAM user shows.
-- Expected: your own other accounts, layers that you publish. Suspicious: public, an unknown account, a statement
-- called like something harmless. What lets AWS services call is left out, unless it names another account.
-- Calls that were not recorded in full are listed with public empty.

WITH grants AS (
  SELECT *,
         policy_grants_public(request_parameters) AS public,
         policy_external_accounts(request_parameters, account_id) AS other_accounts
  FROM cloudtrail
  WHERE event_source = 'lambda.amazonaws.com'
    AND api_name(event_name) IN ('AddPermission', 'AddLayerVersionPermission', 'PutResourcePolicy')
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
       coalesce(arn_part(request_parameters->>'functionName', 'resource_id'), request_parameters->>'functionName',
                request_parameters->>'layerName', request_parameters->>'resourceArn') AS function,
       public,
       array_to_string(other_accounts, ', ') AS other_accounts,
       array_to_string(policy_principals(request_parameters), ', ') AS principals,
       request_parameters->>'action' AS action,
       coalesce(request_parameters->>'sourceArn', request_parameters->>'principalOrgID',
                request_parameters->>'organizationId') AS only_from,
       request_parameters->>'functionUrlAuthType' AS url_sign_in,
       request_parameters->>'statementId' AS statement,
       outcome,
       error_code,
       event_id
FROM grants
WHERE public
   OR cardinality(other_accounts) > 0
   OR request_parameters IS NULL OR (request_parameters->>'omitted') = 'true'
ORDER BY event_time DESC, event_id
