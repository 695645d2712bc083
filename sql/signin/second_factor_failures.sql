-- title: Failed second factors
-- description: Lists sign-ins where the password was right or not asked, and the second factor was wrong, with the number of such failures of the same name that day.
-- severity: medium
-- mitre: T1621, T1110
-- param: since timestamp = NULL -- Only events at or after this time
-- param: until timestamp = NULL -- Only events before this time
-- param: account text = NULL -- Only this account
-- param: region text = NULL -- Only this region
-- param: at_least integer = 1 -- The fewest failures of one name in a day that are listed
--
-- The password is no longer a secret when somebody else stands at the second factor.
-- Expected: a mistyped code, a phone whose clock is off. Suspicious: several in a row, an address or a browser that is
-- new for the person. Asks for a second factor that were answered well are no rows.

WITH failures AS (
  SELECT *, coalesce(additional_event_data->>'UserName', user_name, session_name, principal) AS who
  FROM cloudtrail
  WHERE event_source = 'signin.amazonaws.com'
    AND event_name IN ('ConsoleLogin', 'CheckMfa', 'CredentialVerification')
    AND outcome <> 'success'
    AND CASE event_name
          WHEN 'ConsoleLogin' THEN (additional_event_data->>'MFAUsed') = 'Yes'
          WHEN 'CredentialVerification'
            THEN (additional_event_data->>'CredentialType') NOT IN ('PASSWORD', 'EXTERNAL_IDP')
          ELSE true
        END
    AND ($since IS NULL OR event_time >= $since)
    AND ($until IS NULL OR event_time < $until)
    AND ($account IS NULL OR account_id = $account)
    AND ($region IS NULL OR aws_region = $region)
),
counted AS (
  SELECT *, count(*) OVER (PARTITION BY event_date, account_id, who) AS failures_of_name
  FROM failures
)
SELECT event_time,
       account_id,
       aws_region,
       principal,
       who AS name,
       source_ip,
       event_name,
       coalesce(additional_event_data->>'CredentialType', additional_event_data->>'MfaType',
                additional_event_data->>'MFAIdentifier') AS factor,
       failures_of_name,
       user_agent,
       outcome,
       error_message,
       event_id
FROM counted
WHERE failures_of_name >= $at_least
ORDER BY event_time DESC, event_id
