-- title: Web application firewall changes
-- description: Lists every attempt to make, change or delete what the web application firewall lets through: web ACLs, rules, address sets, logging.
-- severity: medium
-- mitre: T1562.007, T1562.001
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- default_action is what happens to a request that no rule stops; rules is how many rules the web ACL has after the
-- call.
-- Expected: infrastructure code, Firewall Manager, the web team. Suspicious: fewer rules than before, an address let
-- through, logging deleted.

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
       CASE
         WHEN json_contains(request_parameters, 'defaultAction', 'allow') THEN 'allow'
         WHEN json_contains(request_parameters, 'defaultAction', 'block') THEN 'block'
         ELSE lower(request_parameters->'defaultAction'->>'type')
       END AS default_action,
       cardinality(json_get_array(request_parameters, 'rules')) AS rules,
       coalesce(json_get_json(request_parameters, 'addresses'),
                json_get_json(request_parameters, 'updates')) AS content,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source IN ('wafv2.amazonaws.com', 'waf.amazonaws.com', 'waf-regional.amazonaws.com')
  AND event_name IN ('CreateWebACL', 'UpdateWebACL', 'DeleteWebACL', 'CreateRuleGroup', 'UpdateRuleGroup',
                     'DeleteRuleGroup', 'CreateIPSet', 'UpdateIPSet', 'DeleteIPSet', 'CreateRegexPatternSet',
                     'UpdateRegexPatternSet', 'DeleteRegexPatternSet', 'CreateRule', 'UpdateRule', 'DeleteRule',
                     'CreateRateBasedRule', 'UpdateRateBasedRule', 'DeleteRateBasedRule', 'CreateRegexMatchSet',
                     'UpdateRegexMatchSet', 'DeleteRegexMatchSet', 'CreateByteMatchSet', 'UpdateByteMatchSet',
                     'DeleteByteMatchSet', 'CreateSqlInjectionMatchSet', 'UpdateSqlInjectionMatchSet',
                     'DeleteSqlInjectionMatchSet', 'CreateXssMatchSet', 'UpdateXssMatchSet', 'DeleteXssMatchSet',
                     'CreateSizeConstraintSet', 'UpdateSizeConstraintSet', 'DeleteSizeConstraintSet',
                     'CreateGeoMatchSet', 'UpdateGeoMatchSet', 'DeleteGeoMatchSet', 'AssociateWebACL',
                     'DisassociateWebACL', 'PutLoggingConfiguration', 'DeleteLoggingConfiguration',
                     'PutPermissionPolicy', 'DeletePermissionPolicy', 'DeleteFirewallManagerRuleGroups',
                     'PutManagedRuleSetVersions', 'UpdateManagedRuleSetVersionExpiryDate')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
