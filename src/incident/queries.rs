//! The questions that solve the incident, in the order an investigator asks them.

/// A question about the bundled incident.
#[derive(Clone, Copy, Debug)]
pub struct Query {
    /// The question, as a heading.
    pub title: &'static str,
    /// What is known so far, and what the answer will show; two or three sentences.
    pub story: &'static str,
    /// The question in SQL, over the table `cloudtrail`.
    pub sql: &'static str,
}

/// Three questions: what happened, how they came in, and what else they did.
pub const QUERIES: [Query; 3] = [WHAT_HAPPENED, HOW_THEY_CAME_IN, ALL_THEY_DID];

const WHAT_HAPPENED: Query = Query {
    title: "Who stopped and terminated the machines?",
    story: "Every machine of production is gone. Each row is one instance of one call, refused calls too. \
            DevScheduler puts two machines to sleep every evening; ReleaseManager, at night and from an \
            address of its own, ended eight in three regions.",
    sql: "\
SELECT to_char(event_time, '%b %d %H:%M') AS time,
       issuer_user_name AS principal,
       source_ip,
       aws_region,
       replace(event_name, 'Instances', '') AS call,
       item->>'instanceId' AS instance,
       item->'previousState'->>'name' AS was,
       outcome
FROM (
  SELECT *, unnest(json_get_array(
           CASE WHEN outcome = 'success' THEN response_elements ELSE request_parameters END,
           'instancesSet', 'items')) AS item
  FROM cloudtrail
  WHERE event_name IN ('StopInstances', 'TerminateInstances')
)
ORDER BY event_time, instance",
};

const HOW_THEY_CAME_IN: Query = Query {
    title: "How did they come in?",
    story: "Read it as a chain: root of the old development account signs in without a second factor and \
            makes a key for a forgotten user; that user takes the role of production. Both accounts saw \
            that call, so it has two rows.",
    sql: "\
SELECT to_char(event_time, '%b %d %H:%M') AS time,
       account_id,
       event_name,
       split_part(coalesce(session_name, user_name, principal_type), '@', 1) AS who,
       source_ip,
       additional_event_data->>'MFAUsed' AS mfa,
       issued_access_key_id AS issued_key,
       outcome
FROM cloudtrail
WHERE (event_name = 'ConsoleLogin' AND principal_type = 'Root')
   OR event_name = 'CreateAccessKey'
   OR (event_name = 'AssumeRole' AND source_ip = '203.0.113.77')
ORDER BY event_time, account_id DESC",
};

const ALL_THEY_DID: Query = Query {
    title: "What else did they do, and who are they?",
    story: "One address, four names: root, the forgotten user, the stolen role, and at the end a person. \
            Jonas Reed's own session, opened at the office the day before, looks at the result.",
    sql: "\
SELECT to_char(min(event_time), '%b %d %H:%M') AS since,
       account_id,
       split_part(coalesce(session_name, user_name, principal_type), '@', 1) AS who,
       regexp_replace(issuer_user_name, '^AWSReservedSSO_(.*)_.*$', '\\1') AS role,
       event_name,
       count(*) AS calls,
       count(*) FILTER (WHERE outcome <> 'success') AS refused,
       count(DISTINCT aws_region) AS regions
FROM cloudtrail
WHERE source_ip = '203.0.113.77'
   OR access_key_id IN ('AKIAKESTRELQ7EXAMPLE', 'ASIAKESTRELX3EXAMPLE')
GROUP BY account_id, who, role, event_name
ORDER BY min(event_time), account_id DESC",
};
