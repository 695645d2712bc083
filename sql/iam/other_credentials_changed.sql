-- title: SSH keys, certificates and service passwords changed
-- description: Lists credentials beside access keys and passwords: SSH keys and Git passwords of CodeCommit, signing certificates, service-specific passwords.
-- severity: medium
-- mitre: T1098.001
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Seldom used and seldom looked at, and so a quiet way to stay: they do not show among access keys.
-- Expected: users of CodeCommit or Keyspaces, certificates of load balancers. Suspicious: for a user who has no use
-- for it, by somebody else, a service password for bedrock.amazonaws.com (an API key for models) that nobody ordered.

WITH changes AS (
  SELECT *,
         coalesce(request_parameters->>'userName', request_parameters->>'serverCertificateName',
                  regexp_match(error_message, 'on resource: (?:\w+ )?(?:arn:\S+/)?([\w+=,.@-]+)( |$)')[1]) AS target
  FROM cloudtrail
  WHERE event_source = 'iam.amazonaws.com'
    AND event_name IN ('CreateServiceSpecificCredential', 'ResetServiceSpecificCredential',
                       'UpdateServiceSpecificCredential', 'DeleteServiceSpecificCredential', 'UploadSigningCertificate',
                       'UpdateSigningCertificate', 'DeleteSigningCertificate', 'UploadSSHPublicKey',
                       'UpdateSSHPublicKey', 'DeleteSSHPublicKey', 'UploadServerCertificate',
                       'UpdateServerCertificate', 'DeleteServerCertificate')
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
)
SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       target,
       request_parameters->>'serviceName' AS for_service,
       coalesce(response_elements->'serviceSpecificCredential'->>'serviceSpecificCredentialId',
                response_elements->'sSHPublicKey'->>'sSHPublicKeyId',
                response_elements->'certificate'->>'certificateId',
                response_elements->'serverCertificateMetadata'->>'serverCertificateId',
                request_parameters->>'serviceSpecificCredentialId', request_parameters->>'sSHPublicKeyId',
                request_parameters->>'certificateId') AS credential,
       request_parameters->>'status' AS new_status,
       outcome,
       error_code,
       event_id
FROM changes
ORDER BY event_time DESC, event_id
