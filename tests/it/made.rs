//! Lakes in memory, of records that a test makes.

use std::path::Path;
use std::sync::Arc;

use arrow::util::pretty::pretty_format_batches;
use futures::TryStreamExt;
use object_store::ObjectStore;
use object_store::memory::InMemory;
use serde_json::Value;
use serde_json::json;
use trailql::ingest;
use trailql::ingest::Options;
use trailql::ingest::Progress;
use trailql::ingest::Source;
use trailql::lake::Lake;
use trailql::logs::LOGS;
use trailql::session::Session;
use trailql::storage::Location;
use url::Url;

/// A session over a lake of all that lies in a folder.
pub(crate) async fn session_of(folder: &Path) -> Session {
    Session::new(lake_of(folder).await, 1 << 28).unwrap()
}

/// A lake of all that lies in a folder, or of one file.
pub(crate) async fn lake_of(folder: &Path) -> Lake {
    let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let location = Location::in_store(Url::parse("memory:///lake").unwrap(), store).unwrap();
    let lake = Lake::open_or_create(&location, LOGS).await.unwrap();
    let source = Source::open(folder.to_str().unwrap()).await.unwrap();
    ingest::run(&lake, vec![source], &Options::default(), &Arc::new(Progress::default())).await.unwrap();
    lake
}

/// A session over a lake of some objects, each a name and its text.
pub(crate) async fn session_with(objects: &[(&str, String)]) -> Session {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in objects {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    session_of(folder.path()).await
}

/// An object of CloudTrail records.
pub(crate) fn object(records: &[Value]) -> String {
    json!({ "Records": records }).to_string()
}

/// A session over the bundled incident.
pub(crate) async fn incident() -> Session {
    let folder = tempfile::tempdir().unwrap();
    for delivery in trailql::incident::deliveries() {
        let path = folder.path().join(delivery.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, delivery.bytes).unwrap();
    }
    session_of(folder.path()).await
}

/// What a query prints: its rows as a table, or its error with the hint.
pub(crate) async fn ask(session: &Session, query: &str) -> String {
    let statement = Session::parse(query).unwrap().remove(0);
    let batches = match session.run(statement).await {
        Ok(rows) => rows.try_collect::<Vec<_>>().await.map_err(trailql::Error::from),
        Err(error) => Err(error),
    };
    match batches {
        Ok(batches) => pretty_format_batches(&batches).unwrap().to_string(),
        Err(error) => format!("error: {error}\nhint: {}", error.hint().unwrap_or("none")),
    }
}
