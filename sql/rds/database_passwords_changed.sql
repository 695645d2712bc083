-- title: Database master passwords changed
-- description: Lists each attempt to set a new master password for a database, which lets its holder in past everybody else.
-- severity: medium
-- mitre: T1098
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- CloudTrail masks the password itself. The master user owns everything in the database, and who sets the password
-- needs no old one.
-- Expected: a rotation by Secrets Manager (source_ip names the service), a documented change.
-- Suspicious: a restored copy whose password is set within minutes, an address new for the identity.
-- Refused calls that were recorded without their parameters are listed with an empty change.

WITH calls AS (
  SELECT *,
         CASE
           WHEN (request_parameters->>'masterUserPassword') IS NOT NULL THEN 'sets a password'
           WHEN (request_parameters->>'rotateMasterUserPassword') = 'true' THEN 'rotates the managed password'
           WHEN (request_parameters->>'manageMasterUserPassword') = 'true' THEN 'lets Secrets Manager keep it'
           WHEN (request_parameters->>'manageMasterUserPassword') = 'false' THEN 'takes it from Secrets Manager'
         END AS change
  FROM cloudtrail
  WHERE event_source = 'rds.amazonaws.com'
    AND event_name IN ('ModifyDBInstance', 'ModifyDBCluster')
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
       coalesce(request_parameters->>'dBInstanceIdentifier', request_parameters->>'dBClusterIdentifier',
                response_elements->>'dBInstanceIdentifier', response_elements->>'dBClusterIdentifier')
         AS database_id,
       response_elements->>'masterUsername' AS master_user,
       change,
       request_parameters->>'applyImmediately' AS at_once,
       outcome,
       error_code,
       event_id
FROM calls
WHERE change IS NOT NULL OR request_parameters IS NULL OR (request_parameters->>'omitted') = 'true'
ORDER BY event_time DESC, event_id
