-- title: Guesses at things that do not exist
-- description: Lists identities that within minutes asked for many users, roles, instances, keys or buckets that do not exist, as somebody does who tries out names.
-- severity: low
-- mitre: T1580, T1087.004
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: window interval = '10 minutes' -- The stretch of time in which guesses are counted together
-- param: at_least integer = 5 -- The fewest guesses that are listed
--
-- Questions about a setting that is not set (NoSuchBucketPolicy and its like) are no guesses and left out.
-- Expected: infrastructure tools that look whether their things are gone. Suspicious: requests that differ in nothing
-- but a name, an identity that has no such work. Windows lie on the clock, so a series across a boundary is two rows.

SELECT min(event_time) AS first_guess,
       max(event_time) AS last_guess,
       account_id,
       principal,
       source_ip,
       count(*) AS guesses,
       count(DISTINCT request_parameters) AS different_requests,
       array_to_string(array_sort(array_agg(DISTINCT event_name)), ', ') AS event_names,
       array_to_string(array_sort(array_agg(DISTINCT error_code)), ', ') AS error_codes,
       array_to_string(array_sort(array_agg(DISTINCT access_key_id)), ', ') AS access_keys
FROM cloudtrail
WHERE outcome = 'error'
  AND (error_code LIKE '%.NotFound' OR error_code LIKE '%NotFoundException' OR error_code LIKE '%NotFoundFault'
       OR error_code IN ('NoSuchEntity', 'NoSuchEntityException', 'NoSuchBucket', 'NoSuchKey', 'NotFoundException',
                         'ResourceNotFoundException', 'DBInstanceNotFound', 'NotFound'))
  AND NOT is_aws_service(coalesce(principal, ''))
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY date_bin($window, event_time), account_id, principal, source_ip
HAVING count(*) >= $at_least
ORDER BY first_guess DESC, account_id, principal, source_ip
