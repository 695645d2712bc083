-- title: Unusual programs at S3
-- description: Lists requests whose user agent names an attack tool, a scanner, a bulk copier or a bare HTTP program.
-- severity: medium
-- mitre: T1119, T1071.001
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: bucket text = NULL -- Only this bucket
--
-- A user agent is what the caller chooses to say: a clue, never a proof, and its absence proves nothing.
-- Expected: rclone, s3cmd and the like where you use them; crawlers and curl on public buckets.
-- Suspicious: every attack tool; a bulk copier (rclone, s5cmd, cyberduck, s3browser, winscp) that your people do not
-- use.

SELECT user_agent_tool(user_agent) AS tool,
       bucket,
       principal,
       remote_ip,
       count(*) AS requests,
       count(*) FILTER (WHERE http_status < 400) AS succeeded,
       count(*) FILTER (WHERE http_status IN (401, 403)) AS denied,
       count(DISTINCT key) AS keys,
       sum(bytes_sent) AS bytes_sent,
       array_to_string(array_sort(array_agg(DISTINCT operation)), ', ') AS operations,
       min(request_time) AS first_request,
       max(request_time) AS last_request,
       min(user_agent) AS user_agent
FROM s3_access
WHERE user_agent_tool(user_agent) NOT IN (
        'ansible', 'cdk', 'chalice', 'cloudformation', 'cloud-custodian', 'crossplane', 'eksctl', 'jenkins', 'karpenter',
        'kubernetes', 'opentofu', 'packer', 'pulumi', 'sam', 'serverless', 'terraform', 'hadoop', 'mountpoint-s3', 'veeam',
        'console', 'cloudshell', 'cli', 'powershell', 'aws-vault', 'ssm-agent', 'ecs-agent', 'cloudwatch-agent',
        'aws-service', 'aws-internal', 'boto', 'sdk-cpp', 'sdk-dotnet', 'sdk-go', 'sdk-java', 'sdk-js', 'sdk-kotlin',
        'sdk-mobile', 'sdk-php', 'sdk-ruby', 'sdk-rust', 'sdk-swift', 'sdk-other', 'browser', 'other')
  AND ($since IS NULL OR request_time >= $since)
  AND ($until IS NULL OR request_time < $until)
  AND ($bucket IS NULL OR bucket = $bucket)
GROUP BY user_agent_tool(user_agent), bucket, principal, remote_ip
ORDER BY requests DESC, tool, bucket, principal NULLS FIRST, remote_ip
