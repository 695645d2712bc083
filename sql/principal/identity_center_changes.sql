-- title: What Identity Center users changed
-- description: Lists changes, done or refused, that were made on behalf of people of IAM Identity Center, by the id of the person.
-- severity: info
-- mitre: T1078.004
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: person text = NULL -- Only this person's user id
-- param: reads boolean = false -- Whether calls that only read are listed
--
-- Services that know the person write their id into the event even where the role is shared by many.
-- Expected: the person's own work. Suspicious: users, keys and policies of IAM, changes behind a new address.
-- Whose id it is: aws identitystore describe-user, or the sign-in of that time in identity_center_sign_ins.

SELECT event_time,
       account_id,
       aws_region,
       on_behalf_of_user_id,
       coalesce(user_name, session_name) AS person,
       principal,
       source_ip,
       access_key_id,
       event_source,
       event_name,
       resource_arns,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE (on_behalf_of_user_id IS NOT NULL OR issuer_user_name LIKE 'AWSReservedSSO%')
  AND event_source <> 'signin.amazonaws.com'
  AND ($reads OR is_write(event_name, read_only))
  AND ($person IS NULL OR on_behalf_of_user_id = $person)
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
