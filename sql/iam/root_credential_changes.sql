-- title: Credentials and contacts of the root user changed
-- description: Lists attempts to change how the root user signs in: its keys, MFA, password and e-mail address, and how the organisation controls it.
-- severity: high
-- mitre: T1098, T1098.001
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Who changes the e-mail address of root owns the account, and the owner cannot get in any more.
-- Expected: nearly nothing: an address that moves with a department, root keys that are deleted, root access that the
-- organisation manages centrally. Suspicious: a key made for root, MFA of root removed, a recovery nobody asked for,
-- contacts changed so that warnings of AWS go astray.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       event_source,
       coalesce(issued_access_key_id, request_parameters->>'accessKeyId') AS root_access_key,
       request_parameters AS detail,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source IN ('iam.amazonaws.com', 'signin.amazonaws.com', 'account.amazonaws.com')
  AND (
    event_name IN ('PasswordRecoveryRequested', 'PasswordRecoveryCompleted', 'PasswordUpdated', 'EmailUpdated',
                   'StartPrimaryEmailUpdate', 'AcceptPrimaryEmailUpdate', 'PutAlternateContact',
                   'DeleteAlternateContact', 'PutContactInformation', 'EnableOrganizationsRootCredentialsManagement',
                   'DisableOrganizationsRootCredentialsManagement', 'EnableOrganizationsRootSessions',
                   'DisableOrganizationsRootSessions')
    OR (
      -- Root acts on an IAM user only where it names one.
      principal_type = 'Root'
      AND event_name IN ('CreateAccessKey', 'UpdateAccessKey', 'DeleteAccessKey', 'CreateLoginProfile',
                         'DeleteLoginProfile', 'ChangePassword', 'EnableMFADevice', 'DeactivateMFADevice',
                         'UploadSigningCertificate', 'DeleteSigningCertificate')
      AND ((request_parameters->>'userName') IS NULL OR request_parameters ILIKE '%mfa/root-account%')
    )
  )
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
