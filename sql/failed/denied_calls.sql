-- title: Denied calls
-- description: Lists every call that was refused for want of permission, with the action, the resource and the policy that decided, as far as the message tells.
-- severity: low
-- mitre: T1580, T1526
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: services boolean = false -- Whether calls of AWS services are listed
--
-- Expected: tools whose policy lacks something; they are denied the same call again and again (denials_by_identity).
-- Suspicious: an identity that is denied for the first time, calls to IAM, STS, Secrets Manager, KMS or Organizations,
-- anything behind a new address. Not every service says why; EC2 puts the reason into a code that only the account's
-- owner can decode (aws sts decode-authorization-message).

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_source,
       event_name,
       regexp_match(error_message, 'not authorized to perform: ([A-Za-z0-9-]+:[A-Za-z0-9*]+)')[1] AS denied_action,
       coalesce(regexp_match(error_message, 'on resource: "?(arn:[^\s"]+)')[1],
                array_to_string(resource_arns, ', ')) AS denied_on,
       CASE
         WHEN error_message LIKE '%explicit deny%'
           THEN 'forbidden by '
                || coalesce(regexp_match(error_message, 'explicit deny in an? ([A-Za-z -]+(policy|boundary))')[1],
                            'a policy')
         WHEN error_message LIKE '%because no %'
           THEN 'not allowed by any '
                || coalesce(regexp_match(error_message, 'because no ([A-Za-z -]+(policy|boundary))')[1], 'policy')
       END AS reason,
       outcome,
       error_code,
       user_agent,
       event_id
FROM cloudtrail
WHERE outcome = 'denied'
  AND event_source <> 'signin.amazonaws.com'
  AND ($services OR NOT is_aws_service(coalesce(principal, '')))
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
