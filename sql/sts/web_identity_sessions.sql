-- title: Sessions opened with a web identity
-- description: Lists sessions that began with a token of an outside provider: GitHub, GitLab, a Kubernetes cluster, Cognito, Google.
-- severity: low
-- mitre: T1078.004
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- subject says whose token it was: a repository and branch, a service account of a cluster, an app's user. It is only
-- as good as the trust policy that asks for it.
-- Expected: your pipelines and clusters. Suspicious: a repository, branch or organisation that is not yours, a token
-- of a service account used from outside the cluster, one subject from many addresses, refused attempts with odd
-- subjects.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       source_ip,
       access_key_id,
       event_name,
       coalesce(response_elements->>'provider', identity_provider) AS provider,
       coalesce(response_elements->>'subjectFromWebIdentityToken', user_name, request_parameters->>'identityId')
         AS subject,
       response_elements->>'audience' AS audience,
       request_parameters->>'roleArn' AS role_arn,
       request_parameters->>'roleSessionName' AS new_session_name,
       issued_access_key_id,
       user_agent_tool(user_agent) AS tool,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source IN ('sts.amazonaws.com', 'cognito-identity.amazonaws.com')
  AND event_name IN ('AssumeRoleWithWebIdentity', 'GetCredentialsForIdentity')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
