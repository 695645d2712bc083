-- title: Changes to RDS databases
-- description: Lists who made, altered, started, stopped, rebooted, failed over or deleted a database of RDS or Aurora.
-- severity: info
-- mitre: T1578, T1485, T1489
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: database text = NULL -- Only this instance or cluster
--
-- Expected: infrastructure code, backups by AWS (source_ip names a service), planned maintenance.
-- Suspicious: a stop or a deletion by somebody new, several databases within minutes, a modification at night that
-- applies at once. status is what the database was when the call was answered; detail is what was asked.
-- Ask next: databases_made_public, database_passwords_changed, database_safeguards_weakened, databases_deleted.

WITH changes AS (
  SELECT *,
         coalesce(request_parameters->>'dBInstanceIdentifier', request_parameters->>'dBClusterIdentifier',
                  request_parameters->>'globalClusterIdentifier', request_parameters->>'dBProxyName',
                  request_parameters->>'blueGreenDeploymentIdentifier',
                  request_parameters->>'blueGreenDeploymentName') AS database_id
  FROM cloudtrail
  WHERE event_source = 'rds.amazonaws.com'
    AND event_name IN ('CreateDBInstance', 'ModifyDBInstance', 'DeleteDBInstance', 'RebootDBInstance',
                       'StartDBInstance', 'StopDBInstance', 'CreateDBInstanceReadReplica', 'PromoteReadReplica',
                       'SwitchoverReadReplica', 'CreateDBCluster', 'ModifyDBCluster', 'DeleteDBCluster',
                       'RebootDBCluster', 'StartDBCluster', 'StopDBCluster', 'FailoverDBCluster',
                       'PromoteReadReplicaDBCluster', 'ModifyCurrentDBClusterCapacity', 'EnableHttpEndpoint',
                       'DisableHttpEndpoint', 'CreateGlobalCluster', 'ModifyGlobalCluster', 'DeleteGlobalCluster',
                       'FailoverGlobalCluster', 'SwitchoverGlobalCluster', 'RemoveFromGlobalCluster',
                       'CreateBlueGreenDeployment', 'SwitchoverBlueGreenDeployment', 'DeleteBlueGreenDeployment',
                       'CreateDBProxy', 'ModifyDBProxy', 'DeleteDBProxy')
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
       database_id,
       coalesce(response_elements->>'dBInstanceStatus', response_elements->>'status') AS status,
       request_parameters->>'applyImmediately' AS at_once,
       request_parameters AS detail,
       outcome,
       error_code,
       event_id
FROM changes
WHERE $database IS NULL OR database_id = $database
ORDER BY event_time DESC, event_id
