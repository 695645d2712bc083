//! What the lake says of credentials: which event issued which, and what was done with them.

use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::Arc;

use datafusion::arrow::array::Array;
use datafusion::arrow::array::AsArray;
use datafusion::arrow::array::Int64Array;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::array::StringArray;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::datatypes::Int64Type;
use datafusion::catalog::TableProvider;
use datafusion::common::Result;
use datafusion::common::ScalarValue;
use datafusion::execution::session_state::SessionState;
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::functions_aggregate::expr_fn::count_distinct;
use datafusion::functions_aggregate::expr_fn::max;
use datafusion::functions_aggregate::expr_fn::min;
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::col;
use datafusion::logical_expr::lit;
use datafusion::prelude::DataFrame;
use datafusion::prelude::SessionContext;
use futures::StreamExt;
use serde_json::Value;

use crate::error::Error;
use crate::functions::tables::failed;

/// The most credentials that one question follows; they are held in memory, about a kilobyte each.
pub(super) const MOST_CREDENTIALS: usize = 50_000;

/// Calls that open a session although their event may name no key: CloudTrail leaves the response out when it is
/// too large, and some services never write it.
const OPENING: [&str; 5] =
    ["AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "AssumeRoot", "GetFederationToken"];

/// A sign-in opens a session too, whose keys the console makes unseen.
const SIGN_IN: &str = "ConsoleLogin";

/// How far the time of the opening call and the `creationDate` of its session may lie apart, in microseconds:
/// both are rounded to seconds, by two services.
pub(super) const SLACK: i64 = 2_000_000;

/// Something with which calls are made.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Credential {
    /// An access key.
    Key(String),
    /// A session whose key is not known, by its ARN and the microsecond it was opened in.
    Session { arn: String, start: i64 },
    /// The calls of whom the question is about that carry neither key nor session: a service's, a sign-in.
    Keyless,
}

/// One event that issued a credential, or may have.
#[derive(Clone, Debug, Default)]
pub(super) struct Issue {
    /// The same for all copies of the event, in several accounts or through several trails.
    pub(super) call: String,
    pub(super) event_id: Option<String>,
    pub(super) time: Option<i64>,
    pub(super) name: Option<String>,
    pub(super) principal: Option<String>,
    pub(super) principal_type: Option<String>,
    pub(super) user_arn: Option<String>,
    pub(super) session_start: Option<i64>,
    pub(super) access_key_id: Option<String>,
    pub(super) source_ip: Option<String>,
    pub(super) account_id: Option<String>,
    pub(super) outcome: Option<String>,
    /// The key it handed out.
    pub(super) issued: Option<String>,
    /// The ARN of the session it opened.
    pub(super) session: Option<String>,
    /// The name of that session.
    pub(super) session_name: Option<String>,
    /// The role that was taken, or the user who got a key.
    pub(super) target: Option<String>,
}

impl Issue {
    /// With which credential it was called; none for a service, a federated user or a sign-in.
    pub(super) fn caller(&self) -> Option<Credential> {
        if let Some(key) = &self.access_key_id {
            return Some(Credential::Key(key.clone()));
        }
        let arn = self.user_arn.clone().filter(|arn| arn.contains(":assumed-role/"))?;
        Some(Credential::Session { arn, start: self.session_start? })
    }

    /// The credential it issued, as far as it can be recognised later.
    pub(super) fn credential(&self) -> Option<Credential> {
        if let Some(key) = &self.issued {
            return Some(Credential::Key(key.clone()));
        }
        Some(Credential::Session { arn: self.session.clone()?, start: self.time? })
    }

    /// How much this copy of the event tells of the caller: the account that was called in knows the least.
    pub(super) fn detail(&self) -> u8 {
        u8::from(self.access_key_id.is_some()) * 2
            + u8::from(self.principal_type.as_deref() != Some("AWSAccount"))
    }

    pub(super) fn is_sign_in(&self) -> bool {
        self.name.as_deref() == Some(SIGN_IN)
    }

    fn read_documents(&mut self, request: Option<&str>, response: Option<&str>) {
        let parse = |text: Option<&str>| text.and_then(|text| serde_json::from_str::<Value>(text).ok());
        let (request, response) = (parse(request).unwrap_or_default(), parse(response).unwrap_or_default());
        let text = |json: &Value, at: &str| json.pointer(at).and_then(Value::as_str).map(str::to_owned);
        self.session = text(&response, "/assumedRoleUser/arn")
            .or_else(|| text(&response, "/federatedUser/arn"))
            .or_else(|| session_of(&text(&request, "/roleArn")?, &text(&request, "/roleSessionName")?));
        self.session_name = text(&request, "/roleSessionName").or_else(|| {
            let session = self.session.as_deref()?;
            session.rsplit_once('/').map(|(_, name)| name.to_owned())
        });
        self.target = text(&request, "/roleArn")
            .or_else(|| text(&response, "/federatedUser/arn"))
            .or_else(|| text(&response, "/accessKey/userName"))
            .or_else(|| text(&request, "/targetPrincipal"));
    }
}

/// `arn:aws:iam::1:role/path/Name` and `session` make `arn:aws:sts::1:assumed-role/Name/session`.
fn session_of(role: &str, session: &str) -> Option<String> {
    let role = crate::logs::arn::Arn::parse(role)?;
    Some(format!("arn:{}:sts::{}:assumed-role/{}/{session}", role.partition, role.account, role.name()))
}

/// What was done with a credential.
#[derive(Clone, Debug, Default)]
pub(super) struct Use {
    pub(super) key: Option<String>,
    pub(super) user_arn: Option<String>,
    pub(super) session_start: Option<i64>,
    pub(super) principal: Option<String>,
    pub(super) session_name: Option<String>,
    pub(super) first: Option<i64>,
    pub(super) last: Option<i64>,
    /// Events, each counted once however many trails it came through.
    pub(super) events: i64,
}

impl Use {
    /// Adds what was done elsewhere with the same credential.
    pub(super) fn add(&mut self, other: &Self) {
        self.first = self.first.into_iter().chain(other.first).min();
        self.last = self.last.max(other.last);
        self.events += other.events;
        for (mine, theirs) in [
            (&mut self.principal, &other.principal),
            (&mut self.session_name, &other.session_name),
            (&mut self.user_arn, &other.user_arn),
        ] {
            if mine.is_none() {
                mine.clone_from(theirs);
            }
        }
        self.session_start = self.session_start.or(other.session_start);
    }
}

/// Holds for events that open a session or hand out a key.
pub(super) fn opens() -> Expr {
    let named = col("event_name").in_list(OPENING.map(lit).to_vec(), false);
    col("issued_access_key_id").is_not_null().or(named.and(col("outcome").eq(lit("success"))))
}

/// Holds for events that may have opened, without naming a key, a session that began between two times.
pub(super) fn opens_unseen(from: i64, to: i64) -> Expr {
    let names = OPENING.map(lit).into_iter().chain([lit(SIGN_IN)]).collect();
    col("event_name")
        .in_list(names, false)
        .and(col("outcome").eq(lit("success")))
        .and(col("event_time").between(moment(from.saturating_sub(SLACK)), moment(to.saturating_add(SLACK))))
}

/// Holds where a column has one of the texts.
pub(super) fn is_one_of<'a>(column: &str, texts: impl IntoIterator<Item = &'a String>) -> Expr {
    col(column).in_list(texts.into_iter().map(lit).collect(), false)
}

fn moment(micros: i64) -> Expr {
    lit(ScalarValue::TimestampMicrosecond(Some(micros), Some("UTC".into())))
}

/// The events of a snapshot, to be asked about credentials. No filter of a statement ever reaches it.
#[derive(Clone, Debug)]
pub(super) struct Events {
    state: SessionState,
    cloudtrail: Arc<dyn TableProvider>,
}

impl Events {
    pub(super) fn new(state: SessionState, cloudtrail: Arc<dyn TableProvider>) -> Self {
        Self { state, cloudtrail }
    }

    /// All of them.
    pub(super) fn all(&self) -> Result<DataFrame> {
        SessionContext::new_with_state(self.state.clone()).read_table(Arc::clone(&self.cloudtrail))
    }

    /// Shows what the events for which `filter` holds say of issuing.
    pub(super) async fn issues(&self, filter: Expr, mut each: impl FnMut(Issue) -> Result<()>) -> Result<()> {
        let columns = [
            "event_id",
            "shared_event_id",
            "source_file",
            "source_index",
            "event_time",
            "event_name",
            "principal",
            "principal_type",
            "user_arn",
            "session_created_at",
            "access_key_id",
            "source_ip",
            "account_id",
            "outcome",
            "issued_access_key_id",
            "request_parameters",
            "response_elements",
        ];
        let frame = self.all()?.filter(filter)?.select(columns.map(col))?;
        let mut batches = frame.execute_stream().await?;
        while let Some(batch) = batches.next().await {
            let rows = Rows::new(&batch?)?;
            for row in 0..rows.count {
                let owned = |name| rows.text(name, row).map(str::to_owned);
                let place = || {
                    let file = owned("source_file").unwrap_or_default();
                    format!("{file}#{}", rows.number("source_index", row).unwrap_or_default())
                };
                let mut issue = Issue {
                    call: owned("shared_event_id").or_else(|| owned("event_id")).unwrap_or_else(place),
                    event_id: owned("event_id"),
                    time: rows.number("event_time", row),
                    name: owned("event_name"),
                    principal: owned("principal"),
                    principal_type: owned("principal_type"),
                    user_arn: owned("user_arn"),
                    session_start: rows.number("session_created_at", row),
                    access_key_id: owned("access_key_id"),
                    source_ip: owned("source_ip"),
                    account_id: owned("account_id"),
                    outcome: owned("outcome"),
                    issued: owned("issued_access_key_id"),
                    ..Issue::default()
                };
                issue.read_documents(
                    rows.text("request_parameters", row),
                    rows.text("response_elements", row),
                );
                each(issue)?;
            }
        }
        Ok(())
    }

    /// What was done in the events for which `filter` holds, for each key; without a key, for each session.
    pub(super) async fn uses(&self, filter: Expr) -> Result<Vec<Use>> {
        // Of a key all sessions are one: it belongs to a single one, whatever a hostile log says.
        let keyless = |column: &str| {
            let whole = datafusion::logical_expr::when(col("access_key_id").is_null(), col(column)).end()?;
            Ok::<_, datafusion::error::DataFusionError>(whole.alias(format!("of_{column}")))
        };
        let groups = vec![col("access_key_id"), keyless("user_arn")?, keyless("session_created_at")?];
        let found = vec![
            min(col("event_time")).alias("first"),
            max(col("event_time")).alias("last"),
            count_distinct(col("event_id")).alias("ids"),
            count(col("event_id")).alias("with_id"),
            count(lit(1)).alias("rows"),
            min(col("principal")).alias("principal"),
            min(col("session_name")).alias("session_name"),
            min(col("user_arn")).alias("user_arn"),
            min(col("session_created_at")).alias("session_created_at"),
        ];
        let mut batches = self.all()?.filter(filter)?.aggregate(groups, found)?.execute_stream().await?;
        let mut uses = Vec::new();
        while let Some(batch) = batches.next().await {
            let rows = Rows::new(&batch?)?;
            for row in 0..rows.count {
                let number = |name| rows.number(name, row);
                let counted = |name| number(name).unwrap_or_default();
                uses.push(Use {
                    key: rows.text("access_key_id", row).map(str::to_owned),
                    user_arn: rows.text("user_arn", row).map(str::to_owned),
                    session_start: number("session_created_at"),
                    principal: rows.text("principal", row).map(str::to_owned),
                    session_name: rows.text("session_name", row).map(str::to_owned),
                    first: number("first"),
                    last: number("last"),
                    events: counted("ids") + counted("rows") - counted("with_id"),
                });
            }
            limit(uses.len())?;
        }
        Ok(uses)
    }
}

/// Refuses to follow more than memory is meant for.
pub(super) fn limit(credentials: usize) -> Result<()> {
    if credentials <= MOST_CREDENTIALS {
        return Ok(());
    }
    let message = format!("more than {MOST_CREDENTIALS} credentials are involved, too many to follow");
    Err(failed(Error::sql(message).hinted("ask about one session or one access key instead of a whole role")))
}

/// The columns of a batch by name, as texts and numbers.
struct Rows {
    texts: Vec<(String, StringArray)>,
    numbers: Vec<(String, Int64Array)>,
    count: usize,
}

impl Rows {
    fn new(batch: &RecordBatch) -> Result<Self> {
        let (mut texts, mut numbers) = (Vec::new(), Vec::new());
        for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
            let name = field.name().clone();
            match field.data_type() {
                DataType::Utf8View | DataType::Utf8 | DataType::LargeUtf8 => {
                    texts.push((name, cast(column, &DataType::Utf8)?.as_string::<i32>().clone()));
                }
                _ => {
                    let column = cast(column, &DataType::Int64)?;
                    numbers.push((name, column.as_primitive::<Int64Type>().clone()));
                }
            }
        }
        Ok(Self { texts, numbers, count: batch.num_rows() })
    }

    /// A text; an empty one says nothing, and counts as none.
    fn text(&self, column: &str, row: usize) -> Option<&str> {
        let (_, column) = self.texts.iter().find(|(name, _)| name == column)?;
        Some(column)
            .filter(|column| column.is_valid(row))
            .map(|column| column.value(row))
            .filter(|it| !it.is_empty())
    }

    fn number(&self, column: &str, row: usize) -> Option<i64> {
        let (_, column) = self.numbers.iter().find(|(name, _)| name == column)?;
        column.is_valid(row).then(|| column.value(row))
    }
}

/// Remembers which calls have been met for which credential, so that copies of an event count once.
#[derive(Debug, Default)]
pub(super) struct Met {
    calls: HashSet<(String, usize)>,
    /// The credentials of calls that name none.
    unnamed: HashMap<String, usize>,
}

impl Met {
    /// Tells whether it is the first time.
    pub(super) fn first(&mut self, call: &str, credential: usize, by_key: bool) -> bool {
        if !by_key {
            self.unnamed.entry(call.to_owned()).or_insert(credential);
        }
        self.calls.insert((call.to_owned(), credential))
    }

    /// The credential of a call that names none.
    pub(super) fn unnamed(&self, call: &str) -> Option<usize> {
        self.unnamed.get(call).copied()
    }
}
