//! The actions: prepared statements, transactions, cancelling, session options.

use arrow_flight::Action;
use arrow_flight::ActionType;
use arrow_flight::CancelFlightInfoRequest;
use arrow_flight::CancelFlightInfoResult;
use arrow_flight::CancelStatus;
use arrow_flight::FlightInfo;
use arrow_flight::sql::ActionBeginTransactionResult;
use arrow_flight::sql::ActionCancelQueryRequest;
use arrow_flight::sql::ActionCancelQueryResult;
use arrow_flight::sql::ActionClosePreparedStatementRequest;
use arrow_flight::sql::ActionCreatePreparedStatementRequest;
use arrow_flight::sql::ActionEndTransactionRequest;
use arrow_flight::sql::Any;
use arrow_flight::sql::Command;
use arrow_flight::sql::ProstMessageExt;
use prost::Message;
use prost::bytes::Bytes;
use tonic::Request;
use tonic::Response;
use tonic::Status;
use tonic::metadata::MetadataValue;

use crate::flight::options::CloseResult;
use crate::flight::options::SetRequest;
use crate::flight::seal::Kind;
use crate::flight::seal::Options;
use crate::flight::seal::Transaction;
use crate::flight::service::Answers;
use crate::flight::service::Service;
use crate::flight::service::answers;
use crate::flight::statements::Asker;

/// Every action with what it does.
const ACTIONS: [(&str, &str); 9] = [
    ("CreatePreparedStatement", "Plans a statement: ActionCreatePreparedStatementRequest, ...Result"),
    ("ClosePreparedStatement", "Forgets a statement: ActionClosePreparedStatementRequest"),
    ("BeginTransaction", "Pins a snapshot: ActionBeginTransactionRequest, ...Result"),
    ("EndTransaction", "Forgets a snapshot: ActionEndTransactionRequest"),
    ("CancelQuery", "Stops a query: ActionCancelQueryRequest, ...Result"),
    ("CancelFlightInfo", "Stops a query: CancelFlightInfoRequest, ...Result"),
    ("SetSessionOptions", "Sets catalog, schema or time_zone: SetSessionOptionsRequest, ...Result"),
    ("GetSessionOptions", "Tells the options: GetSessionOptionsRequest, ...Result"),
    ("CloseSession", "Forgets the options: CloseSessionRequest, ...Result"),
];

/// Every action.
pub(super) fn all() -> impl Iterator<Item = ActionType> {
    let action = |(name, does): &(&str, &str)| ActionType {
        r#type: (*name).to_owned(),
        description: (*does).to_owned(),
    };
    ACTIONS.iter().map(action)
}

/// Answers an action.
pub(super) async fn answer(
    service: &Service,
    request: Request<Action>,
) -> Result<Response<Answers<arrow_flight::Result>>, Status> {
    let asker = service.asker(&request)?;
    let Action { r#type: name, body } = request.into_inner();
    let mut cookie = None;
    let result = match name.as_str() {
        "CreatePreparedStatement" => {
            let asked: ActionCreatePreparedStatementRequest = unpacked(body)?;
            let statement = service.statement(&asker, &asked.query, asked.transaction_id.as_ref())?;
            Some(service.prepare(&asker, statement).await?.as_any().encode_to_vec())
        }
        "ClosePreparedStatement" => {
            let asked: ActionClosePreparedStatementRequest = unpacked(body)?;
            service.opened(&asker, Kind::Prepared, &asked.prepared_statement_handle)?;
            None
        }
        "BeginTransaction" => Some(begin(service, &asker).await?.as_any().encode_to_vec()),
        "EndTransaction" => {
            let asked: ActionEndTransactionRequest = unpacked(body)?;
            service.transaction(&asker, &asked.transaction_id)?;
            None
        }
        "CancelQuery" => {
            let asked: ActionCancelQueryRequest = unpacked(body)?;
            let info = FlightInfo::decode(asked.info).map_err(malformed)?;
            let result = cancel(service, &asker, &info)? as i32;
            Some(ActionCancelQueryResult { result }.as_any().encode_to_vec())
        }
        "CancelFlightInfo" => {
            let asked = CancelFlightInfoRequest::decode(body).map_err(malformed)?;
            let info = asked.info.ok_or_else(|| Status::invalid_argument("it names no query to cancel"))?;
            Some(CancelFlightInfoResult::new(cancel(service, &asker, &info)?).encode_to_vec())
        }
        "SetSessionOptions" => {
            let mut options = asker.options.clone();
            let result = options.set(&service.session, SetRequest::decode(body).map_err(malformed)?);
            cookie = Some(service.kept.keep(&service.seal, &asker.caller.name, asker.address, &options));
            Some(result.encode_to_vec())
        }
        "GetSessionOptions" => Some(asker.options.all().encode_to_vec()),
        "CloseSession" => {
            let options = Options::default();
            cookie = Some(service.kept.keep(&service.seal, &asker.caller.name, asker.address, &options));
            Some(CloseResult { status: 1 }.encode_to_vec())
        }
        _ => return Err(unknown(&name)),
    };
    let mut response = Response::new(answers(result.map(arrow_flight::Result::new)));
    if let Some(cookie) = cookie {
        let cookie = MetadataValue::try_from(cookie).map_err(|error| Status::internal(error.to_string()))?;
        response.metadata_mut().insert("set-cookie", cookie);
    }
    Ok(response)
}

async fn begin(service: &Service, asker: &Asker) -> Result<ActionBeginTransactionResult, Status> {
    let versions = service.snapshots.newest(&service.session).await?.versions();
    let transaction = Transaction { versions, caller: asker.caller.name.clone() };
    Ok(ActionBeginTransactionResult { transaction_id: service.seal.close(Kind::Transaction, &transaction) })
}

fn cancel(service: &Service, asker: &Asker, info: &FlightInfo) -> Result<CancelStatus, Status> {
    let ticket = info.endpoint.iter().find_map(|endpoint| endpoint.ticket.as_ref());
    let ticket = ticket.ok_or_else(|| Status::invalid_argument("it names no query to cancel"))?;
    let any = Any::decode(ticket.ticket.clone()).map_err(malformed)?;
    match Command::try_from(any) {
        Ok(Command::TicketStatementQuery(ticket)) => {
            let statement = service.opened(asker, Kind::Ticket, &ticket.statement_handle)?;
            service.running.cancel(&statement.id);
            Ok(CancelStatus::Cancelled)
        }
        _ => Ok(CancelStatus::NotCancellable),
    }
}

fn unpacked<M: ProstMessageExt>(body: Bytes) -> Result<M, Status> {
    let any = Any::decode(body).map_err(malformed)?;
    let message = any.unpack().map_err(|error| Status::invalid_argument(error.to_string()))?;
    message.ok_or_else(|| {
        Status::invalid_argument(format!("{} is expected, not {}", M::type_url(), any.type_url))
    })
}

fn unknown(name: &str) -> Status {
    let known: Vec<_> = ACTIONS.iter().map(|(name, _)| *name).collect();
    Status::unimplemented(format!("there is no action {name:?}; there is {}", known.join(", ")))
}

fn malformed(error: prost::DecodeError) -> Status {
    Status::invalid_argument(format!("the message cannot be read: {error}"))
}
