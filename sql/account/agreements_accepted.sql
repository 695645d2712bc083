-- title: Offers and agreements accepted
-- description: Lists who accepted offers of the Marketplace or the terms of a language model, which cost money from then on.
-- severity: medium
-- mitre: T1496
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Expected: purchasing, the team that runs the models. Suspicious: agreements for models by a key of a program or
-- from outside, in regions you do not use: somebody is about to use models at your cost.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       event_source,
       coalesce(request_parameters->>'modelId', response_elements->>'modelId') AS model,
       coalesce(response_elements->>'agreementId', request_parameters->>'agreementId',
                request_parameters->>'agreementRequestId', request_parameters->>'productId') AS agreement,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE ((event_source IN ('agreement-marketplace.amazonaws.com', 'aws-marketplace.amazonaws.com',
                        'marketplacecommerceanalytics.amazonaws.com')
        AND event_name IN ('AcceptAgreementRequest', 'AcceptAgreementApprovalRequest', 'CreateAgreementRequest',
                           'CancelAgreement', 'CancelAgreementRequest', 'Subscribe', 'Unsubscribe'))
       OR (event_source = 'bedrock.amazonaws.com'
           AND event_name IN ('CreateFoundationModelAgreement', 'DeleteFoundationModelAgreement',
                              'PutFoundationModelEntitlement', 'PutUseCaseForModelAccess')))
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
