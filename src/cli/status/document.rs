//! The status as one JSON document, for monitoring. Its fields are only ever added to.

use chrono::SecondsFormat;
use chrono::Utc;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::cli::status::Days;
use crate::cli::status::MEMORY;
use crate::cli::status::SECTIONS;
use crate::error::Error;
use crate::error::Result;
use crate::lake::Lake;
use crate::lake::upkeep::Compact;
use crate::lake::upkeep::Due;
use crate::output;
use crate::output::Format;
use crate::output::Screen;
use crate::session::Session;

/// The version of the document.
const VERSION: u32 = 1;

/// Makes the document.
pub(super) async fn document(lake: &Lake) -> Result<Value> {
    let snapshot = lake.snapshot();
    let expired = lake.expired().await;
    let mut tables = Map::new();
    for (name, table) in snapshot.tables() {
        let mut about = json!({
            "version": table.version,
            "rows": table.rows,
            "bytes": table.bytes,
            "files": table.files,
        });
        if let (Some(about), true) = (about.as_object_mut(), name != "sources" && name != "rejects") {
            let days = Days::of(name, &table, &expired);
            about.insert("days".to_owned(), json!(days.dates.len()));
            about.insert("first_day".to_owned(), json!(days.dates.first()));
            about.insert("last_day".to_owned(), json!(days.dates.last()));
            about.insert("rows_without_time".to_owned(), json!(table.days.get(&None).copied().unwrap_or(0)));
            about.insert("gaps".to_owned(), json!(days.gaps));
            about.insert("expired".to_owned(), json!(days.expired));
            let others = expired.iter().filter(|(log, expired)| *log == name && expired.account.is_some());
            let others: Map<String, Value> = others
                .filter_map(|(_, expired)| Some((expired.account.clone()?, json!(expired.days))))
                .collect();
            about.insert("expired_accounts".to_owned(), Value::Object(others));
        }
        tables.insert(name.to_owned(), about);
    }
    let holds = lake.holds().await?;
    let holds = holds.iter().map(|hold| {
        json!({"name": hold.name, "from": hold.from, "to": hold.to, "account": hold.account, "since": hold.since})
    });
    let due = lake.due(&Compact { due: Due::Over(Utc::now()), ..Compact::default() }).await?;
    let session = Session::new(lake.clone(), MEMORY)?.pinned(snapshot);
    let mut document = json!({
        "document": VERSION,
        "lake": lake.location().to_string(),
        "time": Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true),
        "tables": tables,
        "holds": holds.collect::<Vec<_>>(),
        "to_compact": due,
    });
    if let Some(document) = document.as_object_mut() {
        for (name, (_, question)) in ["sources", "accounts", "rejects"].into_iter().zip(SECTIONS) {
            document.insert(name.to_owned(), rows(&session, question).await?);
        }
    }
    Ok(document)
}

/// The rows of a query.
async fn rows(session: &Session, question: &str) -> Result<Value> {
    let format = Format::named("ndjson").ok_or_else(|| Error::internal("there is no format ndjson"))?;
    let screen = Screen { width: None, color: false, max_rows: usize::MAX };
    let mut all = Vec::new();
    for statement in Session::parse(question)? {
        let mut text = Vec::new();
        output::write(session.run(statement).await?, format, &screen, &mut text).await?;
        for line in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let row: Value = serde_json::from_slice(line)
                .map_err(|error| Error::internal("a row is no JSON").caused_by(error))?;
            all.push(row);
        }
    }
    Ok(Value::Array(all))
}
