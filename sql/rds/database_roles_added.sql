-- title: IAM roles given to databases
-- description: Lists which IAM role was given to or taken from a database; the database can then use the role, for example to read and write S3.
-- severity: medium
-- mitre: T1098.003
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- With a role, SQL inside the database reaches AWS: it exports tables to a bucket, loads files, calls Lambda
-- functions.
-- Expected: infrastructure code. Suspicious: a role with wide permissions, a feature nobody uses (s3Export, Lambda),
-- an identity that also sets the password.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'dBInstanceIdentifier', request_parameters->>'dBClusterIdentifier')
         AS database_id,
       request_parameters->>'roleArn' AS role_arn,
       request_parameters->>'featureName' AS feature,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'rds.amazonaws.com'
  AND event_name IN ('AddRoleToDBInstance', 'AddRoleToDBCluster', 'RemoveRoleFromDBInstance',
                     'RemoveRoleFromDBCluster')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
