//! Statements: planned to say their columns, prepared, bound, run.

use std::net::SocketAddr;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use arrow::datatypes::TimeUnit;
use arrow_flight::FlightData;
use arrow_flight::sql::ActionCreatePreparedStatementResult;
use datafusion::sql::parser::Statement as Parsed;
use prost::bytes::Bytes;
use tonic::Request;
use tonic::Status;
use uuid::Uuid;

use crate::error::Error;
use crate::flight::Caller;
use crate::flight::bind;
use crate::flight::bind::Parameter;
use crate::flight::marks;
use crate::flight::pool;
use crate::flight::run;
use crate::flight::run::Query;
use crate::flight::seal::Kind;
use crate::flight::seal::Options;
use crate::flight::seal::Statement;
use crate::flight::seal::Transaction;
use crate::flight::service::Answers;
use crate::flight::service::Service;
use crate::flight::service::schema_bytes;
use crate::flight::status;
use crate::flight::watch::Permit;
use crate::flight::wire;
use crate::session::Planned;
use crate::session::Session;

/// The most bytes of one SQL text.
pub(super) const MOST_SQL: usize = 1 << 20;

/// The header by which a client asks for times in nanoseconds, for one that takes every time for such.
const UNIT_HEADER: &str = "x-timestamp-unit";

/// Who asks, and what is set for that.
#[derive(Clone, Debug)]
pub(super) struct Asker {
    pub(super) caller: Caller,
    pub(super) address: Option<SocketAddr>,
    pub(super) options: Options,
    pub(super) nanoseconds: bool,
}

/// What is told of a statement before it runs.
pub(super) struct Promise {
    pub(super) schema: SchemaRef,
    /// The statement to run, pinned to the snapshot it was planned over.
    pub(super) sealed: Bytes,
}

impl Service {
    /// Who sent a request.
    pub(super) fn asker<T>(&self, request: &Request<T>) -> Result<Asker, Status> {
        let caller = request.extensions().get::<Caller>().cloned();
        let address = request.remote_addr().or_else(|| caller.as_ref().and_then(|caller| caller.address));
        let caller = caller.unwrap_or_else(|| Caller { address, ..Caller::default() });
        let nanoseconds = match request.metadata().get(UNIT_HEADER).map(|unit| unit.as_bytes()) {
            None | Some(b"us") => false,
            Some(b"ns") => true,
            Some(_) => return Err(Status::invalid_argument(format!("{UNIT_HEADER} is us or ns"))),
        };
        let options = self.kept.of(&self.seal, request.metadata(), &caller.name, address)?;
        Ok(Asker { caller, address, options, nanoseconds })
    }

    /// A statement as a client sent it; `transaction` is what it calls its transaction.
    pub(super) fn statement(
        &self,
        asker: &Asker,
        sql: &str,
        transaction: Option<&Bytes>,
    ) -> Result<Statement, Status> {
        if sql.len() > MOST_SQL {
            return Err(Status::invalid_argument(format!(
                "the SQL has {} bytes, and may have {MOST_SQL}",
                sql.len()
            )));
        }
        let marked = marks::number(sql).map_err(|error| status::of(&error))?;
        let transaction = match transaction.filter(|id| !id.is_empty()) {
            Some(id) => Some(self.transaction(asker, id)?),
            None => None,
        };
        Ok(Statement {
            sql: marked.sql,
            values: Bytes::new(),
            in_transaction: transaction.is_some(),
            versions: transaction.map(|transaction| transaction.versions).unwrap_or_default(),
            options: asker.options.clone(),
            id: Bytes::new(),
            caller: asker.caller.name.clone(),
            nanoseconds: asker.nanoseconds,
        })
    }

    /// The transaction of an id, if it is the caller's.
    pub(super) fn transaction(&self, asker: &Asker, id: &[u8]) -> Result<Transaction, Status> {
        let transaction: Transaction = self.seal.open(Kind::Transaction, id)?;
        owned(asker, &transaction.caller)?;
        Ok(transaction)
    }

    /// The statement of a handle or ticket, if it is the caller's.
    pub(super) fn opened(&self, asker: &Asker, kind: Kind, sealed: &[u8]) -> Result<Statement, Status> {
        let statement: Statement = self.seal.open(kind, sealed)?;
        owned(asker, &statement.caller)?;
        Ok(statement)
    }

    /// Plans a statement to say its columns and what to run for them.
    pub(super) async fn promise(&self, asker: &Asker, mut statement: Statement) -> Result<Promise, Status> {
        let permit = self.setup.watch.admit(&asker.caller, &statement.sql).await?;
        let planned = noted(permit, async {
            let planned = self.planned(&statement, true).await?;
            Ok(planned)
        })
        .await?;
        statement.versions = planned.snapshot().versions();
        statement.id = Bytes::copy_from_slice(Uuid::new_v4().as_bytes());
        let schema = wire::schema(&planned.schema(), unit(&statement));
        Ok(Promise { schema, sealed: self.seal.close(Kind::Ticket, &statement) })
    }

    /// Plans a statement whose parameters come later.
    pub(super) async fn prepare(
        &self,
        asker: &Asker,
        statement: Statement,
    ) -> Result<ActionCreatePreparedStatementResult, Status> {
        let permit = self.setup.watch.admit(&asker.caller, &statement.sql).await?;
        let planned = noted(permit, self.planned(&statement, false)).await?;
        let parameters = parameters(&statement, &planned)?;
        let dataset = wire::schema(&planned.schema(), unit(&statement));
        Ok(ActionCreatePreparedStatementResult {
            prepared_statement_handle: self.seal.close(Kind::Prepared, &statement),
            dataset_schema: schema_bytes(&dataset)?,
            // An empty schema, not nothing: some clients cannot read nothing.
            parameter_schema: schema_bytes(&bind::schema(&parameters))?,
        })
    }

    /// Binds values to a prepared statement, and gives the handle of that.
    pub(super) async fn bind(
        &self,
        asker: &Asker,
        mut statement: Statement,
        row: &arrow::array::RecordBatch,
    ) -> Result<Bytes, Status> {
        let permit = self.setup.watch.admit(&asker.caller, &statement.sql).await?;
        let unbound = Statement { values: Bytes::new(), ..statement.clone() };
        let planned = noted(permit, self.planned(&unbound, false)).await?;
        let fitted = bind::fit(row, &parameters(&statement, &planned)?)?;
        statement.values = bind::encode(&fitted)?;
        Ok(self.seal.close(Kind::Prepared, &statement))
    }

    /// Runs the statement of a ticket.
    pub(super) async fn rows(
        &self,
        asker: &Asker,
        statement: Statement,
    ) -> Result<Answers<FlightData>, Status> {
        let cancelled = || Status::cancelled("the query was cancelled");
        let mut place = self.running.enter(&statement.id).ok_or_else(cancelled)?;
        let admitted = tokio::select! {
            biased;
            () = place.cancelled() => Err(cancelled()),
            admitted = self.setup.watch.admit(&asker.caller, &statement.sql) => admitted,
        };
        let permit = admitted?;
        let ready = tokio::select! {
            biased;
            () = place.cancelled() => Err(cancelled()),
            ready = self.ready(&statement, permit.memory()) => ready,
        };
        let (plan, task, wire) = match ready {
            Ok(ready) => ready,
            Err(status) => {
                permit.ended(status.message());
                return Err(status);
            }
        };
        Ok(run::start(Query { plan, task, wire, place, permit }))
    }

    async fn ready(
        &self,
        statement: &Statement,
        memory: Option<usize>,
    ) -> Result<
        (
            Arc<dyn datafusion::physical_plan::ExecutionPlan>,
            Arc<datafusion::execution::TaskContext>,
            SchemaRef,
        ),
        Status,
    > {
        let planned = self.planned(statement, true).await?;
        let wire = wire::schema(&planned.schema(), unit(statement));
        let plan = planned.physical().await.map_err(|error| status::of(&error))?;
        let task = planned.task();
        let task = match memory {
            Some(most) => pool::limited(task, most).map_err(status::of_engine)?,
            None => task,
        };
        Ok((plan, task, wire))
    }

    /// Plans a statement over its snapshot, with its values where there are some and `complete` asks for all.
    async fn planned(&self, statement: &Statement, complete: bool) -> Result<Planned, Status> {
        let session = statement.options.applied(&self.session).map_err(|error| status::of(&error))?;
        let snapshot = match self.snapshots.find(&statement.versions) {
            Some(snapshot) => snapshot,
            None if statement.in_transaction => {
                return Err(Status::failed_precondition(
                    "the snapshot of the transaction is not held any more; begin another",
                ));
            }
            // A ticket of an earlier server, or of a peer: the newest has all that was seen then.
            None => self.snapshots.newest(&self.session).await?,
        };
        let parsed = parsed(&session, &statement.sql)?;
        let planned = session.pinned(snapshot).plan(parsed).await.map_err(|error| status::of(&error))?;
        if !statement.values.is_empty() {
            let values = bind::decode(&statement.values)?;
            return planned.with_values(values).map_err(|error| status::of(&error));
        }
        if complete {
            let parameters = parameters(statement, &planned)?;
            if let Some((name, _)) = parameters.first() {
                return Err(Status::invalid_argument(format!(
                    "the statement has parameters, and there is no value for ${name}; prepare it and bind values"
                )));
            }
        }
        Ok(planned)
    }
}

/// The one statement of a text, which only reads.
fn parsed(session: &Session, sql: &str) -> Result<Parsed, Status> {
    let mut statements = Session::parse(sql).map_err(|error| status::of(&error))?;
    let statement = match (statements.pop(), statements.len()) {
        (Some(statement), 0) => statement,
        (None, _) => return Err(status::of(&Error::sql("there is no SQL to run"))),
        (Some(_), more) => {
            return Err(status::of(
                &Error::sql(format!("these are {} statements", more + 1)).hinted("send them one at a time"),
            ));
        }
    };
    session.only_reads(&statement).map_err(|error| status::refused(&error))?;
    Ok(statement)
}

/// The parameters of a statement, in the order in which they are bound.
fn parameters(statement: &Statement, planned: &Planned) -> Result<Vec<Parameter>, Status> {
    let names = marks::number(&statement.sql).map_err(|error| status::of(&error))?.names;
    let mut types = planned.parameters().map_err(|error| status::of(&error))?;
    Ok(names
        .into_iter()
        .map(|name| {
            let data_type = types.remove(&format!("${name}")).flatten();
            (name, data_type)
        })
        .collect())
}

fn unit(statement: &Statement) -> TimeUnit {
    if statement.nanoseconds { TimeUnit::Nanosecond } else { TimeUnit::Microsecond }
}

fn owned(asker: &Asker, owner: &str) -> Result<(), Status> {
    if asker.caller.name == owner {
        return Ok(());
    }
    Err(Status::permission_denied("the handle was made for another user"))
}

/// Plans under a permit, which learns how it ended.
async fn noted<T>(
    permit: Box<dyn Permit>,
    planning: impl Future<Output = Result<T, Status>>,
) -> Result<T, Status> {
    let planned = planning.await;
    match &planned {
        Ok(_) => permit.ended("planned"),
        Err(status) => permit.ended(status.message()),
    }
    planned
}
