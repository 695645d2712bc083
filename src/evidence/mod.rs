//! Evidence: what some questions answer, where the rows came from, and what proves it, in one archive.
//!
//! ```text
//! questions/01_<name>.sql, .csv    each question and its answer
//! sources.csv                      the objects that the rows came from, with their hashes
//! verdicts.csv, digests.csv, keys.csv    what the last check said of them, and by what
//! evidence.json                    tool, lake, versions, parameters, counts
//! index.html                       all of it on a page that needs nothing else
//! manifest.sha256                  the hash of each part, for `sha256sum -c`
//! ```
//!
//! The same questions to the same version of a lake give the same bytes: one thread answers them, `now()` is a time
//! that is stated, and nothing of the clock, the machine or the user goes in.

use std::collections::BTreeMap;
use std::collections::HashSet;
use std::io::Seek;
use std::io::Write;

use chrono::DateTime;
use chrono::SecondsFormat;
use chrono::Utc;
use futures::TryStreamExt;
use serde_json::json;

use crate::error::Error;
use crate::error::Result;
use crate::lake::Snapshot;
use crate::output::Format;
use crate::output::Screen;
use crate::reports::param::Type;
use crate::session::Session;
use crate::time;

mod answer;
mod archive;
mod page;

use answer::Answer;
use answer::Origin;
use archive::Archive;

/// How results are written: nothing is shortened.
const SCREEN: Screen = Screen { width: None, color: false, max_rows: usize::MAX };

/// What is asked.
#[derive(Clone, Debug)]
pub enum Question {
    /// A report of this name, with values for its parameters.
    Report(String, Vec<(String, String)>),
    /// One statement of SQL.
    Sql(String),
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Rows of all answers.
    pub rows: u64,
    /// Objects that they came from.
    pub sources: u64,
    /// Parts of the archive.
    pub parts: usize,
}

/// A question as it is asked and shown.
struct Asked {
    /// The name of its parts in the archive.
    part: String,
    title: String,
    sql: String,
    params: Vec<(String, String)>,
}

/// The time that `now()` is in the questions to a lake: when its newest object was ingested.
///
/// # Errors
/// The lake cannot be read.
pub async fn present(session: &Session) -> Result<DateTime<Utc>> {
    let newest = answer::newest(session, "SELECT max(ingested_at) AS newest FROM sources").await?;
    Ok(newest.and_then(DateTime::from_timestamp_micros).unwrap_or_default())
}

/// Asks the questions and writes the archive.
///
/// `lake` is how the lake is called, and `now` the time that `now()` and times as `7d` count from.
///
/// # Errors
/// A question is wrong, the lake cannot be read, or the archive cannot be written.
pub async fn write<W: Write + Seek + Send>(
    session: &Session,
    lake: &str,
    questions: &[Question],
    now: DateTime<Utc>,
    out: W,
) -> Result<Written> {
    let snapshot = session.snapshot().await?;
    let session = session.pinned(std::sync::Arc::clone(&snapshot)).steady(now);
    let csv = Format::named("csv").ok_or_else(|| Error::internal("there is no format csv"))?;
    let mut archive = Archive::new(out);
    let mut answers: Vec<(Asked, Answer)> = Vec::new();
    for (place, question) in questions.iter().enumerate() {
        let asked = prepare(&session, question, place + 1, now)?;
        let planned = match question {
            Question::Report(name, _) => session.plan_report(name, &asked.params).await?,
            Question::Sql(text) => match Session::parse(text)?.as_slice() {
                [statement] => session.plan(statement.clone()).await?,
                other => {
                    return Err(Error::user(format!(
                        "a question is one statement, and these are {}",
                        other.len()
                    )));
                }
            },
        };
        archive.part(&format!("{}.sql", asked.part), format!("{}\n", asked.sql).as_bytes())?;
        let answer = Answer::take(planned, csv, &format!("{}.csv", asked.part), &mut archive).await?;
        answers.push((asked, answer));
    }
    let origins = origins(&session, &answers).await?;
    let proof = proof(&session, origins.as_ref(), csv, &mut archive).await?;
    let facts = facts(lake, &snapshot, now, &answers, origins.is_some(), &proof);
    archive.part("evidence.json", format!("{facts:#}\n").as_bytes())?;
    let html = page::page(&facts, &answers, &proof, archive.parts());
    archive.part("index.html", html.as_bytes())?;
    let parts = archive.finish()?;
    let rows = answers.iter().map(|(_, answer)| answer.rows).sum();
    Ok(Written { rows, sources: proof.sources, parts })
}

/// Makes a question ready: its name, its text, and values that do not depend on the clock.
fn prepare(session: &Session, question: &Question, number: usize, now: DateTime<Utc>) -> Result<Asked> {
    match question {
        Question::Sql(text) => Ok(Asked {
            part: format!("questions/{number:02}_query"),
            title: format!("Query {number}"),
            sql: text.trim().to_owned(),
            params: Vec::new(),
        }),
        Question::Report(name, given) => {
            let report = session.reports().find(name)?;
            let is_time = |name: &str| {
                let param = report.header.params.iter().find(|param| param.name == name);
                param.map_or(matches!(name, "since" | "until"), |param| {
                    matches!(param.kind, Type::Timestamp | Type::Date)
                })
            };
            let fixed = |(name, value): &(String, String)| {
                let ago = time::length(value).filter(|_| is_time(name));
                let fixed = ago.map(|ago| (now - ago).to_rfc3339_opts(SecondsFormat::Micros, true));
                (name.clone(), fixed.unwrap_or_else(|| value.clone()))
            };
            Ok(Asked {
                part: format!("questions/{number:02}_{}", report.name),
                title: report.header.title.clone(),
                sql: report.sql().to_owned(),
                params: given.iter().map(fixed).collect(),
            })
        }
    }
}

/// The objects that the rows of the answers came from; none where an answer does not tell, and any may be.
async fn origins(session: &Session, answers: &[(Asked, Answer)]) -> Result<Option<HashSet<String>>> {
    let mut files = HashSet::new();
    let mut events = HashSet::new();
    for (_, answer) in answers {
        match &answer.origin {
            Origin::Files(found) => files.extend(found.iter().cloned()),
            Origin::Events(found) => events.extend(found.iter().cloned()),
            Origin::Unknown if answer.rows > 0 => return Ok(None),
            Origin::Unknown => {}
        }
    }
    if !events.is_empty() {
        files.extend(answer::files_of(session, &events).await?);
    }
    Ok(Some(files))
}

/// What proves the objects.
#[derive(Debug, Default)]
struct Proof {
    sources: u64,
    /// The verdicts on them.
    verdicts: BTreeMap<String, u64>,
}

async fn proof<W: Write + Seek + Send>(
    session: &Session,
    origins: Option<&HashSet<String>>,
    csv: &'static Format,
    archive: &mut Archive<W>,
) -> Result<Proof> {
    const SOURCES: &str = "SELECT url, log, status, detail, sha256, size, etag, last_modified, records, rejected, \
        first_event_time, last_event_time, ingested_at FROM sources ORDER BY url, ingested_at, status";
    const VERDICTS: &str = "SELECT source_file, verdict, digest, checked_at, kind, account_id, aws_region, trail, \
        start_time, end_time, detail FROM file_verdicts ORDER BY kind, source_file, start_time, end_time, verdict";
    const DIGESTS: &str = "SELECT url, account_id, aws_region, trail, start_time, end_time, s3_bucket, s3_object, sha256, \
        signature, key_fingerprint, previous_s3_object, previous_sha256, previous_signature FROM digests \
        ORDER BY url, start_time, sha256";
    const KEYS: &str = "SELECT fingerprint, aws_region, valid_from, valid_until, value, source FROM keys \
        ORDER BY fingerprint, aws_region, value, source";
    let mut proof = Proof::default();
    let rows = answer::ask(session, SOURCES).await?;
    let rows = answer::among(rows, "url", None, origins);
    proof.sources = archive.result("sources.csv", rows, csv).await?;
    // What was found about digests and times is about all files.
    let counted = answer::ask(session, VERDICTS).await?;
    let mut counted = answer::among(counted, "source_file", Some("kind"), origins);
    let mut digests = HashSet::new();
    while let Some(batch) = counted.try_next().await? {
        answer::tally(&batch, &mut proof.verdicts, &mut digests)?;
    }
    let rows = answer::ask(session, VERDICTS).await?;
    archive.result("verdicts.csv", answer::among(rows, "source_file", Some("kind"), origins), csv).await?;
    let rows = answer::ask(session, DIGESTS).await?;
    archive.result("digests.csv", answer::among(rows, "url", None, origins.map(|_| &digests)), csv).await?;
    archive.result("keys.csv", answer::ask(session, KEYS).await?, csv).await?;
    Ok(proof)
}

fn facts(
    lake: &str,
    snapshot: &Snapshot,
    now: DateTime<Utc>,
    answers: &[(Asked, Answer)],
    exact: bool,
    proof: &Proof,
) -> serde_json::Value {
    let versions: BTreeMap<_, _> = snapshot.tables().map(|(name, table)| (name, table.version)).collect();
    let question = |(asked, answer): &(Asked, Answer)| {
        let params: BTreeMap<_, _> = asked.params.iter().cloned().collect();
        json!({"part": asked.part, "title": asked.title, "parameters": params, "rows": answer.rows})
    };
    let origins = match exact {
        true => "the objects that the rows of the answers name, or whose events they name",
        false => "all objects of the lake, since the rows of an answer do not name theirs",
    };
    json!({
        "tool": {"name": "trailql", "version": env!("CARGO_PKG_VERSION")},
        "lake": {"url": lake, "versions": versions},
        "now": now.to_rfc3339_opts(SecondsFormat::Micros, true),
        "questions": answers.iter().map(question).collect::<Vec<_>>(),
        "sources": {"objects": proof.sources, "which": origins},
        "verdicts": proof.verdicts,
    })
}
