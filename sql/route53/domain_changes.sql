-- title: Domains registered, transferred and unlocked
-- description: Lists who registered a domain, moved it to another owner, took off its lock, fetched its transfer code or changed its name servers.
-- severity: high
-- mitre: T1584.001, T1583.001
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Whoever holds the domain holds its mail, its website and every password reset. A transfer begins with the lock taken
-- off and the code fetched.
-- Expected: rare, and known to those who own the domain. Suspicious: everything else, at once.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       request_parameters->>'domainName' AS domain,
       request_parameters->>'accountId' AS to_account,
       request_parameters->>'nameservers' AS name_servers,
       response_elements->>'operationId' AS operation,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source = 'route53domains.amazonaws.com'
  AND event_name IN ('RegisterDomain', 'DeleteDomain', 'RenewDomain', 'TransferDomain',
                     'TransferDomainToAnotherAwsAccount', 'AcceptDomainTransferFromAnotherAwsAccount',
                     'CancelDomainTransferToAnotherAwsAccount', 'RejectDomainTransferFromAnotherAwsAccount',
                     'DisableDomainTransferLock', 'EnableDomainTransferLock', 'RetrieveDomainAuthCode',
                     'UpdateDomainNameservers', 'UpdateDomainContact', 'UpdateDomainContactPrivacy',
                     'DisableDomainAutoRenew', 'EnableDomainAutoRenew', 'AssociateDelegationSignerToDomain',
                     'DisassociateDelegationSignerFromDomain', 'PushDomain')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
