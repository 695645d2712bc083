-- What investigators ask, in SQL that trailql and DuckDB both take, so that they are measured on the same text.
--
-- A statement's last comment line is its name. A needle's value takes the place of its name in braces.
-- Needles are of a middling kind: neither at the edge of the statistics nor so frequent that they are no needle.

-- needle event_id
SELECT event_id FROM cloudtrail WHERE event_id >= '8' ORDER BY event_id LIMIT 1;

-- needle access_key_id
SELECT access_key_id FROM cloudtrail WHERE access_key_id IS NOT NULL
GROUP BY access_key_id HAVING count(*) <= 1000 ORDER BY count(*) DESC, access_key_id LIMIT 1;

-- needle event_date
SELECT CAST(event_date AS VARCHAR) AS day FROM cloudtrail WHERE event_date IS NOT NULL
GROUP BY event_date ORDER BY count(*) DESC, event_date LIMIT 1;

-- needle arn
SELECT arn FROM (SELECT unnest(resource_arns) AS arn FROM cloudtrail) AS touched
GROUP BY arn HAVING count(*) <= 1000 ORDER BY count(*) DESC, arn LIMIT 1;

-- count by event name
SELECT event_name, count(*) AS events FROM cloudtrail GROUP BY event_name ORDER BY events DESC, event_name;

-- one event by id
SELECT * FROM cloudtrail WHERE event_id = '{event_id}';

-- one access key in order
SELECT event_time, event_source, event_name, aws_region, source_ip, principal, outcome
FROM cloudtrail WHERE access_key_id = '{access_key_id}' ORDER BY event_time;

-- last 100 events
SELECT * FROM cloudtrail ORDER BY event_time DESC LIMIT 100;

-- denied by principal on one day
SELECT principal, count(*) AS denied FROM cloudtrail
WHERE event_date = DATE '{event_date}' AND outcome = 'denied'
GROUP BY principal ORDER BY denied DESC, principal;

-- everything that touched one ARN
SELECT event_time, event_name, principal, outcome
FROM cloudtrail WHERE array_has(resource_arns, '{arn}') ORDER BY event_time;
