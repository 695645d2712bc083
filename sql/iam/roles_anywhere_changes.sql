-- title: Roles Anywhere set up or changed
-- description: Lists every attempt to let machines outside AWS take roles with certificates: which authority is trusted, for which roles.
-- severity: high
-- mitre: T1098.003, T1556
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A trust anchor with the attacker's own authority, and a profile that names a role, give keys for that role for ever,
-- from anywhere.
-- Expected: set up once by those who run machines outside AWS. Suspicious: source_type is CERTIFICATE_BUNDLE (an
-- authority of one's own), a role with broad rights among roles, an account that has no such machines.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(response_elements->'trustAnchor'->>'name', response_elements->'profile'->>'name',
                request_parameters->>'name', request_parameters->>'trustAnchorId', request_parameters->>'profileId',
                request_parameters->>'crlId') AS name,
       coalesce(request_parameters->'source'->>'sourceType',
                response_elements->'trustAnchor'->'source'->>'sourceType') AS source_type,
       replace(array_to_string(coalesce(json_get_array(request_parameters, 'roleArns'),
                                        json_get_array(response_elements, 'profile', 'roleArns')), ', '), '"', '')
         AS roles,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'rolesanywhere.amazonaws.com'
  AND is_write(event_name, read_only)
  AND event_name <> 'CreateSession'
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
