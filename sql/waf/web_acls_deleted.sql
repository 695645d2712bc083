-- title: Web ACLs and rules deleted
-- description: Lists every attempt to delete a web ACL, a rule group, a rule or an address set of the web application firewall.
-- severity: high
-- mitre: T1562.007, T1485
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- A web ACL in use cannot be deleted, so it is detached first: see web_acls_detached.
-- Expected: infrastructure code that takes down what it made. Suspicious: a person, DeleteFirewallManagerRuleGroups
-- (what the organisation laid on the account), refused attempts.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       coalesce(request_parameters->>'name', request_parameters->>'webACLId', request_parameters->>'ruleGroupId',
                request_parameters->>'ruleId', request_parameters->>'iPSetId', request_parameters->>'regexPatternSetId',
                request_parameters->>'regexMatchSetId', request_parameters->>'byteMatchSetId',
                request_parameters->>'sqlInjectionMatchSetId', request_parameters->>'xssMatchSetId',
                request_parameters->>'sizeConstraintSetId', request_parameters->>'geoMatchSetId',
                request_parameters->>'webACLArn', request_parameters->>'resourceArn',
                request_parameters->'loggingConfiguration'->>'resourceArn') AS changed,
       request_parameters->>'scope' AS scope,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source IN ('wafv2.amazonaws.com', 'waf.amazonaws.com', 'waf-regional.amazonaws.com')
  AND event_name IN ('DeleteWebACL', 'DeleteRuleGroup', 'DeleteIPSet', 'DeleteRegexPatternSet', 'DeleteRule',
                     'DeleteRateBasedRule', 'DeleteRegexMatchSet', 'DeleteByteMatchSet', 'DeleteSqlInjectionMatchSet',
                     'DeleteXssMatchSet', 'DeleteSizeConstraintSet', 'DeleteGeoMatchSet',
                     'DeleteFirewallManagerRuleGroups')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
