-- title: CloudWatch alarms removed or silenced
-- description: Lists attempts to delete alarms, to switch off what they do, to set their state by hand, or to remove the metric filter they watch.
-- severity: medium
-- mitre: T1562.001, T1562.006
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: services boolean = false -- Whether calls that AWS services make are listed
--
-- Many alarms on root use or failed sign-ins stand on a metric filter over the log of CloudTrail: without the filter
-- the alarm stays green for ever.
-- Expected: auto scaling and deployments that replace their own alarms (source_ip names the service), infrastructure
-- code.
-- Suspicious: an alarm of the security team, several at once, SetAlarmState to OK.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'alarmNames', request_parameters->>'alarmName', request_parameters->>'filterName',
                request_parameters->>'names', request_parameters->>'name') AS alarms,
       request_parameters->>'stateValue' AS set_state,
       request_parameters->>'logGroupName' AS log_group,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE ((event_source = 'monitoring.amazonaws.com'
        AND (event_name IN ('DeleteAlarms', 'DisableAlarmActions', 'SetAlarmState', 'PutAlarmMuteRule',
                            'DeleteAnomalyDetector', 'DeleteMetricStream', 'StopMetricStreams')
             OR (event_name = 'PutMetricAlarm'
                 AND ((request_parameters->>'actionsEnabled') = 'false' OR (request_parameters->>'omitted') = 'true'))))
       OR (event_source = 'logs.amazonaws.com' AND event_name = 'DeleteMetricFilter'))
  AND ($services OR NOT coalesce(ip_is_aws_host(source_ip), false))
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
