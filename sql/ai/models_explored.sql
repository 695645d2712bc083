-- title: Language models explored
-- description: Lists identities that asked which models of Bedrock there are, which may be used and whether use is logged.
-- severity: low
-- mitre: T1526, T1580
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: window interval = '1 hour' -- The stretch of time in which calls are counted together
-- param: at_least integer = 2 -- The fewest different questions, regions or refusals
--
-- Thieves first ask what a key may use, and whether prompts are logged (GetModelInvocationLoggingConfiguration).
-- Expected: people who set up an application, the console. Suspicious: a long-lived key, several regions, refusals,
-- then model_access_changes or models_invoked. Windows lie on the clock.

SELECT min(event_time) AS first_event,
       max(event_time) AS last_event,
       account_id,
       principal,
       source_ip,
       array_to_string(array_sort(array_agg(DISTINCT access_key_id)), ', ') AS access_keys,
       array_to_string(array_sort(array_agg(DISTINCT user_agent_tool(user_agent))), ', ') AS tools,
       count(*) AS calls,
       count(*) FILTER (WHERE outcome = 'denied') AS denied,
       array_to_string(array_sort(array_agg(DISTINCT aws_region)), ', ') AS regions,
       array_to_string(array_sort(array_agg(DISTINCT event_name)), ', ') AS event_names
FROM cloudtrail
WHERE event_source = 'bedrock.amazonaws.com'
  AND event_name IN ('ListFoundationModels', 'GetFoundationModel', 'GetFoundationModelAvailability',
                     'GetUseCaseForModelAccess', 'ListFoundationModelAgreementOffers', 'ListInferenceProfiles',
                     'GetModelInvocationLoggingConfiguration', 'ListProvisionedModelThroughputs',
                     'ListCustomModels', 'ListGuardrails', 'ListAgents', 'ListKnowledgeBases')
  AND NOT coalesce(is_aws_service(principal), false)
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
GROUP BY date_bin($window, event_time), account_id, principal, source_ip
HAVING count(DISTINCT event_name) >= $at_least
    OR count(DISTINCT aws_region) >= $at_least
    OR count(*) FILTER (WHERE outcome = 'denied') >= $at_least
ORDER BY first_event DESC, principal, source_ip
