-- title: Instance metadata service weakened
-- description: Lists every attempt to let an instance give its credentials to anybody who can make it fetch a page (IMDSv1), or to more hops than one.
-- severity: medium
-- mitre: T1552.005
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- IMDSv2 asks for a token and so stops the theft of credentials through a web application. HttpTokens optional turns
-- that off.
-- Expected: an old program that cannot do IMDSv2, told by name; containers need two hops.
-- Suspicious: a change on a running instance by a person, the defaults of the account, a launch with IMDSv1 when yours
-- never do.
-- Rows without a value are calls whose parameters the log left out.

WITH calls AS (
  SELECT *,
         coalesce(json_get_json(request_parameters, event_name || 'Request'),
                  CASE WHEN event_name = 'RunInstances' THEN json_get_json(request_parameters, 'metadataOptions') END,
                  request_parameters) AS asked
  FROM cloudtrail
  WHERE event_source = 'ec2.amazonaws.com'
    AND event_name IN ('ModifyInstanceMetadataOptions', 'ModifyInstanceMetadataDefaults', 'RunInstances')
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
),
options AS (
  SELECT *,
         coalesce(asked->>'HttpTokens', asked->>'httpTokens') AS http_tokens,
         try_cast(coalesce(asked->>'HttpPutResponseHopLimit',
                           asked->>'httpPutResponseHopLimit') AS BIGINT) AS hop_limit,
         coalesce(asked->>'InstanceMetadataTags', asked->>'instanceMetadataTags') AS tags_shown
  FROM calls
)
SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       CASE event_name
         WHEN 'ModifyInstanceMetadataDefaults' THEN 'all new instances of the region'
         WHEN 'RunInstances' THEN response_elements->'instancesSet'->'items'->0->>'instanceId'
         ELSE coalesce(asked->>'InstanceId', asked->>'instanceId')
       END AS instance_id,
       http_tokens,
       hop_limit,
       tags_shown,
       outcome,
       error_code,
       event_id
FROM options
WHERE http_tokens IN ('optional', 'no-preference')
   OR hop_limit > 2
   OR (event_name <> 'RunInstances' AND (request_parameters IS NULL OR (request_parameters->>'omitted') = 'true'))
ORDER BY event_time DESC, event_id
