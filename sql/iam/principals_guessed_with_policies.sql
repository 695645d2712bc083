-- title: Identities guessed through policies
-- description: Lists identities that wrote many policies naming users or roles that do not exist: how names in other accounts are found out.
-- severity: medium
-- mitre: T1087.004
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: window interval = '1 hour' -- The stretch of time in which guesses are counted together
-- param: at_least integer = 3 -- The fewest guesses that are listed
--
-- AWS refuses a policy that names a user or role which does not exist, and so tells whether one does, in any account.
-- The caller only writes policies of their own roles and buckets: the account that is spied on sees nothing.
-- Expected: a typing error, a principal that was deleted; once or twice. Suspicious: many names within minutes.
-- Windows lie on the clock, so a burst across a boundary is two rows.

WITH guesses AS (
  SELECT *,
         -- The message of IAM names the one that does not exist; that of S3 only says that there is one.
         coalesce(regexp_match(error_message, '(arn:aws[^"\s]+)')[1],
                  regexp_match(request_parameters, '(arn:aws[a-z-]*:iam::\d+:[^"\\]+)')[1]) AS guess
  FROM cloudtrail
  WHERE error_code IN ('MalformedPolicyDocumentException', 'MalformedPolicyDocument', 'MalformedPolicy')
    AND error_message ILIKE '%invalid principal%'
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
)
SELECT min(event_time) AS first_guess,
       max(event_time) AS last_guess,
       account_id,
       principal,
       source_ip,
       count(DISTINCT event_id) AS refused,
       count(DISTINCT guess) AS names,
       array_to_string(array_sort(array_agg(DISTINCT guess)), ', ') AS guessed,
       array_to_string(array_sort(array_agg(DISTINCT event_name)), ', ') AS event_names,
       array_to_string(array_sort(array_agg(DISTINCT access_key_id)), ', ') AS access_keys,
       min(event_id) AS event_id
FROM guesses
GROUP BY date_bin($window, event_time), account_id, principal, source_ip
HAVING count(DISTINCT event_id) >= $at_least
ORDER BY first_guess DESC, principal, source_ip
