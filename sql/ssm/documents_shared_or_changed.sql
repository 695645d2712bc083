-- title: Run documents made, changed and shared
-- description: Lists who wrote a document of Systems Manager, a script that runs on many machines, or shared one with others.
-- severity: medium
-- mitre: T1651, T1537
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A document can run commands on every managed machine; one that is shared with all shows its content to the world.
-- Expected: infrastructure code. Suspicious: shared_with all or an unknown account, a new default version of a
-- document in use, then SendCommand with it.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'name', response_elements->'documentDescription'->>'name') AS document,
       coalesce(request_parameters->>'documentType',
                response_elements->'documentDescription'->>'documentType') AS document_type,
       array_to_string(policy_principals(request_parameters), ', ') AS shared_with,
       policy_grants_public(request_parameters) AS public,
       regexp_replace(request_parameters->>'accountIdsToRemove', '[\[\]"]', '', 'g') AS taken_from,
       request_parameters->>'content' AS content,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'ssm.amazonaws.com'
  AND event_name IN ('CreateDocument', 'UpdateDocument', 'UpdateDocumentDefaultVersion', 'DeleteDocument',
                     'ModifyDocumentPermission')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
