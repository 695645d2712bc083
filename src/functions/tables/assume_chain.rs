//! The chain of credentials: back to the first human or key, and forward to all that was issued.

use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::catalog::TableProvider;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::common::Result;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::TaskContext;
use datafusion::logical_expr::col;
use datafusion::logical_expr::lit;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;

use crate::functions::tables::TableFunction;
use crate::functions::tables::credentials::Credential;
use crate::functions::tables::credentials::Events;
use crate::functions::tables::credentials::Issue;
use crate::functions::tables::credentials::Use;
use crate::functions::tables::credentials::limit;
use crate::functions::tables::tree;
use crate::functions::tables::walk::First;
use crate::functions::tables::walk::Walk;
use crate::functions::tables::who::Who;

pub(super) const ASSUME_CHAIN: TableFunction = TableFunction {
    name: "assume_chain",
    description: "Follows credentials in both directions, as a tree: back from a key, session, principal or event to the \
        first human, service or key (`depth` below 0), and forward to all that was issued with it (above 0). A row is one \
        credential: the event that issued it (its time, caller, address ...; empty if it is not in the lake), what it \
        acts as, and when and how often it was used. Copies of one event count once. `linked_by` is `key` where the \
        issuing event names the key, and `session and time` where only the session's ARN and the second it was \
        opened tell. Filters limit what is shown, not what is followed. At most 50,000 credentials are followed.",
    argument: ("who", WHO),
    example: r#"
> SELECT depth, issued_access_key_id, event_name, acts_as, events FROM assume_chain('AKIAKESTRELQ7EXAMPLE');
+-------+----------------------+-----------------+-----------------------------------------------+--------+
| depth | issued_access_key_id | event_name      | acts_as                                       | events |
+-------+----------------------+-----------------+-----------------------------------------------+--------+
| -1    | ASIAKESTRELR5EXAMPLE | ConsoleLogin    | arn:aws:iam::444455556666:root                | 5      |
| 0     | AKIAKESTRELQ7EXAMPLE | CreateAccessKey | arn:aws:iam::444455556666:user/deploy-old     | 8      |
| 1     | ASIAKESTRELX3EXAMPLE | AssumeRole      | arn:aws:iam::111122223333:role/ReleaseManager | 28     |
+-------+----------------------+-----------------+-----------------------------------------------+--------+
"#,
    call: |call| {
        let chain = Chain {
            events: Events::new(call.state.clone(), call.cloudtrail()?),
            text: call.text.trim().to_owned(),
            schema: tree::schema(),
        };
        let schema = Arc::clone(&chain.schema);
        let table = StreamingTable::try_new(schema, vec![Arc::new(chain)])?;
        Ok(Arc::new(table) as Arc<dyn TableProvider>)
    },
};

const WHO: &str = "an event id, or what `activity` takes: an ARN, the name of a user, a role or a session, an access key id, \
    or an account's root as `123456789012:root`";

/// One call. Nothing is read before its rows are asked for.
#[derive(Debug)]
struct Chain {
    events: Events,
    text: String,
    schema: SchemaRef,
}

impl PartitionStream for Chain {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let (events, text) = (self.events.clone(), self.text.clone());
        let rows = futures::stream::once(async move { rows(&events, &text).await });
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), rows))
    }
}

async fn rows(events: &Events, text: &str) -> Result<RecordBatch> {
    let mut walk = Walk::default();
    let (starts, first) = start(events, text, &mut walk).await?;
    walk.backward(events, &starts).await?;
    walk.forward(events, &starts, first).await?;
    let mut uses = walk.uses(events).await?;
    if let Some(number) = walk.held.number(&Credential::Keyless) {
        let keyless = col("access_key_id").is_null().and(Who::read(text).acted());
        for used in events.uses(keyless).await? {
            if caller(&used).is_none() {
                uses.entry(number).or_default().add(&used);
            }
        }
    }
    tree::rows(&walk, &uses, text)
}

/// The credentials the question starts with: those of the event of that id, else those with which they acted.
async fn start(events: &Events, text: &str, walk: &mut Walk) -> Result<(Vec<usize>, Option<First>)> {
    let who = Who::read(text);
    let mut starts = Vec::new();
    if let Who::Name(id) = &who {
        for credential in of_event(events, id).await? {
            starts.push(walk.start(credential)?);
        }
        if !starts.is_empty() {
            return Ok((starts, None));
        }
    }
    if let Who::Key(key) = &who {
        starts.push(walk.start(Credential::Key(key.clone()))?);
        return Ok((starts, None));
    }
    let mut first = None;
    for used in events.uses(who.acted()).await? {
        match caller(&used) {
            Some(credential) => starts.push(walk.start(credential)?),
            None => {
                let root = walk.start(Credential::Keyless)?;
                let filter = col("access_key_id").is_null().and(who.acted());
                first = Some(First { filter, root: Some(root) });
            }
        }
        limit(starts.len())?;
    }
    starts.sort_unstable();
    starts.dedup();
    Ok((starts, first))
}

/// The credential that an event issued; else the one it was made with.
async fn of_event(events: &Events, id: &str) -> Result<Vec<Credential>> {
    let mut copies: Vec<Issue> = Vec::new();
    let named = col("event_id").eq(lit(id)).or(col("shared_event_id").eq(lit(id)));
    let keep = |issue| {
        copies.push(issue);
        limit(copies.len())
    };
    events.issues(named, keep).await?;
    copies.sort_by_key(|copy| std::cmp::Reverse(copy.detail()));
    let issued: Vec<_> = copies.iter().filter_map(|copy| copy.issued.clone()).map(Credential::Key).collect();
    let credentials = match issued.is_empty() {
        true => copies.iter().filter_map(Issue::caller).collect(),
        false => issued,
    };
    Ok(credentials)
}

/// The credential some calls were made with; none if they carry neither key nor session.
fn caller(used: &Use) -> Option<Credential> {
    if let Some(key) = &used.key {
        return Some(Credential::Key(key.clone()));
    }
    let arn = used.user_arn.clone().filter(|arn| arn.contains(":assumed-role/"))?;
    Some(Credential::Session { arn, start: used.session_start? })
}
