-- title: Databases made reachable from the internet
-- description: Lists each attempt to make, restore or alter a database so that it has a public address.
-- severity: high
-- mitre: T1190, T1133
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A public address alone opens nothing: a security group must let the traffic in, too. Look at the groups, and at the
-- reports of the group security_groups for rules opened at the same time.
-- Expected: next to nothing in production. Suspicious: a copy restored from a snapshot, a password set by the same
-- identity.
-- publicly_accessible is empty where a refused or oversized call was recorded without its parameters; a new database
-- that names nothing gets what its subnets suggest, and is then listed for the answer.

WITH calls AS (
  SELECT *,
         coalesce(request_parameters->>'publiclyAccessible',
                  -- The answer to a modification still shows the state before it.
                  CASE WHEN event_name NOT LIKE 'Modify%' THEN response_elements->>'publiclyAccessible' END)
           AS publicly_accessible
  FROM cloudtrail
  WHERE event_source = 'rds.amazonaws.com'
    AND event_name IN ('CreateDBInstance', 'ModifyDBInstance', 'CreateDBInstanceReadReplica', 'CreateDBCluster',
                       'ModifyDBCluster', 'RestoreDBInstanceFromDBSnapshot', 'RestoreDBInstanceToPointInTime',
                       'RestoreDBInstanceFromS3', 'RestoreDBClusterFromSnapshot', 'RestoreDBClusterToPointInTime')
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
       coalesce(request_parameters->>'dBInstanceIdentifier', request_parameters->>'targetDBInstanceIdentifier',
                request_parameters->>'dBClusterIdentifier', response_elements->>'dBInstanceIdentifier',
                response_elements->>'dBClusterIdentifier') AS database_id,
       publicly_accessible,
       coalesce(request_parameters->>'engine', response_elements->>'engine') AS engine,
       coalesce(request_parameters->>'vpcSecurityGroupIds', response_elements->>'vpcSecurityGroups')
         AS security_groups,
       outcome,
       error_code,
       event_id
FROM calls
WHERE publicly_accessible = 'true'
   OR publicly_accessible IS NULL AND (request_parameters IS NULL OR (request_parameters->>'omitted') = 'true')
ORDER BY event_time DESC, event_id
