-- title: Files read that may hold credentials
-- description: Lists who read or tried to read objects whose names are those of keys, passwords, state files and database dumps.
-- severity: high
-- mitre: T1552.001, T1530
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Terraform state and .env files hold passwords in plain text, dumps whole databases.
-- Expected: Terraform itself (tool terraform) on its own state bucket, deployments. Suspicious: everybody else; then
-- treat what stands in the file as stolen.
-- Reads and writes of objects are data events: CloudTrail records them only where a trail was told to. Where no trail
-- was, the S3 access log (group s3_access) may know.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       user_agent_tool(user_agent) AS tool,
       coalesce(request_parameters->>'bucketName',
                split_part(arn_part(resource_arns[1], 'resource'), '/', 1)) AS bucket,
       request_parameters->>'key' AS key,
       CAST(TRY_CAST(additional_event_data->>'bytesTransferredOut' AS DOUBLE) AS BIGINT) AS bytes_out,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 's3.amazonaws.com'
  AND event_name IN ('GetObject', 'GetObjectVersion', 'HeadObject', 'SelectObjectContent')
  AND regexp_like(coalesce(request_parameters->>'key', arn_part(resource_arns[1], 'resource')),
    '(^|/)(\.env[^/]*|\.aws/credentials|credentials?(\.(csv|json|txt|ya?ml|xml|ini))?|[^/]*accesskeys?[^/]*\.csv'
    || '|\.?(htpasswd|netrc|pgpass|npmrc|git-credentials)|id_(rsa|dsa|ecdsa|ed25519)'
    || '|secrets?(\.[a-z]+)?|passwords?(\.[a-z]+)?|shadow|wp-config\.php|kubeconfig|terraform\.tfvars)$'
    || '|\.(tfstate|tfstate\.backup|pem|key|ppk|pfx|p12|jks|keystore|kdbx|ovpn|sql|sql\.gz|dump|bak)$', 'i')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
