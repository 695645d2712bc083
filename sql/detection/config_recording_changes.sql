-- title: Changes to AWS Config
-- description: Lists attempts to stop, delete or narrow the recording of configurations by AWS Config, its rules and its delivery.
-- severity: high
-- mitre: T1562.001, T1562.008
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- AWS Config keeps the history of every resource; without the recorder nobody can tell what something looked like
-- before.
-- Expected: infrastructure code and Control Tower that set it up. Suspicious: StopConfigurationRecorder and
-- everything that deletes, by a person or a key; PutConfigurationRecorder with few resource types (read detail).

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'configurationRecorderName', request_parameters->>'deliveryChannelName',
                request_parameters->>'configRuleName', request_parameters->>'organizationConfigRuleName',
                request_parameters->>'conformancePackName', request_parameters->>'organizationConformancePackName',
                request_parameters->>'configurationAggregatorName',
                request_parameters->'configurationRecorder'->>'name',
                request_parameters->'deliveryChannel'->>'name') AS name,
       CASE
         WHEN event_name = 'StopConfigurationRecorder' THEN 'stops recording'
         WHEN event_name = 'StartConfigurationRecorder' THEN 'starts recording'
         WHEN event_name LIKE 'Delete%' THEN 'deletes it'
         ELSE 'alters it'
       END AS effect,
       request_parameters AS detail,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'config.amazonaws.com'
  AND event_name IN ('StopConfigurationRecorder', 'StartConfigurationRecorder', 'DeleteConfigurationRecorder',
                     'PutConfigurationRecorder', 'DeleteDeliveryChannel', 'PutDeliveryChannel', 'DeleteConfigRule',
                     'DeleteOrganizationConfigRule', 'DeleteEvaluationResults', 'DeleteRemediationConfiguration',
                     'DeleteRemediationExceptions', 'DeleteConformancePack', 'DeleteOrganizationConformancePack',
                     'DeleteConfigurationAggregator', 'DeleteAggregationAuthorization',
                     'DeleteRetentionConfiguration', 'PutRetentionConfiguration',
                     'DeleteServiceLinkedConfigurationRecorder')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
