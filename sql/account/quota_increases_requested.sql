-- title: Requests for higher quotas
-- description: Lists who asked for more of something, as more instances, than the account may have.
-- severity: medium
-- mitre: T1496, T1578.005
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Somebody who wants to mine or to send mail needs more than a new account may use.
-- Expected: teams that grow, with known quotas. Suspicious: GPU and spot quotas (service ec2, codes L-DB2E81BA,
-- L-3819A6DF, L-34B43A08), regions you do not use, several at once.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       request_parameters->>'serviceCode' AS service,
       coalesce(response_elements->'requestedQuota'->>'quotaName', request_parameters->>'quotaCode') AS quota,
       request_parameters->>'quotaCode' AS quota_code,
       request_parameters->>'desiredValue' AS desired_value,
       response_elements->'requestedQuota'->>'status' AS status,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'servicequotas.amazonaws.com'
  AND event_name IN ('RequestServiceQuotaIncrease', 'CreateSupportCase', 'PutServiceQuotaIncreaseRequestIntoTemplate',
                     'AssociateServiceQuotaTemplate', 'StartAutoManagement')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
