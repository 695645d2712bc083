//! The questions that solve the incident, in the order an investigator asks them.

/// A question about the bundled incident.
#[derive(Clone, Copy, Debug)]
pub struct Query {
    /// The question, as a heading.
    pub title: &'static str,
    /// What the answer shows: one sentence, in lines as they are printed.
    pub story: &'static str,
    /// The question in SQL, over the table `cloudtrail`, and over reports and functions that read it.
    pub sql: &'static str,
}

/// From the machines to the person: what changed, who did it, what else they did, where their credentials came
/// from, and who sits at that address.
pub const QUERIES: [Query; 5] = [WHAT_CHANGED, WHO_CHANGED_IT, ALL_THEY_DID, HOW_THEY_CAME_IN, WHO_THEY_ARE];

const WHAT_CHANGED: Query = Query {
    title: "What became of the machines?",
    story: "\
Within half an hour eight machines in three regions were terminated; each row is what one call did
to one machine, refused calls too, and all came from one address.",
    sql: "\
SELECT to_char(event_time, '%H:%M') AS time,
       aws_region,
       source_ip,
       instance_id,
       state_change,
       outcome
FROM report('recent_instance_state_changes', 'since=2026-09-17', 'until=2026-09-17T03:00:00Z')
ORDER BY event_time, instance_id",
};

const WHO_CHANGED_IT: Query = Query {
    title: "Who did that?",
    story: "\
DevScheduler puts two machines to sleep every evening and wakes them in the morning, but a session
of ReleaseManager named deploy-old ended eight at night, from an address and with a key of its own.",
    sql: "\
SELECT to_char(min(event_time), '%b %d %H:%M') AS since,
       arn_part(principal, 'resource') AS principal,
       session_name,
       source_ip,
       access_key_id,
       count(DISTINCT instance_id) AS machines
FROM reports.recent_instance_state_changes
WHERE outcome = 'success' AND state_change NOT LIKE 'new -> %'
GROUP BY principal, session_name, source_ip, access_key_id
ORDER BY min(event_time)",
};

const ALL_THEY_DID: Query = Query {
    title: "What else did deploy-old do?",
    story: "\
A forgotten user of that name in the old development account took the role in production, looked
around in four regions, and was refused the secrets, the trail and the backups.",
    sql: "\
SELECT to_char(min(event_time), '%H:%M') AS since,
       account_id,
       arn_part(principal, 'resource') AS principal,
       event_name,
       count(*) AS calls,
       count(*) FILTER (WHERE outcome <> 'success') AS refused,
       count(DISTINCT aws_region) AS regions
FROM activity('deploy-old')
GROUP BY account_id, principal, event_name
ORDER BY min(event_time), event_name",
};

const HOW_THEY_CAME_IN: Query = Query {
    title: "Where did the key come from?",
    story: "\
The root user of the old account signed in, made a key for that user, and the user's key opened the
session, so the way in was the root password.",
    sql: "\
SELECT depth,
       to_char(event_time, '%H:%M') AS issued,
       event_name,
       split_part(acts_as, '::', 2) AS acts_as,
       issued_access_key_id AS key,
       events AS uses
FROM assume_chain('ASIAKESTRELX3EXAMPLE')
ORDER BY depth",
};

const WHO_THEY_ARE: Query = Query {
    title: "Who sits at that address?",
    story: "\
The last session seen there is a person's: Jonas Reed used it at the office the day before, and
looked at the result with it that night.",
    sql: "\
SELECT to_char(min(event_time), '%b %d %H:%M') AS since,
       source_ip,
       coalesce(session_name, arn_part(principal, 'resource')) AS who,
       access_key_id,
       count(*) AS calls
FROM cloudtrail
WHERE access_key_id IN (SELECT access_key_id FROM cloudtrail WHERE source_ip = '203.0.113.77')
GROUP BY source_ip, who, access_key_id
ORDER BY min(event_time)",
};
