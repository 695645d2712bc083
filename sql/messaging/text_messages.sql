-- title: Text messages prepared and sent
-- description: Lists attempts to send text messages to telephones, to raise what may be spent on them, and to find out whether the account can.
-- severity: high
-- mitre: T1496.003
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: reads boolean = true -- Whether questions about text messages are listed
--
-- Text messages sent at your cost earn money for whoever owns the numbers, and carry phishing in your name.
-- Expected: one application with one role. Suspicious: GetSMSAttributes and the sandbox asked in many regions,
-- SetSMSAttributes with a new spend limit, Publish with a telephone number by a key of a person.
-- Publish is recorded only if a trail records data events of SNS; the numbers are often hidden.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'phoneNumber', request_parameters->>'destinationPhoneNumber') AS number,
       coalesce(request_parameters->>'attributes', request_parameters->>'monthlyLimit') AS new_limits,
       read_only,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE ((event_source = 'sns.amazonaws.com'
        AND (event_name IN ('SetSMSAttributes', 'GetSMSAttributes', 'GetSMSSandboxAccountStatus',
                            'CreateSMSSandboxPhoneNumber', 'VerifySMSSandboxPhoneNumber',
                            'DeleteSMSSandboxPhoneNumber', 'ListSMSSandboxPhoneNumbers', 'ListOriginationNumbers',
                            'ListPhoneNumbersOptedOut', 'OptInPhoneNumber')
             OR (event_name = 'Publish' AND (request_parameters->>'phoneNumber') IS NOT NULL)))
       OR (event_source = 'sms-voice.amazonaws.com'
           AND event_name IN ('SendTextMessage', 'SendVoiceMessage', 'SendMediaMessage', 'RequestPhoneNumber',
                              'RequestSenderId', 'SetTextMessageSpendLimitOverride',
                              'SetVoiceMessageSpendLimitOverride',
                              'CreateVerifiedDestinationNumber', 'DescribeSpendLimits', 'DescribeAccountAttributes')))
  AND ($reads OR read_only IS NOT TRUE)
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
