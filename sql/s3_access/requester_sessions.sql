-- title: The sessions behind S3 requesters
-- description: Joins S3 access logs to CloudTrail: for each role session at a bucket, who opened it, from where, and with which key it worked.
-- severity: low
-- mitre: T1550.001
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: bucket text = NULL -- Only this bucket
--
-- An access log names a role session; CloudTrail tells who took the role under that session name. One row for each
-- address of a session and each opening of it that was in force; opened_by is empty if CloudTrail of that time is not
-- in the lake, or the session was opened by AWS itself.
-- Suspicious: same_address is false, above all with a remote_ip outside your networks: the credentials moved.
-- Next: assume_chain on issued_access_key_id.

WITH requests AS (
  SELECT requester,
         remote_ip,
         bucket,
         min(request_time) AS first_request,
         max(request_time) AS last_request,
         count(*) AS requests,
         count(*) FILTER (WHERE http_status IN (401, 403)) AS denied,
         sum(bytes_sent) AS bytes_sent
  FROM s3_access
  WHERE requester LIKE 'arn:%:assumed-role/%'
    AND ($since IS NULL OR request_time >= $since)
    AND ($until IS NULL OR request_time < $until)
    AND ($bucket IS NULL OR bucket = $bucket)
  GROUP BY requester, remote_ip, bucket
),
openings AS (
  SELECT event_time AS opened_at,
         event_name,
         principal AS opened_by,
         source_ip AS opened_from,
         issued_access_key_id,
         event_id,
         response_elements->'assumedRoleUser'->>'arn' AS session_arn
  FROM cloudtrail
  WHERE event_source = 'sts.amazonaws.com'
    AND event_name IN ('AssumeRole', 'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity')
    AND outcome = 'success'
    AND ($since IS NULL OR event_time >= $since - INTERVAL '12 hours')
    AND ($until IS NULL OR event_time < $until)
)
SELECT requests.first_request,
       requests.last_request,
       requests.bucket,
       requests.requester,
       requests.remote_ip,
       requests.requests,
       requests.denied,
       requests.bytes_sent,
       openings.opened_at,
       openings.opened_by,
       openings.opened_from,
       openings.opened_from = requests.remote_ip AS same_address,
       openings.issued_access_key_id,
       openings.event_id
FROM requests
LEFT JOIN openings ON openings.session_arn = requests.requester
  -- A session of a role lasts twelve hours at most.
  AND openings.opened_at <= requests.last_request
  AND openings.opened_at >= requests.first_request - INTERVAL '12 hours'
ORDER BY requests.first_request DESC, requests.requester, requests.remote_ip, requests.bucket, openings.opened_at DESC,
         openings.event_id
