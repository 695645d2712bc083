-- title: Cases with AWS Support
-- description: Lists who opened, answered, read or closed cases with AWS Support.
-- severity: low
-- mitre: T1526, T1098
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: reads boolean = false -- Whether reading of cases is listed
--
-- Cases hold what was asked and told in confidence, and raise limits; intruders open them to get quotas for mining or
-- mail, and close those in which AWS warns.
-- Expected: the platform team. Suspicious: ResolveCase of a case that AWS opened, an identity without a reason.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'caseId', response_elements->>'caseId') AS case_id,
       request_parameters->>'serviceCode' AS service,
       request_parameters->>'categoryCode' AS category,
       request_parameters->>'severityCode' AS severity,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'support.amazonaws.com'
  AND event_name IN ('CreateCase', 'AddCommunicationToCase', 'AddAttachmentsToSet', 'ResolveCase', 'DescribeCases',
                     'DescribeCommunications', 'DescribeAttachment', 'RefreshTrustedAdvisorCheck')
  AND ($reads OR read_only IS NOT TRUE)
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
