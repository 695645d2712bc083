-- title: Changes to mail sending
-- description: Lists attempts to let the account send mail in a name, to switch sending on, to raise its limits, or to hide bounces and complaints.
-- severity: high
-- mitre: T1496.004, T1566, T1562.008
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A stolen key with the right to send mail is used within minutes to send phishing in your name.
-- Expected: infrastructure code for your own domains. Suspicious: an identity that is not yours, PutAccountDetails
-- (asks to leave the sandbox), sending switched on, feedback or notifications off, DeleteIdentity afterwards.
-- Creating credentials for SMTP is an IAM user with an access key: see access_keys_created.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'identity', request_parameters->>'emailIdentity',
                request_parameters->>'emailAddress',
                request_parameters->>'domain', request_parameters->>'configurationSetName',
                request_parameters->>'ruleSetName') AS identity,
       coalesce(request_parameters->>'enabled', request_parameters->>'sendingEnabled',
                request_parameters->>'forwardingEnabled',
                request_parameters->>'emailForwardingEnabled',
                request_parameters->>'productionAccessEnabled') AS switched_to,
       array_to_string(policy_external_accounts(request_parameters, account_id), ', ') AS other_accounts,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'ses.amazonaws.com'
  AND event_name IN ('VerifyEmailIdentity', 'VerifyEmailAddress', 'VerifyDomainIdentity', 'VerifyDomainDkim',
                     'CreateEmailIdentity', 'DeleteIdentity', 'DeleteVerifiedEmailAddress', 'DeleteEmailIdentity',
                     'SetIdentityFeedbackForwardingEnabled', 'PutEmailIdentityFeedbackAttributes',
                     'SetIdentityNotificationTopic', 'SetIdentityMailFromDomain',
                     'PutEmailIdentityMailFromAttributes', 'UpdateAccountSendingEnabled',
                     'PutAccountSendingAttributes', 'PutAccountDetails', 'PutAccountSuppressionAttributes',
                     'DeleteSuppressedDestination', 'PutIdentityPolicy', 'DeleteIdentityPolicy',
                     'CreateEmailIdentityPolicy', 'UpdateEmailIdentityPolicy', 'DeleteEmailIdentityPolicy',
                     'UpdateConfigurationSetSendingEnabled', 'PutConfigurationSetSendingOptions',
                     'DeleteConfigurationSetEventDestination', 'DeleteConfigurationSet', 'CreateReceiptRule',
                     'UpdateReceiptRule', 'DeleteReceiptRule', 'SetActiveReceiptRuleSet', 'PutDedicatedIpInPool',
                     'CreateDedicatedIpPool')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
