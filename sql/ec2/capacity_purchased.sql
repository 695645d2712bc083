-- title: Reserved capacity bought
-- description: Lists every attempt to buy or reserve capacity that costs money for months, whether it is used or not.
-- severity: medium
-- mitre: T1496
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Expected: whoever is responsible for cost, a few times a year. Suspicious: anybody else, a refused attempt above
-- all.
-- upfront is what the call itself names; the offering decides the price of the rest.

WITH calls AS (
  SELECT *,
         -- Newer calls of EC2 stand inside an object of the name of the call.
         coalesce(json_get_json(request_parameters, event_name || 'Request'), request_parameters) AS asked,
         coalesce(json_get_json(response_elements, event_name || 'Response'), response_elements) AS answered
  FROM cloudtrail
  WHERE event_source IN ('ec2.amazonaws.com', 'savingsplans.amazonaws.com')
    AND event_name IN ('PurchaseReservedInstancesOffering', 'PurchaseHostReservation', 'PurchaseScheduledInstances',
                       'PurchaseCapacityBlock', 'PurchaseCapacityBlockExtension', 'CreateCapacityReservation',
                       'AllocateHosts', 'CreateSavingsPlan', 'ModifyReservedInstances',
                       'CreateReservedInstancesListing')
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
)
SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(asked->>'reservedInstancesOfferingId', asked->>'ReservedInstancesOfferingId', asked->>'OfferingId',
                asked->>'CapacityBlockOfferingId', asked->>'savingsPlanOfferingId', asked->>'InstanceType',
                asked->>'instanceType') AS offering,
       coalesce(asked->>'instanceCount', asked->>'InstanceCount', asked->>'quantity', asked->>'Quantity',
                asked->>'commitment') AS amount,
       coalesce(asked->>'upfrontPaymentAmount', asked->'limitPrice'->>'amount') AS upfront,
       coalesce(answered->>'reservedInstancesId', answered->>'savingsPlanId',
                answered->'capacityReservation'->>'capacityReservationId') AS bought,
       outcome,
       error_code,
       event_id
FROM calls
ORDER BY event_time DESC, event_id
