//! The service as a client on the network meets it.

use std::net::Ipv4Addr;

use arrow::array::Int32Array;
use arrow::array::StringArray;
use arrow_flight::flight_service_client::FlightServiceClient;
use arrow_flight::sql::client::FlightSqlServiceClient;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tonic::transport::Channel;
use tonic::transport::Endpoint;

use super::open::serve;
use super::*;

/// A server that ends when the sender is dropped.
async fn served() -> (Channel, oneshot::Sender<()>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let (session, setup) = (session().await, Setup::open().unwrap());
    tokio::spawn(async move {
        let stopped = async {
            let _ = stopped.await;
        };
        serve(session, listener, setup, stopped).await.unwrap();
    });
    let channel = Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
    (channel, stop)
}

#[tokio::test]
async fn a_statement_is_prepared_bound_and_run_twice() {
    let (channel, _stop) = served().await;
    let mut client = FlightSqlServiceClient::new(channel);
    let token = client.handshake("anyone", "anything").await.unwrap();
    assert_eq!(token, "Bearer anonymous".as_bytes());
    let sql = "SELECT event_id FROM cloudtrail WHERE event_id = ? AND ? > 1";
    let mut prepared = client.prepare(sql.to_owned(), None).await.unwrap();
    assert_eq!(prepared.parameter_schema().unwrap().fields().len(), 2);
    for (id, rows) in [("first.json 1", 1), ("none", 0)] {
        let id: arrow::array::ArrayRef = Arc::new(StringArray::from(vec![id]));
        let two: arrow::array::ArrayRef = Arc::new(Int32Array::from(vec![2]));
        prepared.set_parameters(RecordBatch::try_from_iter([("a", id), ("b", two)]).unwrap()).unwrap();
        let info = prepared.execute().await.unwrap();
        let ticket = info.endpoint[0].ticket.clone().unwrap();
        let batches: Vec<_> = client.do_get(ticket).await.unwrap().try_collect().await.unwrap();
        assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), rows);
    }
    prepared.close().await.unwrap();
}

#[tokio::test]
async fn a_hundred_megabytes_of_sql_are_refused_and_others_go_on() {
    let (channel, _stop) = served().await;
    let mut client = FlightServiceClient::new(channel.clone());
    let sql = format!("SELECT '{}'", "x".repeat(100 << 20));
    let refused = client.get_flight_info(descriptor(&query(&sql, None))).await.unwrap_err();
    assert_eq!(refused.code(), Code::OutOfRange, "{refused}");
    let mut client = FlightSqlServiceClient::new(channel);
    client.execute("SELECT 1".to_owned(), None).await.unwrap();
}
