//! The service over a lake in memory, asked as clients ask it.

mod hostile;
mod limits;
mod open;
mod wired;

use arrow::array::AsArray;
use arrow::array::RecordBatch;
use arrow::datatypes::DataType;
use arrow::datatypes::Int64Type;
use arrow::datatypes::SchemaRef;
use arrow::util::display::array_value_to_string;
use arrow_flight::Action;
use arrow_flight::CancelFlightInfoRequest;
use arrow_flight::FlightDescriptor;
use arrow_flight::FlightInfo;
use arrow_flight::Ticket;
use arrow_flight::decode::FlightRecordBatchStream;
use arrow_flight::error::FlightError;
use arrow_flight::flight_service_server::FlightService;
use arrow_flight::sql::ActionBeginTransactionRequest;
use arrow_flight::sql::ActionBeginTransactionResult;
use arrow_flight::sql::Any;
use arrow_flight::sql::CommandGetDbSchemas;
use arrow_flight::sql::CommandGetSqlInfo;
use arrow_flight::sql::CommandGetTables;
use arrow_flight::sql::CommandStatementQuery;
use arrow_flight::sql::CommandStatementUpdate;
use arrow_flight::sql::ProstMessageExt;
use futures::StreamExt;
use futures::TryStreamExt;
use object_store::ObjectStore;
use object_store::memory::InMemory;
use prost::Message;
use prost::bytes::Bytes;
use tonic::Code;
use tonic::Request;
use tonic::Status;
use url::Url;

use super::*;
use crate::flight::options::GetResult;
use crate::flight::options::OptionValue;
use crate::flight::options::SetRequest;
use crate::flight::options::SetResult;
use crate::flight::options::Value;
use crate::ingest;
use crate::ingest::Options;
use crate::ingest::Progress;
use crate::ingest::Source;
use crate::lake::Lake;
use crate::logs::LOGS;
use crate::storage::Location;

async fn lake() -> Lake {
    let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let location = Location::in_store(Url::parse("memory:///lake").unwrap(), store).unwrap();
    let lake = Lake::open_or_create(&location, LOGS).await.unwrap();
    add(&lake, "first.json", 3).await;
    lake
}

/// Brings an object of so many records into a lake.
async fn add(lake: &Lake, name: &str, records: usize) {
    let record = |number| {
        let id = format!("{name} {number}");
        serde_json::json!({"eventTime": "2026-09-17T08:14:05Z", "eventName": "ListBuckets", "eventID": id})
    };
    let records: Vec<_> = (0..records).map(record).collect();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(name), serde_json::json!({"Records": records}).to_string()).unwrap();
    let source = Source::open(folder.path().to_str().unwrap()).await.unwrap();
    ingest::run(lake, vec![source], &Options::default(), &Arc::new(Progress::default())).await.unwrap();
}

/// A session over a few records.
pub(super) async fn session() -> Session {
    Session::new(lake().await, 1 << 28).unwrap()
}

async fn service() -> Service {
    Service::new(session().await, Setup::open().unwrap())
}

fn descriptor(command: &impl ProstMessageExt) -> Request<FlightDescriptor> {
    Request::new(FlightDescriptor::new_cmd(command.as_any().encode_to_vec()))
}

fn query(sql: &str, transaction: Option<Bytes>) -> CommandStatementQuery {
    CommandStatementQuery { query: sql.to_owned(), transaction_id: transaction }
}

fn ticket(info: &FlightInfo) -> Request<Ticket> {
    Request::new(info.endpoint[0].ticket.clone().unwrap())
}

async fn info(service: &Service, command: &impl ProstMessageExt) -> Result<FlightInfo, Status> {
    service.get_flight_info(descriptor(command)).await.map(|response| response.into_inner())
}

async fn fetch(service: &Service, ticket: Request<Ticket>) -> Result<(SchemaRef, Vec<RecordBatch>), Status> {
    let data = service.do_get(ticket).await?.into_inner();
    let data = data.map_err(|status| FlightError::Tonic(Box::new(status)));
    let mut batches = FlightRecordBatchStream::new_from_flight_data(data);
    let mut rows = Vec::new();
    while let Some(batch) = batches.next().await {
        match batch {
            Ok(batch) => rows.push(batch),
            Err(FlightError::Tonic(status)) => return Err(*status),
            Err(error) => panic!("{error}"),
        }
    }
    Ok((Arc::clone(batches.schema().unwrap()), rows))
}

async fn asked(service: &Service, command: &impl ProstMessageExt) -> Result<Vec<RecordBatch>, Status> {
    let info = info(service, command).await?;
    let (schema, rows) = fetch(service, ticket(&info)).await?;
    assert_eq!(schema.as_ref(), &info.try_decode_schema().unwrap(), "what comes is what was promised");
    Ok(rows)
}

async fn number(service: &Service, sql: &str, transaction: Option<Bytes>) -> Result<i64, Status> {
    let rows = asked(service, &query(sql, transaction)).await?;
    Ok(rows[0].column(0).as_primitive::<Int64Type>().value(0))
}

async fn act(service: &Service, name: &str, body: Vec<u8>) -> Result<Bytes, Status> {
    let answer = service.do_action(Request::new(Action::new(name, body))).await?;
    let results: Vec<_> = answer.into_inner().try_collect().await?;
    Ok(results.into_iter().next().map(|result| result.body).unwrap_or_default())
}

async fn begin(service: &Service) -> Bytes {
    let body = ActionBeginTransactionRequest {}.as_any().encode_to_vec();
    let any = Any::decode(act(service, "BeginTransaction", body).await.unwrap()).unwrap();
    any.unpack::<ActionBeginTransactionResult>().unwrap().unwrap().transaction_id
}

#[tokio::test]
async fn every_kind_of_statement_has_columns_and_rows() {
    let service = service().await;
    for sql in [
        "SELECT * FROM cloudtrail",
        "SELECT * FROM cloudtrail_json;",
        "SELECT * FROM reports.root_console_sign_ins",
        "EXPLAIN SELECT 1",
        "SHOW TABLES",
        "SHOW ALL",
        "DESCRIBE cloudtrail",
        "SELECT * FROM information_schema.table_constraints",
        "SELECT column_name FROM information_schema.key_column_usage",
        "SELECT * FROM information_schema.referential_constraints",
        "SELECT request_parameters->'a' FROM cloudtrail",
        "VALUES (1, NULL)",
    ] {
        let info = info(&service, &query(sql, None)).await.unwrap();
        assert_eq!(info.endpoint.len(), 1);
        assert!(info.endpoint[0].location.is_empty());
        let (schema, _) = fetch(&service, ticket(&info)).await.unwrap();
        assert!(!schema.fields().is_empty(), "{sql}");
        assert_eq!(*schema, info.try_decode_schema().unwrap(), "{sql}");
        let told = service.get_schema(descriptor(&query(sql, None))).await.unwrap().into_inner();
        assert_eq!(*schema, arrow::datatypes::Schema::try_from(&told).unwrap(), "{sql}");
    }
}

#[tokio::test]
async fn statements_that_write_are_refused() {
    let service = service().await;
    for sql in [
        "DROP TABLE cloudtrail",
        "INSERT INTO cloudtrail SELECT * FROM cloudtrail",
        "CREATE TABLE t AS SELECT 1",
        "CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '/etc/passwd'",
        "COPY (SELECT 1) TO 'x.csv'",
        "EXPLAIN ANALYZE COPY (SELECT 1) TO 'x.csv'",
        "SET datafusion.execution.batch_size = 1",
    ] {
        let refused = info(&service, &query(sql, None)).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied, "{sql}: {refused}");
    }
    for sql in ["SELECT * FROM '/etc/passwd'", "SELECT * FROM read_csv('/etc/passwd')"] {
        let refused = info(&service, &query(sql, None)).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{sql}: {refused}");
    }
    let update = CommandStatementUpdate { query: "SELECT 1".to_owned(), transaction_id: None };
    let refused = info(&service, &update).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
}

#[tokio::test]
async fn commits_are_seen_but_not_within_a_transaction() {
    let lake = lake().await;
    let service = Service::new(Session::new(lake.clone(), 1 << 28).unwrap(), Setup::open().unwrap());
    let count = "SELECT count(*) FROM cloudtrail";
    let transaction = begin(&service).await;
    let before = info(&service, &query(count, None)).await.unwrap();
    add(&lake, "second.json", 4).await;
    assert_eq!(number(&service, count, None).await.unwrap(), 7);
    assert_eq!(number(&service, count, Some(transaction.clone())).await.unwrap(), 3);
    // A ticket sees what there was when it was made.
    let (_, rows) = fetch(&service, ticket(&before)).await.unwrap();
    assert_eq!(rows[0].column(0).as_primitive::<Int64Type>().value(0), 3);
    // Another server with the same key does not hold that snapshot: a ticket sees the newest, a transaction ends.
    let later = Service::new(Session::new(lake, 1 << 28).unwrap(), service.setup.clone());
    let (_, rows) = fetch(&later, ticket(&before)).await.unwrap();
    assert_eq!(rows[0].column(0).as_primitive::<Int64Type>().value(0), 7);
    let ended = number(&later, count, Some(transaction)).await.unwrap_err();
    assert_eq!(ended.code(), Code::FailedPrecondition);
    // One with another key knows nothing of either.
    let stranger = Service::new(later.session.clone(), Setup::open().unwrap());
    let refused = fetch(&stranger, ticket(&before)).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
}

#[tokio::test]
async fn tables_are_found_as_clients_look_for_them() {
    let service = service().await;
    let found = async |asked_for: CommandGetTables| {
        let rows = asked(&service, &asked_for).await.unwrap();
        let names = |batch: &RecordBatch| {
            (0..batch.num_rows())
                .map(|row| array_value_to_string(batch.column(2), row).unwrap())
                .collect::<Vec<_>>()
        };
        rows.iter().flat_map(names).collect::<Vec<_>>()
    };
    let public =
        CommandGetTables { db_schema_filter_pattern: Some("public".to_owned()), ..Default::default() };
    let of_types = |types: &[&str]| CommandGetTables {
        table_types: types.iter().map(|name| (*name).to_owned()).collect(),
        ..public.clone()
    };
    let tables = found(of_types(&["table"])).await;
    assert_eq!(tables, found(of_types(&["BASE TABLE"])).await);
    assert!(
        tables.contains(&"cloudtrail".to_owned()) && !tables.contains(&"cloudtrail_json".to_owned()),
        "{tables:?}"
    );
    assert_eq!(found(of_types(&["View"])).await, ["cloudtrail_json", "cloudtrail_verified", "s3_access_raw"]);
    assert!(found(of_types(&["SEQUENCE"])).await.is_empty());
    let named =
        |name: &str| CommandGetTables { table_name_filter_pattern: Some(name.to_owned()), ..public.clone() };
    assert_eq!(found(named("cloud%")).await, ["cloudtrail", "cloudtrail_json", "cloudtrail_verified"]);
    assert_eq!(found(named("s3_access")).await, ["s3_access"]);
    let elsewhere = CommandGetTables { catalog: Some("other".to_owned()), ..public.clone() };
    assert!(found(elsewhere).await.is_empty());
    let schemas = asked(&service, &CommandGetDbSchemas::default()).await.unwrap();
    assert_eq!(schemas[0].num_rows(), 3);
    assert_eq!(asked(&service, &CommandGetSqlInfo { info: vec![504, 3] }).await.unwrap()[0].num_rows(), 2);
}

#[tokio::test]
async fn every_column_of_every_table_has_a_comment() {
    let session = session().await;
    let listing = session.listing().await.unwrap();
    let mut missing = Vec::new();
    for (table, _) in listing.tables(Session::SCHEMA).await.unwrap() {
        assert!(listing.about(Session::SCHEMA, &table).is_some(), "{table}");
        for field in listing.columns(Session::SCHEMA, &table).await.unwrap().unwrap().fields() {
            if field.metadata().get("comment").is_none_or(String::is_empty) {
                missing.push(format!("{table}.{}", field.name()));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}

#[tokio::test]
async fn times_are_sent_in_nanoseconds_to_whom_asks_for_them() {
    let service = service().await;
    let mut request = descriptor(&query("SELECT event_time FROM cloudtrail", None));
    request.metadata_mut().insert("x-timestamp-unit", "ns".parse().unwrap());
    let info = service.get_flight_info(request).await.unwrap().into_inner();
    let (schema, rows) = fetch(&service, ticket(&info)).await.unwrap();
    let expected = DataType::Timestamp(arrow::datatypes::TimeUnit::Nanosecond, Some("UTC".into()));
    assert_eq!(schema.field(0).data_type(), &expected);
    assert_eq!(array_value_to_string(rows[0].column(0), 0).unwrap(), "2026-09-17T08:14:05Z");
}

#[tokio::test]
async fn options_are_kept_in_a_cookie() {
    let service = service().await;
    let text = |text: &str| OptionValue { value: Some(Value::Text(text.to_owned())) };
    let options = [
        ("catalog", text("trailql")),
        ("schema", text("reports")),
        ("time_zone", text("nowhere")),
        ("colour", text("red")),
    ];
    let options = options.map(|(name, value)| (name.to_owned(), value));
    let request = Action::new("SetSessionOptions", SetRequest { options: options.into() }.encode_to_vec());
    let answer = service.do_action(Request::new(request)).await.unwrap();
    let cookie = answer.metadata().get("set-cookie").unwrap().clone();
    let results: Vec<_> = answer.into_inner().try_collect().await.unwrap();
    let result = SetResult::decode(results[0].body.clone()).unwrap();
    let mut errors: Vec<_> =
        result.errors.iter().map(|(name, error)| (name.as_str(), error.reason)).collect();
    errors.sort_unstable();
    assert_eq!(errors, [("colour", 1), ("time_zone", 2)]);

    let bare = query("SELECT count(*) FROM root_console_sign_ins", None);
    service.get_flight_info(descriptor(&bare)).await.unwrap_err();
    let mut request = descriptor(&bare);
    request.metadata_mut().insert("cookie", cookie.clone());
    service.get_flight_info(request).await.unwrap();
    let mut request = Request::new(Action::new("GetSessionOptions", Vec::new()));
    request.metadata_mut().insert("cookie", cookie);
    let results: Vec<_> = service.do_action(request).await.unwrap().into_inner().try_collect().await.unwrap();
    let told = GetResult::decode(results[0].body.clone()).unwrap();
    assert_eq!(told.options["schema"], text("reports"));
    assert_eq!(told.options["time_zone"], text("UTC"));
}

#[tokio::test]
async fn a_query_is_cancelled_by_its_info() {
    let service = service().await;
    let endless = "SELECT * FROM generate_series(1, 1000000000000)";
    let info = info(&service, &query(endless, None)).await.unwrap();
    let mut rows = service.do_get(ticket(&info)).await.unwrap().into_inner();
    rows.next().await.unwrap().unwrap();
    act(&service, "CancelFlightInfo", CancelFlightInfoRequest::new(info.clone()).encode_to_vec())
        .await
        .unwrap();
    let cancelled = rows.try_for_each(async |_| Ok(())).await.unwrap_err();
    assert_eq!(cancelled.code(), Code::Cancelled);
    let again = fetch(&service, ticket(&info)).await.unwrap_err();
    assert_eq!(again.code(), Code::Cancelled);
}
