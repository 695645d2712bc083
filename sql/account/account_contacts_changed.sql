-- title: Changes to the owner of an account
-- description: Lists attempts to change the mail address, the name, the address or the security contact of an account.
-- severity: high
-- mitre: T1098, T1531
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Who owns the mail address of root can reset its password. Who is the security contact gets the warnings of AWS, and
-- who replaces it hides them.
-- Expected: finance or the platform team, announced. Suspicious: StartPrimaryEmailUpdate and
-- AcceptPrimaryEmailUpdate, a contact outside your domain. What was entered is mostly hidden in the log.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'AccountId', request_parameters->>'accountId') AS for_account,
       coalesce(request_parameters->>'AlternateContactType', request_parameters->>'alternateContactType') AS contact,
       request_parameters AS detail,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE ((event_source = 'account.amazonaws.com'
        AND event_name IN ('PutAlternateContact', 'DeleteAlternateContact', 'PutContactInformation',
                           'StartPrimaryEmailUpdate', 'AcceptPrimaryEmailUpdate', 'PutAccountName'))
       OR (event_source = 'signin.amazonaws.com' AND event_name = 'EmailUpdated'))
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
