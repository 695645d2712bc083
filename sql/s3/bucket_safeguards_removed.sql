-- title: Several safeguards of buckets removed in a row
-- description: Lists identities that tried to remove at least two different protections of buckets within an hour.
-- severity: high
-- mitre: T1562, T1490, T1485
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: window interval = '1 hour' -- The stretch of time in which steps are counted together
-- param: at_least integer = 2 -- The fewest different steps
--
-- One protection less has reasons; two or more in a row are the preparation of a theft or a destruction.
-- The steps come from public_access_blocks_removed, bucket_versioning_suspended, buckets_made_public,
-- buckets_shared_with_other_accounts, bucket_policies_changed (deletions), and deleted encryption, replication and
-- lifecycles.
-- Expected: the tear-down of a test environment. Windows lie on the clock, so a series across an hour may be two rows.

WITH steps AS (
  SELECT event_time, account_id, aws_region, principal, source_ip, access_key_id, bucket, outcome,
         'public access block off' AS step
  FROM reports.public_access_blocks_removed
  UNION ALL
  SELECT event_time, account_id, aws_region, principal, source_ip, access_key_id, bucket, outcome,
         'versioning suspended'
  FROM reports.bucket_versioning_suspended
  UNION ALL
  SELECT event_time, account_id, aws_region, principal, source_ip, access_key_id, bucket, outcome,
         'opened to everyone'
  FROM reports.buckets_made_public
  WHERE public AND key IS NULL
  UNION ALL
  SELECT event_time, account_id, aws_region, principal, source_ip, access_key_id, bucket, outcome,
         'shared with another account'
  FROM reports.buckets_shared_with_other_accounts
  WHERE other_accounts <> ''
  UNION ALL
  SELECT event_time, account_id, aws_region, principal, source_ip, access_key_id, bucket, outcome,
         CASE event_name
           WHEN 'DeleteBucketPolicy' THEN 'policy deleted'
           WHEN 'DeleteBucketEncryption' THEN 'encryption deleted'
           WHEN 'DeleteBucketReplication' THEN 'replication deleted'
           ELSE 'lifecycle rules deleted'
         END
  FROM reports.bucket_changes
  WHERE event_name IN ('DeleteBucketPolicy', 'DeleteBucketEncryption', 'DeleteBucketReplication',
                       'DeleteBucketLifecycle', 'DeleteBucketLifecycleConfiguration')
)
SELECT min(event_time) AS first_event,
       max(event_time) AS last_event,
       account_id,
       principal,
       source_ip,
       array_to_string(array_sort(array_agg(DISTINCT access_key_id)), ', ') AS access_keys,
       array_to_string(array_sort(array_agg(DISTINCT step)), ', ') AS steps,
       array_to_string(array_sort(array_agg(DISTINCT bucket)), ', ') AS buckets,
       count(*) FILTER (WHERE outcome <> 'success') AS refused_or_failed
FROM steps
WHERE ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY date_bin($window, event_time), account_id, principal, source_ip
HAVING count(DISTINCT step) >= $at_least
ORDER BY first_event DESC, principal, source_ip
