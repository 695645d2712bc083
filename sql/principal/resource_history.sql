-- title: Everything done to one resource
-- description: Lists every call that names one resource, by its ARN, id or name, in the request, the answer or the list of resources.
-- severity: info
-- param: resource text -- An ARN, an id as i-0123456789abcdef0, or a name
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: reads boolean = false -- Whether calls that only read are listed
--
-- The text is looked for as it is written, also inside longer words: choose one that stands for nothing else.
-- Suspicious: the last change before the harm, changes by an identity that has nothing to do with the resource.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_source,
       event_name,
       request_parameters AS detail,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE (strpos(request_parameters, $resource) > 0
       OR strpos(response_elements, $resource) > 0
       OR strpos(resources, $resource) > 0
       OR strpos(service_event_details, $resource) > 0
       OR strpos(array_to_string(resource_arns, ' '), $resource) > 0)
  AND ($reads OR read_only IS NOT TRUE)
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
