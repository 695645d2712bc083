-- title: Everything from one address
-- description: Lists every call that came from one address or block of addresses, whoever made it.
-- severity: info
-- param: address text -- An address, a block as 198.51.100.0/24, or the name of a service
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: reads boolean = true -- Whether calls that only read are listed
--
-- For an address known to be bad: which identities and keys came from it, and what did they do?
-- Every key that is seen here must be taken for stolen. An address may be shared, as that of an office or provider is.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_source,
       event_name,
       resource_arns,
       outcome,
       error_code,
       user_agent,
       event_id
FROM cloudtrail
WHERE (source_ip = $address OR CASE WHEN $address LIKE '%/%' THEN ip_in_cidr(source_ip, $address) ELSE false END)
  AND ($reads OR read_only IS NOT TRUE)
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
