-- title: Changes to billing, budgets and payment
-- description: Lists attempts to change how the account pays, who sees its cost, and the budgets and alarms that tell of cost.
-- severity: medium
-- mitre: T1496, T1562.001
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A budget or an anomaly alert that is gone hides what mining costs until the bill comes.
-- Expected: finance. Suspicious: DeleteBudget, DeleteAnomalySubscription, a payment method, by an identity that never
-- did so.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       event_source,
       coalesce(request_parameters->>'budgetName', request_parameters->'budget'->>'budgetName',
                request_parameters->>'monitorArn', request_parameters->>'subscriptionArn') AS what,
       request_parameters AS detail,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source IN ('billing.amazonaws.com', 'billingconsole.amazonaws.com', 'budgets.amazonaws.com',
                       'ce.amazonaws.com',
                       'cur.amazonaws.com', 'payments.amazonaws.com', 'aws-portal.amazonaws.com', 'tax.amazonaws.com',
                       'invoicing.amazonaws.com', 'freetier.amazonaws.com', 'purchase-orders.amazonaws.com',
                       'billingconductor.amazonaws.com', 'bcm-data-exports.amazonaws.com')
  AND read_only IS NOT TRUE
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
