//! What can be completed: names the session knows, and values that the lake holds.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::RwLock;
use std::time::Duration;

use datafusion::arrow::array::AsArray;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use futures::StreamExt;

use crate::error::Result;
use crate::session::Session;

/// What is known; filled in the background, read at each press of the Tab key.
pub(super) type Shared = Arc<RwLock<Names>>;

/// Everything that has a name.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    /// Tables and views with their columns.
    pub(super) tables: BTreeMap<String, Vec<String>>,
    pub(super) functions: Vec<String>,
    /// Reports with their parameters.
    pub(super) reports: BTreeMap<String, Vec<String>>,
    /// Values that columns have in the lake.
    pub(super) values: BTreeMap<&'static str, Vec<String>>,
}

/// What is asked for values: a bounded look at the newest rows.
const QUESTIONS: [(&str, &str); 4] = [
    (
        "event_name",
        "SELECT event_name FROM (SELECT event_name FROM cloudtrail LIMIT 2000000) GROUP BY 1 LIMIT 20000",
    ),
    (
        "event_source",
        "SELECT event_source FROM (SELECT event_source FROM cloudtrail LIMIT 2000000) GROUP BY 1 LIMIT 2000",
    ),
    (
        "aws_region",
        "SELECT aws_region FROM (SELECT aws_region FROM cloudtrail LIMIT 2000000) GROUP BY 1 LIMIT 200",
    ),
    (
        "account_id",
        "SELECT account_id FROM (SELECT account_id FROM cloudtrail LIMIT 2000000) GROUP BY 1 LIMIT 2000",
    ),
];

/// A lake on a slow store gives what it has given by then.
const LONGEST: Duration = Duration::from_secs(60);

/// Reads the names that the session knows without asking the store.
///
/// # Errors
/// The session is broken.
pub(super) async fn known(session: &Session) -> Result<Names> {
    let session = session.pinned(session.lake().snapshot());
    let columns = |table: crate::session::Table| {
        let columns = table.schema.fields().iter().map(|field| field.name().clone()).collect();
        (table.name, columns)
    };
    let reports = session.reports().iter().map(|report| {
        (report.name.clone(), report.header.params.iter().map(|param| param.name.clone()).collect())
    });
    Ok(Names {
        tables: session.tables().await?.into_iter().map(columns).collect(),
        functions: session.functions().await?,
        reports: reports.collect(),
        values: BTreeMap::new(),
    })
}

/// Looks values up in the lake, column by column; what fails is not completed.
pub(super) async fn look_up(session: Session, names: Shared) {
    let session = session.pinned(session.lake().snapshot());
    let all = async {
        for (column, question) in QUESTIONS {
            match values(&session, question).await {
                Ok(values) => {
                    let mut names = names.write().unwrap_or_else(PoisonError::into_inner);
                    names.values.insert(column, values);
                }
                Err(error) => tracing::debug!(%error, column, "no values to complete"),
            }
        }
    };
    // Completion is a courtesy.
    let _ = tokio::time::timeout(LONGEST, all).await;
}

async fn values(session: &Session, question: &str) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for statement in Session::parse(question)? {
        let mut rows = session.run(statement).await?;
        while let Some(batch) = rows.next().await {
            let batch = batch?;
            let texts =
                cast(batch.column(0), &DataType::Utf8).map_err(datafusion::error::DataFusionError::from)?;
            let texts = texts.as_string::<i32>().iter().flatten();
            // Logs hold what attackers typed; what is completed goes to the terminal as it is.
            let plain = |text: &&str| text.len() < 80 && text.bytes().all(|byte| byte.is_ascii_graphic());
            found.extend(texts.filter(plain).map(str::to_owned));
        }
    }
    found.sort();
    Ok(found)
}
