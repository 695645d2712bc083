-- title: ATT&CK techniques seen
-- description: Counts the telling calls of each ATT&CK technique: how often they worked and were refused, by whom, and when.
-- severity: medium
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- The ids are those of ATT&CK version 16. A technique is seen when a call that serves it was made: that is no proof
-- of an attack.
-- Suspicious: several techniques by one identity within hours, from looking around to hiding to taking. Next:
-- suspects.

SELECT technique,
       max(weight) AS weight,
       count(*) AS calls,
       count(*) FILTER (WHERE outcome = 'success') AS succeeded,
       count(*) FILTER (WHERE outcome = 'denied') AS denied,
       array_to_string(array_sort(array_agg(DISTINCT what)), ', ') AS what,
       count(DISTINCT principal) AS principals,
       array_to_string(array_slice(array_sort(array_agg(DISTINCT principal)), 1, 5), ', ') AS some_principals,
       min(event_time) AS first_call,
       max(event_time) AS last_call
FROM reports.incident_timeline
WHERE ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY technique
ORDER BY weight DESC, calls DESC, technique
