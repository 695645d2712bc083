-- title: Mail sent, hour by hour
-- description: Counts the mails each identity sent or tried to send through SES in each hour, and under which sender.
-- severity: info
-- mitre: T1496.004, T1566
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: at_least integer = 1 -- The fewest mails in an hour that make a row
--
-- Mails are recorded only if a trail records data events of SES, or where the call failed before that.
-- Expected: applications with a role, day by day alike. Suspicious: an access key of a person, a sender new to it, a
-- steep hour, many denied.
-- The addresses of those who got the mail are hidden by CloudTrail.

SELECT date_trunc('hour', event_time) AS hour,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       count(*) AS mails,
       count(*) FILTER (WHERE outcome = 'denied') AS denied,
       count(*) FILTER (WHERE outcome = 'error') AS errors,
       array_to_string(array_sort(array_agg(DISTINCT coalesce(request_parameters->>'source',
                                                              request_parameters->>'fromEmailAddress'))), ', ')
         AS senders,
       array_to_string(array_sort(array_agg(DISTINCT access_key_id)), ', ') AS access_keys
FROM cloudtrail
WHERE event_source = 'ses.amazonaws.com'
  AND event_name IN ('SendEmail', 'SendRawEmail', 'SendTemplatedEmail', 'SendBulkTemplatedEmail', 'SendBulkEmail',
                     'SendCustomVerificationEmail')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY hour, account_id, aws_region, principal, session_name, source_ip
HAVING count(*) >= $at_least
ORDER BY hour DESC, mails DESC, account_id, aws_region, principal, session_name, source_ip
