-- title: Deleted access keys and their use
-- description: Lists access keys that somebody deleted or deactivated, how much they were used before, and whether anybody used them afterwards.
-- severity: medium
-- mitre: T1098.001, T1531
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Keys that are gone must still be searched for: an intruder deletes the key that was used, a responder the stolen one.
-- Expected: rotation, with no use for days before. Suspicious: a key deleted minutes after its last use, by its own
-- user; uses_after is not 0 (a session lives on, or the thief tries again).
-- Uses are counted over the whole lake; those after a deletion are mostly refused and seldom recorded.

WITH removals AS (
  SELECT event_time, account_id, aws_region, principal, session_name, source_ip, access_key_id, event_name, outcome,
         error_code, event_id,
         request_parameters->>'accessKeyId' AS removed_key,
         coalesce(request_parameters->>'userName',
                  -- Without a name the key is the caller's own; without parameters nothing is known.
                  CASE WHEN (request_parameters->>'accessKeyId') IS NOT NULL THEN user_name END) AS of_user
  FROM cloudtrail
  WHERE event_source = 'iam.amazonaws.com'
    AND (event_name = 'DeleteAccessKey'
         OR event_name = 'UpdateAccessKey' AND coalesce(request_parameters->>'status', 'Inactive') = 'Inactive')
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
),
uses AS (
  SELECT access_key_id, event_id, event_time, outcome, source_ip
  FROM cloudtrail
  WHERE access_key_id IN (SELECT removed_key FROM removals)
)
SELECT removal.event_time,
       removal.account_id,
       removal.aws_region,
       removal.principal,
       removal.session_name,
       removal.source_ip,
       removal.access_key_id,
       removal.event_name,
       removal.of_user,
       removal.removed_key,
       count(DISTINCT used.event_id) FILTER (WHERE used.event_time <= removal.event_time) AS uses_before,
       max(used.event_time) FILTER (WHERE used.event_time <= removal.event_time) AS last_use_before,
       count(DISTINCT used.event_id) FILTER (WHERE used.event_time > removal.event_time) AS uses_after,
       max(used.event_time) FILTER (WHERE used.event_time > removal.event_time) AS last_use_after,
       array_to_string(array_sort(array_agg(DISTINCT used.source_ip)), ', ') AS used_from,
       removal.outcome,
       removal.error_code,
       removal.event_id
FROM removals AS removal
LEFT JOIN uses AS used ON used.access_key_id = removal.removed_key
GROUP BY removal.event_time, removal.account_id, removal.aws_region, removal.principal, removal.session_name,
         removal.source_ip, removal.access_key_id, removal.event_name, removal.of_user, removal.removed_key,
         removal.outcome, removal.error_code, removal.event_id
ORDER BY removal.event_time DESC, removal.event_id
