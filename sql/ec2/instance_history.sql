-- title: Everything about one instance
-- description: Lists every call that names one instance, from its launch to its end, and optionally what was done with its own credentials.
-- severity: info
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: instance text -- The instance, as i-0123456789abcdef0
-- param: own_calls boolean = true -- Whether calls made with the credentials of the instance are listed
-- param: reads boolean = true -- Whether calls that only read are listed; refused ones always are
--
-- Start here when an instance is suspected: who launched it, with which key, who changed it, who got in. Then SELECT *
-- FROM report('user_activity', 'who=AKIA...') for the key of the launch.
-- how says whether the call was on the instance or by it: the role session of an instance is named after it.
-- Calls that look at all instances do not name one, and are not here. Disks and addresses that were attached are found
-- by their own ids with search('vol-...').

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_source,
       event_name,
       CASE WHEN session_name = $instance THEN 'by it' ELSE 'on it' END AS how,
       request_parameters AS detail,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE (contains(request_parameters, $instance)
       OR contains(response_elements, $instance)
       OR contains(service_event_details, $instance)
       OR ($own_calls AND session_name = $instance))
  AND ($reads OR read_only IS NOT TRUE OR outcome <> 'success')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
