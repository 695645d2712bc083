-- title: Database parameter and option changes
-- description: Lists each setting of a database engine that was changed through a parameter or option group, such as auditing or forced encryption.
-- severity: low
-- mitre: T1562.008, T1556
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- One row for each parameter of a call. Worth a look: rds.force_ssl and require_secure_transport (0 allows plain
-- connections), rds.log_*, log_statement, general_log, server_audit_logging, pgaudit.log (auditing less),
-- local_infile, log_bin_trust_function_creators.
-- In option groups: SERVER_AUDIT or MARIADB_AUDIT_PLUGIN removed, a mail or file option added.
-- Expected: infrastructure code, before a release.

WITH calls AS (
  SELECT *,
         coalesce(request_parameters->>'dBParameterGroupName', request_parameters->>'dBClusterParameterGroupName',
                  request_parameters->>'optionGroupName', request_parameters->>'targetDBParameterGroupIdentifier',
                  request_parameters->>'targetDBClusterParameterGroupIdentifier',
                  request_parameters->>'targetOptionGroupIdentifier') AS group_name,
         json_get_array(request_parameters, 'parameters') AS items
  FROM cloudtrail
  WHERE event_source = 'rds.amazonaws.com'
    AND event_name IN ('CreateDBParameterGroup', 'CopyDBParameterGroup', 'ModifyDBParameterGroup',
                       'ResetDBParameterGroup', 'DeleteDBParameterGroup', 'CreateDBClusterParameterGroup',
                       'CopyDBClusterParameterGroup', 'ModifyDBClusterParameterGroup',
                       'ResetDBClusterParameterGroup', 'DeleteDBClusterParameterGroup', 'CreateOptionGroup',
                       'CopyOptionGroup', 'ModifyOptionGroup', 'DeleteOptionGroup')
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
),
parameters AS (
  -- A call without parameters stays.
  SELECT *, unnest(CASE WHEN cardinality(items) > 0 THEN items ELSE make_array(CAST(NULL AS VARCHAR)) END) AS item
  FROM calls
)
SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       group_name,
       item->>'parameterName' AS parameter,
       item->>'parameterValue' AS new_value,
       request_parameters->>'optionsToInclude' AS options_added,
       request_parameters->>'optionsToRemove' AS options_removed,
       outcome,
       error_code,
       event_id
FROM parameters
ORDER BY event_time DESC, event_id, parameter
