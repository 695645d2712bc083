-- title: Changes to SNS topics
-- description: Lists who made, opened, altered or deleted topics, and whether a topic was opened to everyone or to another account.
-- severity: medium
-- mitre: T1537, T1565, T1485
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Whoever may subscribe to a topic reads along; whoever may publish to it can trigger what listens there.
-- Expected: infrastructure code. Suspicious: everyone true, other_accounts you do not know, encryption taken away
-- (KmsMasterKeyId set to nothing), DeleteTopic of a topic that carries alarms.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'topicArn', request_parameters->>'resourceArn', response_elements->>'topicArn',
                request_parameters->>'name') AS topic,
       coalesce(request_parameters->>'attributeName', request_parameters->>'label') AS setting,
       policy_grants_public(request_parameters) AS everyone,
       array_to_string(policy_external_accounts(request_parameters, account_id), ', ') AS other_accounts,
       request_parameters->>'attributeValue' AS new_value,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'sns.amazonaws.com'
  AND event_name IN ('CreateTopic', 'DeleteTopic', 'SetTopicAttributes', 'AddPermission', 'RemovePermission',
                     'PutDataProtectionPolicy')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
