-- title: Cloud shells used
-- description: Lists who opened a shell in the console, and which files were carried in or out through it.
-- severity: low
-- mitre: T1059.009, T1105
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A shell of AWS has the rights of the person who is signed in and an address of AWS: what is done in it does not come
-- from the person's own address.
-- Expected: administrators. Suspicious: somebody who never used one, right after a sign-in from a new address; files
-- carried out (GetFileDownloadUrls).

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'environmentId', response_elements->>'environmentId') AS environment,
       coalesce(request_parameters->>'fileDownloadPath', request_parameters->>'fileUploadPath') AS file,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'cloudshell.amazonaws.com'
  AND event_name IN ('CreateEnvironment', 'StartEnvironment', 'DeleteEnvironment', 'CreateSession', 'PutCredentials',
                     'GetFileDownloadUrls', 'GetFileUploadUrls', 'RedeemCode')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
