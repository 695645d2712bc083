//! Whatever a client sends, it gets an answer or a refusal, and never what was not meant for it.

use arrow_flight::sql::ActionCancelQueryRequest;
use arrow_flight::sql::ActionClosePreparedStatementRequest;
use arrow_flight::sql::ActionCreatePreparedStatementRequest;
use arrow_flight::sql::ActionCreatePreparedStatementResult;
use arrow_flight::sql::ActionEndTransactionRequest;
use arrow_flight::sql::CommandGetCatalogs;
use arrow_flight::sql::CommandGetCrossReference;
use arrow_flight::sql::CommandGetPrimaryKeys;
use arrow_flight::sql::CommandGetTableTypes;
use arrow_flight::sql::CommandGetXdbcTypeInfo;
use arrow_flight::sql::CommandPreparedStatementQuery;
use arrow_flight::sql::CommandStatementIngest;
use arrow_flight::sql::CommandStatementSubstraitPlan;
use arrow_flight::sql::TicketStatementQuery;
use proptest::prelude::*;

use super::*;

const ACTIONS: [&str; 11] = [
    "CreatePreparedStatement",
    "ClosePreparedStatement",
    "BeginTransaction",
    "EndTransaction",
    "CancelQuery",
    "CancelFlightInfo",
    "SetSessionOptions",
    "GetSessionOptions",
    "CloseSession",
    "CreatePreparedSubstraitPlan",
    "",
];

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

async fn prepared(service: &Service, sql: &str) -> ActionCreatePreparedStatementResult {
    let request = ActionCreatePreparedStatementRequest { query: sql.to_owned(), transaction_id: None };
    let body = act(service, "CreatePreparedStatement", request.as_any().encode_to_vec()).await.unwrap();
    Any::decode(body).unwrap().unpack().unwrap().unwrap()
}

/// Every call with these bytes; an answer or a refusal, but no bug.
async fn sent_everywhere(service: &Service, bytes: &Bytes) {
    let well = |status: Option<Status>| {
        if let Some(status) = status {
            assert_ne!(status.code(), Code::Internal, "{status}");
        }
    };
    let descriptor = || Request::new(FlightDescriptor::new_cmd(bytes.clone()));
    well(service.get_flight_info(descriptor()).await.err());
    well(service.get_schema(descriptor()).await.err());
    well(service.poll_flight_info(descriptor()).await.err());
    well(service.do_get(Request::new(Ticket::new(bytes.clone()))).await.err());
    for action in ACTIONS {
        well(service.do_action(Request::new(Action::new(action, bytes.clone()))).await.err());
    }
}

fn messages() -> Vec<Vec<u8>> {
    let handle = Bytes::from_static(b"no handle");
    vec![
        query("SELECT ?", Some(handle.clone())).as_any().encode_to_vec(),
        query("SELECT 1; SELECT 2", None).as_any().encode_to_vec(),
        query("", None).as_any().encode_to_vec(),
        TicketStatementQuery { statement_handle: handle.clone() }.as_any().encode_to_vec(),
        CommandPreparedStatementQuery { prepared_statement_handle: handle.clone() }.as_any().encode_to_vec(),
        ActionClosePreparedStatementRequest { prepared_statement_handle: handle.clone() }
            .as_any()
            .encode_to_vec(),
        ActionCancelQueryRequest { info: handle.clone() }.as_any().encode_to_vec(),
        ActionEndTransactionRequest { transaction_id: handle, action: 1 }.as_any().encode_to_vec(),
        CommandGetTables { table_name_filter_pattern: Some("%\\".to_owned()), ..Default::default() }
            .as_any()
            .encode_to_vec(),
        CommandGetCatalogs {}.as_any().encode_to_vec(),
        CommandGetTableTypes {}.as_any().encode_to_vec(),
        CommandGetPrimaryKeys::default().as_any().encode_to_vec(),
        CommandGetCrossReference::default().as_any().encode_to_vec(),
        CommandGetXdbcTypeInfo { data_type: Some(-77) }.as_any().encode_to_vec(),
        CommandGetSqlInfo { info: vec![u32::MAX] }.as_any().encode_to_vec(),
        CommandStatementIngest::default().as_any().encode_to_vec(),
        CommandStatementSubstraitPlan::default().as_any().encode_to_vec(),
    ]
}

#[test]
fn malformed_messages_are_refused() {
    let runtime = runtime();
    let service = runtime.block_on(service());
    runtime.block_on(async {
        for message in messages() {
            sent_everywhere(&service, &message.into()).await;
        }
    });
    // Random bytes, and true messages that were damaged somewhere.
    let damaged = (proptest::sample::select(messages()), any::<prop::sample::Index>(), any::<u8>()).prop_map(
        |(mut message, at, byte)| {
            let at = at.index(message.len());
            message[at] ^= byte;
            message
        },
    );
    let bytes = prop_oneof![proptest::collection::vec(any::<u8>(), 0..100), damaged];
    proptest!(ProptestConfig::with_cases(64), |(bytes in bytes)| {
        runtime.block_on(sent_everywhere(&service, &bytes.into()));
    });
}

#[test]
fn altered_handles_are_refused() {
    let runtime = runtime();
    let service = runtime.block_on(service());
    let handle = runtime.block_on(prepared(&service, "SELECT 1")).prepared_statement_handle;
    proptest!(|(at in any::<prop::sample::Index>(), bit in 0..8_u8, end in any::<prop::sample::Index>())| {
        let mut altered = handle.to_vec();
        let at = at.index(altered.len());
        altered[at] ^= 1 << bit;
        let cut = handle.slice(..end.index(handle.len()));
        for forged in [Bytes::from(altered), cut] {
            let command = CommandPreparedStatementQuery { prepared_statement_handle: forged };
            let refused = runtime.block_on(info(&service, &command)).unwrap_err();
            prop_assert_eq!(refused.code(), Code::InvalidArgument);
            prop_assert!(refused.message().contains("not one of this server"));
        }
    });
}

#[tokio::test]
async fn a_handle_of_one_kind_is_none_of_another() {
    let service = service().await;
    let handle = prepared(&service, "SELECT 1").await.prepared_statement_handle;
    let as_ticket = TicketStatementQuery { statement_handle: handle.clone() }.as_any().encode_to_vec();
    let refused = fetch(&service, Request::new(Ticket::new(as_ticket))).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let refused = info(&service, &query("SELECT 1", Some(handle))).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
}

#[tokio::test]
async fn what_is_prepared_tells_its_columns_and_parameters() {
    let service = service().await;
    for (sql, columns, parameters) in [
        (
            "SELECT event_name FROM cloudtrail WHERE event_time > ? LIMIT ?",
            "Utf8",
            "Timestamp(ms, \"UTC\"), Int64",
        ),
        ("SELECT CAST(? AS INT) AS n", "Int32", "Int32"),
        ("SELECT ? FROM cloudtrail WHERE event_name = ?", "Utf8", "Utf8, Utf8"),
        (
            "SELECT read_only FROM cloudtrail WHERE read_only = $1 OR event_date = $2",
            "Boolean",
            "Boolean, Date32",
        ),
        ("EXPLAIN SELECT 1", "Utf8, Utf8", ""),
        ("SHOW TABLES", "Utf8, Utf8, Utf8, Utf8", ""),
    ] {
        let told = prepared(&service, sql).await;
        let types = |schema: Bytes| {
            let schema = arrow::datatypes::Schema::try_from(arrow_flight::IpcMessage(schema)).unwrap();
            let types: Vec<_> = schema.fields().iter().map(|field| field.data_type().to_string()).collect();
            types.join(", ")
        };
        assert_eq!(types(told.dataset_schema), columns, "{sql}");
        assert_eq!(types(told.parameter_schema), parameters, "{sql}");
        let handle =
            CommandPreparedStatementQuery { prepared_statement_handle: told.prepared_statement_handle };
        let asked = info(&service, &handle).await;
        assert_eq!(asked.is_ok(), parameters.is_empty(), "{sql}: values are missing");
    }
}

#[tokio::test]
async fn a_text_that_is_too_long_is_refused() {
    let service = service().await;
    let sql = format!("SELECT '{}'", "x".repeat(2 << 20));
    let refused = info(&service, &query(&sql, None)).await.unwrap_err();
    assert_eq!(refused.message(), "the SQL has 2097161 bytes, and may have 1048576");
    let deep = format!("SELECT {}1{}", "(".repeat(100_000), ")".repeat(100_000));
    let refused = info(&service, &query(&deep, None)).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
}
