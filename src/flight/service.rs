//! The protocol: every call of Flight, told apart and answered.
//!
//! arrow-flight has a trait that does the telling apart, but not for all calls that clients make: it answers
//! GetSchema, PollFlightInfo, CancelFlightInfo and the actions of session options itself, with a refusal. So the
//! calls are told apart here.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;

use arrow::datatypes::Schema;
use arrow::ipc::writer::IpcWriteOptions;
use arrow_flight::Action;
use arrow_flight::ActionType;
use arrow_flight::Criteria;
use arrow_flight::Empty;
use arrow_flight::FlightData;
use arrow_flight::FlightDescriptor;
use arrow_flight::FlightEndpoint;
use arrow_flight::FlightInfo;
use arrow_flight::HandshakeRequest;
use arrow_flight::HandshakeResponse;
use arrow_flight::IpcMessage;
use arrow_flight::PollInfo;
use arrow_flight::PutResult;
use arrow_flight::SchemaAsIpc;
use arrow_flight::SchemaResult;
use arrow_flight::Ticket;
use arrow_flight::flight_service_server::FlightService;
use arrow_flight::sql::Any;
use arrow_flight::sql::Command;
use arrow_flight::sql::DoPutPreparedStatementResult;
use arrow_flight::sql::ProstMessageExt;
use arrow_flight::sql::TicketStatementQuery;
use futures::FutureExt;
use futures::Stream;
use futures::StreamExt;
use futures::stream;
use prost::Message;
use prost::bytes::Bytes;
use tonic::Request;
use tonic::Response;
use tonic::Status;
use tonic::Streaming;

use crate::flight::Setup;
use crate::flight::actions;
use crate::flight::bind;
use crate::flight::metadata;
use crate::flight::metadata::Tables;
use crate::flight::options::Kept;
use crate::flight::run;
use crate::flight::running::Running;
use crate::flight::seal::Kind;
use crate::flight::seal::Seal;
use crate::flight::snapshots::Snapshots;
use crate::flight::statements::Asker;
use crate::session::Session;

/// What a call answers with that answers more than once.
pub(super) type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// The Flight SQL service over a session. Cheap to clone; clones share what they know.
#[derive(Clone)]
pub struct Service {
    pub(super) session: Session,
    pub(super) setup: Setup,
    pub(super) seal: Seal,
    pub(super) running: Running,
    pub(super) kept: Arc<Kept>,
    pub(super) snapshots: Arc<Snapshots>,
    pub(super) tables: Arc<Tables>,
}

impl std::fmt::Debug for Service {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Service").field("session", &self.session).finish_non_exhaustive()
    }
}

impl Service {
    pub(super) fn new(session: Session, setup: Setup) -> Self {
        Self {
            session,
            seal: Seal::new(&setup.key),
            setup,
            running: Running::default(),
            kept: Arc::default(),
            snapshots: Arc::default(),
            tables: Arc::default(),
        }
    }

    /// Plans every view once, so that the first client that asks for all columns need not wait.
    pub(super) async fn warm(&self) {
        if let Err(error) = self.tables.warm(&self.session).await {
            tracing::warn!(%error, "the columns of the views could not be planned ahead");
        }
    }

    /// What is told of a command, and the ticket to its rows.
    async fn told(&self, asker: &Asker, descriptor: &FlightDescriptor) -> Result<(Schema, Bytes), Status> {
        let command = command(&descriptor.cmd)?;
        let statement = match &command {
            Command::CommandStatementQuery(query) => {
                self.statement(asker, &query.query, query.transaction_id.as_ref())?
            }
            Command::CommandPreparedStatementQuery(query) => {
                self.opened(asker, Kind::Prepared, &query.prepared_statement_handle)?
            }
            _ => {
                let schema = metadata::schema(&command).ok_or_else(|| unknown(&command))?;
                return Ok((schema.as_ref().clone(), descriptor.cmd.clone()));
            }
        };
        let promise = self.promise(asker, statement).await?;
        let ticket = TicketStatementQuery { statement_handle: promise.sealed };
        Ok((promise.schema.as_ref().clone(), ticket.as_any().encode_to_vec().into()))
    }

    async fn info(&self, request: Request<FlightDescriptor>) -> Result<FlightInfo, Status> {
        let asker = self.asker(&request)?;
        let descriptor = request.into_inner();
        let (schema, ticket) = self.told(&asker, &descriptor).await?;
        // One endpoint and no location: some clients read only the first, others connect anew, without their token.
        let endpoint = FlightEndpoint::new().with_ticket(Ticket::new(ticket.clone()));
        let info = FlightInfo::new()
            .try_with_schema(&schema)
            .map_err(|error| Status::internal(error.to_string()))?
            .with_endpoint(endpoint)
            .with_app_metadata(ticket)
            .with_descriptor(descriptor);
        Ok(info)
    }

    async fn get(&self, request: Request<Ticket>) -> Result<Answers<FlightData>, Status> {
        let asker = self.asker(&request)?;
        let command = command(&request.get_ref().ticket)?;
        let sealed = match &command {
            Command::TicketStatementQuery(ticket) => {
                let statement = self.opened(&asker, Kind::Ticket, &ticket.statement_handle)?;
                return self.rows(&asker, statement).await;
            }
            // Some clients fetch a prepared statement without asking for its ticket first.
            Command::CommandPreparedStatementQuery(query) => &query.prepared_statement_handle,
            _ => return self.metadata(&asker, command).await,
        };
        let statement = self.opened(&asker, Kind::Prepared, sealed)?;
        let promise = self.promise(&asker, statement).await?;
        let statement = self.opened(&asker, Kind::Ticket, &promise.sealed)?;
        self.rows(&asker, statement).await
    }

    async fn metadata(&self, asker: &Asker, command: Command) -> Result<Answers<FlightData>, Status> {
        let schema = metadata::schema(&command).ok_or_else(|| unknown(&command))?;
        let name = command.type_url().rsplit('.').next().unwrap_or_default().to_owned();
        let permit = self.setup.watch.admit(&asker.caller, name.trim_start_matches("Command")).await?;
        match metadata::batch(&self.tables, &self.session, command).await {
            Ok(batch) => {
                debug_assert_eq!(batch.schema(), schema, "{name}");
                Ok(run::send(batch, permit))
            }
            Err(status) => {
                permit.ended(status.message());
                Err(status)
            }
        }
    }

    async fn put(&self, request: Request<Streaming<FlightData>>) -> Result<Answers<PutResult>, Status> {
        let asker = self.asker(&request)?;
        let mut data = request.into_inner();
        let first = data.message().await?;
        let first = first.ok_or_else(|| Status::invalid_argument("nothing was put"))?;
        let descriptor = first.flight_descriptor.as_ref();
        let descriptor =
            descriptor.ok_or_else(|| Status::invalid_argument("what was put has no descriptor"))?;
        let command = command(&descriptor.cmd)?;
        let Command::CommandPreparedStatementQuery(query) = &command else { return Err(unknown(&command)) };
        let statement = self.opened(&asker, Kind::Prepared, &query.prepared_statement_handle)?;
        let row = bind::receive(stream::iter([Ok(first)]).chain(data)).await?;
        let handle = self.bind(&asker, statement, &row).await?;
        let result = DoPutPreparedStatementResult { prepared_statement_handle: Some(handle) };
        Ok(answers([PutResult { app_metadata: result.encode_to_vec().into() }]))
    }

    async fn shake(
        &self,
        request: Request<Streaming<HandshakeRequest>>,
    ) -> Result<Response<Answers<HandshakeResponse>>, Status> {
        let address = request.remote_addr();
        let headers = request.metadata().clone();
        let token = self.setup.doorkeeper.handshake(&headers, address).await?;
        // One response, for the client that waits for it; the header, for all others.
        let payload = Bytes::copy_from_slice(token.as_bytes());
        let mut response = Response::new(answers([HandshakeResponse { protocol_version: 0, payload }]));
        response.metadata_mut().insert("authorization", token);
        Ok(response)
    }
}

#[tonic::async_trait]
impl FlightService for Service {
    type HandshakeStream = Answers<HandshakeResponse>;
    type ListFlightsStream = Answers<FlightInfo>;
    type DoGetStream = Answers<FlightData>;
    type DoPutStream = Answers<PutResult>;
    type DoActionStream = Answers<arrow_flight::Result>;
    type ListActionsStream = Answers<ActionType>;
    type DoExchangeStream = Answers<FlightData>;

    async fn handshake(
        &self,
        request: Request<Streaming<HandshakeRequest>>,
    ) -> Result<Response<Self::HandshakeStream>, Status> {
        unharmed(self.shake(request)).await
    }

    async fn list_flights(
        &self,
        _request: Request<Criteria>,
    ) -> Result<Response<Self::ListFlightsStream>, Status> {
        // There are only those that a client asks for with SQL.
        Ok(Response::new(answers([])))
    }

    async fn get_flight_info(
        &self,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        unharmed(self.info(request)).await.map(Response::new)
    }

    async fn poll_flight_info(
        &self,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<PollInfo>, Status> {
        // Planning is all that happens before the rows are fetched, and it is done by then: no descriptor to go on.
        let info = unharmed(self.info(request)).await?;
        Ok(Response::new(PollInfo { info: Some(info), progress: Some(1.0), ..PollInfo::default() }))
    }

    async fn get_schema(&self, request: Request<FlightDescriptor>) -> Result<Response<SchemaResult>, Status> {
        let asker = self.asker(&request)?;
        let (schema, _) = unharmed(self.told(&asker, request.get_ref())).await?;
        Ok(Response::new(SchemaResult { schema: schema_bytes(&schema)? }))
    }

    async fn do_get(&self, request: Request<Ticket>) -> Result<Response<Self::DoGetStream>, Status> {
        unharmed(self.get(request)).await.map(Response::new)
    }

    async fn do_put(
        &self,
        request: Request<Streaming<FlightData>>,
    ) -> Result<Response<Self::DoPutStream>, Status> {
        unharmed(self.put(request)).await.map(Response::new)
    }

    async fn do_action(&self, request: Request<Action>) -> Result<Response<Self::DoActionStream>, Status> {
        unharmed(actions::answer(self, request)).await
    }

    async fn list_actions(
        &self,
        _request: Request<Empty>,
    ) -> Result<Response<Self::ListActionsStream>, Status> {
        Ok(Response::new(answers(actions::all())))
    }

    async fn do_exchange(
        &self,
        _request: Request<Streaming<FlightData>>,
    ) -> Result<Response<Self::DoExchangeStream>, Status> {
        Err(Status::unimplemented("DoExchange is no call of Flight SQL"))
    }
}

/// What one call answers with, all at once.
pub(super) fn answers<T: Send + 'static>(all: impl IntoIterator<Item = T>) -> Answers<T> {
    let all: Vec<_> = all.into_iter().map(Ok).collect();
    Box::pin(stream::iter(all))
}

/// A schema as Flight sends it by itself.
pub(super) fn schema_bytes(schema: &Schema) -> Result<Bytes, Status> {
    let options = IpcWriteOptions::default();
    let message = IpcMessage::try_from(SchemaAsIpc::new(schema, &options));
    message.map(|message| message.0).map_err(|error| Status::internal(error.to_string()))
}

fn command(bytes: &Bytes) -> Result<Command, Status> {
    let any = Any::decode(bytes.clone())
        .map_err(|error| Status::invalid_argument(format!("this is no command of Flight SQL: {error}")))?;
    Command::try_from(any).map_err(|error| Status::invalid_argument(error.to_string()))
}

/// The refusal of a command that is not answered.
fn unknown(command: &Command) -> Status {
    match command {
        Command::CommandStatementUpdate(_)
        | Command::CommandPreparedStatementUpdate(_)
        | Command::CommandStatementIngest(_) => Status::permission_denied(
            "the lake is only read here: nothing can be inserted, updated or created; `trailql ingest` brings in logs",
        ),
        Command::CommandStatementSubstraitPlan(_) => {
            Status::unimplemented("Substrait plans are not read; send SQL")
        }
        other => Status::invalid_argument(format!("{} is not expected here", other.type_url())),
    }
}

/// Whatever a client sends, it must not take the connections of others with it.
async fn unharmed<T>(answer: impl Future<Output = Result<T, Status>>) -> Result<T, Status> {
    match AssertUnwindSafe(answer).catch_unwind().await {
        Ok(answer) => answer,
        Err(_) => Err(Status::internal("this is a bug in trailql: the request could not be handled")),
    }
}
