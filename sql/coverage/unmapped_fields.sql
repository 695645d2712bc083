-- title: Fields that have no column
-- description: Counts fields of events that no column holds, or whose values a column cannot hold exactly: AWS adds new ones.
-- severity: info
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Nothing is lost: the fields are in the column unmapped, at their own path, and in cloudtrail_json.
-- Expected: fields that AWS added after this version. without_value counts those that are written as null: most
-- services write requestParameters and responseElements so when there are none.
-- Suspicious: fields that AWS does not write: a record made or altered by a tool.

WITH fields AS (
  SELECT event_time, event_id, event_version, event_source, source_file, unmapped,
         unnest(json_object_keys(unmapped)) AS field
  FROM cloudtrail
  WHERE unmapped IS NOT NULL
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
)
SELECT field,
       count(*) AS events,
       count(*) FILTER (WHERE (unmapped->>field) IS NULL) AS without_value,
       array_to_string(array_slice(array_sort(array_agg(DISTINCT event_source)), 1, 5), ', ') AS some_services,
       array_to_string(array_sort(array_agg(DISTINCT event_version)), ', ') AS event_versions,
       first_value(unmapped ORDER BY event_time DESC, event_id) AS example,
       count(DISTINCT source_file) AS files,
       min(event_time) AS first_event,
       max(event_time) AS last_event,
       first_value(event_id ORDER BY event_time DESC, event_id) AS last_event_id
FROM fields
GROUP BY field
ORDER BY events - count(*) FILTER (WHERE (unmapped->>field) IS NULL) DESC, events DESC, field
