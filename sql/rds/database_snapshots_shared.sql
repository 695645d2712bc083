-- title: Database snapshots shared
-- description: Lists each attempt to let another account, or everyone, copy a snapshot of a database.
-- severity: high
-- mitre: T1537
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A shared snapshot is the whole database in somebody else's account; what they do with it is recorded only there.
-- Expected: between your own accounts, by a backup tool. Suspicious: public, an account you do not know, a snapshot
-- made minutes before by the same identity (database_snapshot_changes).
-- Rows with taken_from end a sharing: after a theft that is how it is hidden.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'dBSnapshotIdentifier', request_parameters->>'dBClusterSnapshotIdentifier',
                response_elements->>'dBSnapshotIdentifier', response_elements->>'dBClusterSnapshotIdentifier')
         AS snapshot,
       array_to_string(policy_principals(request_parameters), ', ') AS shared_with,
       regexp_replace(request_parameters->>'valuesToRemove', '[\[\]"]', '', 'g') AS taken_from,
       policy_grants_public(request_parameters) AS public,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'rds.amazonaws.com'
  AND event_name IN ('ModifyDBSnapshotAttribute', 'ModifyDBClusterSnapshotAttribute')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
