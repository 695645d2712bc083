-- title: Changes to Redshift, ElastiCache and OpenSearch
-- description: Lists who made, altered, opened, shared or deleted a data warehouse, a cache or a search domain.
-- severity: medium
-- mitre: T1485, T1190, T1098
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
--
-- Worth a look: public true, password_set true, a snapshot share (shared_with), temporary database users
-- (GetClusterCredentials), an access policy of a search domain (detail), deletions without a final snapshot.
-- Expected: infrastructure code and maintenance. Suspicious: anything by hand, several clusters in a row.

SELECT event_time,
       account_id,
       aws_region,
       principal,
       session_name,
       source_ip,
       access_key_id,
       event_name,
       event_source,
       coalesce(request_parameters->>'clusterIdentifier', request_parameters->>'workgroupName',
                request_parameters->>'namespaceName', request_parameters->>'snapshotIdentifier',
                request_parameters->>'replicationGroupId', request_parameters->>'cacheClusterId',
                request_parameters->>'serverlessCacheName', request_parameters->>'snapshotName',
                request_parameters->>'cacheSecurityGroupName', request_parameters->>'clusterSecurityGroupName',
                request_parameters->>'domainName') AS changed,
       request_parameters->>'publiclyAccessible' AS public,
       nullif(json_contains(request_parameters, 'masterUserPassword')
              OR json_contains(request_parameters, 'adminUserPassword')
              OR json_contains(request_parameters, 'authToken'), false) AS password_set,
       coalesce(request_parameters->>'accountWithRestoreAccess', request_parameters->>'account',
                request_parameters->>'cIDRIP') AS shared_with,
       request_parameters AS detail,
       outcome,
       error_code,
       event_id
FROM cloudtrail
WHERE event_source IN ('redshift.amazonaws.com', 'redshift-serverless.amazonaws.com', 'elasticache.amazonaws.com',
                       'es.amazonaws.com', 'aoss.amazonaws.com', 'memorydb.amazonaws.com')
  AND (event_name IN ('GetClusterCredentials', 'GetClusterCredentialsWithIAM', 'GetCredentials')
       OR is_write(event_name, read_only) AND event_name NOT LIKE '%Tags%' AND event_name NOT LIKE 'ESHttp%')
  AND ($since IS NULL OR event_time >= $since)
  AND ($until IS NULL OR event_time < $until)
  AND ($account IS NULL OR account_id = $account)
  AND ($region IS NULL OR aws_region = $region)
ORDER BY event_time DESC, event_id
