-- title: Container images pulled
-- description: Counts, by identity, repository and hour, who pulled container images, and whether from another account.
-- severity: info
-- mitre: T1530, T1213
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: window interval = '1 hour' -- The stretch of time in which calls are counted together
--
-- Images hold your code, and at times passwords.
-- Expected: clusters and builds by their roles. Suspicious: a person, another account, many repositories in one hour.
-- Pulls by a cluster come with a log-in (GetAuthorizationToken), which is not listed.

SELECT min(event_time) AS first_event,
       max(event_time) AS last_event,
       account_id,
       aws_region,
       principal,
       source_ip,
       user_account_id <> account_id AS from_another_account,
       array_to_string(array_sort(array_agg(DISTINCT access_key_id)), ', ') AS access_keys,
       request_parameters->>'repositoryName' AS repository,
       count(*) FILTER (WHERE event_name = 'BatchGetImage') AS image_requests,
       count(*) FILTER (WHERE event_name = 'GetDownloadUrlForLayer') AS layers,
       count(*) FILTER (WHERE outcome <> 'success') AS refused_or_failed
FROM cloudtrail
WHERE event_source = 'ecr.amazonaws.com'
  AND event_name IN ('BatchGetImage', 'GetDownloadUrlForLayer')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY date_bin($window, event_time), account_id, aws_region, principal, source_ip,
         user_account_id <> account_id, request_parameters->>'repositoryName'
ORDER BY first_event DESC, principal, source_ip, repository
