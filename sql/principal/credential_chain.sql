-- title: Chain of credentials
-- description: Shows from whom the credentials of an identity, a session, a key or an event came, and every key and session that was made of them.
-- severity: info
-- mitre: T1550.001, T1548
-- param: who text -- A user name, role name, session name, ARN, access key id or event id
--
-- depth 0 is what was asked for; below it stands where its credentials came from, above it what was issued from them.
-- The first row leads to the person or key with which it all began; the last ones are what must be revoked.
-- Everything that was done by all of them: blast_radius, or SELECT * FROM activity('...').

SELECT *
FROM assume_chain($who)
ORDER BY depth, event_time, event_id, issued_access_key_id, acts_as, session_name
