-- title: Certificates issued, exported and deleted
-- description: Lists who requested, imported, exported or deleted a certificate, or used a private certificate authority.
-- severity: medium
-- mitre: T1649, T1588.004
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- An exported certificate comes with its private key: whoever has it can pose as your site. A private authority makes
-- certificates that your own systems trust, also for signing in (Roles Anywhere).
-- Expected: infrastructure code, renewals. Suspicious: exports, certificates issued by hand, an authority made or its
-- policy changed.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       request_parameters->>'domainName' AS domain,
       coalesce(request_parameters->>'certificateArn', response_elements->>'certificateArn') AS certificate_arn,
       request_parameters->>'certificateAuthorityArn' AS authority_arn,
       request_parameters->>'templateArn' AS template_arn,
       array_to_string(policy_principals(request_parameters->>'policy'), ', ') AS principals,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source IN ('acm.amazonaws.com', 'acm-pca.amazonaws.com')
  AND event_name IN ('RequestCertificate', 'ImportCertificate', 'ExportCertificate', 'DeleteCertificate',
                     'RevokeCertificate', 'IssueCertificate', 'GetCertificateAuthorityCsr',
                     'ImportCertificateAuthorityCertificate', 'CreateCertificateAuthority',
                     'UpdateCertificateAuthority', 'DeleteCertificateAuthority', 'RestoreCertificateAuthority',
                     'CreatePermission', 'PutPolicy', 'DeletePolicy')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
