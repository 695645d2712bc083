-- title: Everything an identity touched
-- description: Lists the resources that an identity touched, itself or through the roles and keys it took, and what was done to each.
-- severity: info
-- mitre: T1550.001
-- param: who text -- A user name, role name, session name, ARN or access key id
-- param: reads boolean = true -- Whether resources that were only read are listed
--
-- How far did it go? depth 0 is the identity itself, 1 the sessions it opened, and so on.
-- Suspicious: resources of other accounts, secrets and keys, everything with writes.
-- Calls without a resource, as ListBuckets, are not here: report('user_activity', 'who=...') has them.

WITH touched AS (
  SELECT *, unnest(resource_arns) AS resource
  FROM activity($who)
)
SELECT resource,
       count(*) AS events,
       count(*) FILTER (WHERE is_write(event_name, read_only)) AS writes,
       count(*) FILTER (WHERE outcome <> 'success') AS failed,
       array_to_string(array_sort(array_agg(DISTINCT event_name)), ', ') AS event_names,
       array_to_string(array_sort(array_agg(DISTINCT principal)), ', ') AS principals,
       array_to_string(array_sort(array_agg(DISTINCT account_id)), ', ') AS accounts,
       array_to_string(array_sort(array_agg(DISTINCT access_key_id)), ', ') AS access_keys,
       max(depth) AS depth,
       min(event_time) AS first_time,
       max(event_time) AS last_time
FROM touched
GROUP BY resource
HAVING $reads OR count(*) FILTER (WHERE is_write(event_name, read_only)) > 0
ORDER BY writes DESC, events DESC, resource
