-- title: Who subscribed what to SNS topics
-- description: Lists new subscriptions to topics, by mail, address or account, through which messages leave, and subscriptions that were ended.
-- severity: low
-- mitre: T1537, T1213
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Expected: queues and functions of the same account, the mail address of a team. Suspicious: an address outside your
-- domain, an https endpoint you do not know, a queue or function in another account, Unsubscribe of the security
-- team.
-- The subscriber of another account calls Subscribe in its own name: principal then is not yours.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'topicArn', request_parameters->>'subscriptionArn') AS topic,
       request_parameters->>'protocol' AS protocol,
       request_parameters->>'endpoint' AS endpoint,
       arn_part(request_parameters->>'endpoint', 'account') <> account_id AS other_account,
       response_elements->>'subscriptionArn' AS subscription,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'sns.amazonaws.com'
  AND event_name IN ('Subscribe', 'ConfirmSubscription', 'Unsubscribe', 'SetSubscriptionAttributes')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
