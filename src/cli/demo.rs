//! `trailql demo`

use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

use clap::Args;
use object_store::ObjectStoreExt;

use crate::cli::Ending;
use crate::cli::ingest::report;
use crate::cli::screen;
use crate::error::Error;
use crate::error::Result;
use crate::incident;
use crate::ingest;
use crate::ingest::Options;
use crate::ingest::Progress;
use crate::ingest::Source;
use crate::lake::Lake;
use crate::logs::LOGS;
use crate::output;
use crate::output::Format;
use crate::session::Session;
use crate::storage;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  trailql demo\n  trailql demo --folder /tmp/demo\n\nIt writes DIR/bucket and DIR/lake, and needs no network."
)]
pub(super) struct Demo {
    /// Where to put the bucket and the lake
    #[arg(long, value_name = "DIR", default_value = "./trailql-demo")]
    folder: String,
}

/// What a query of the demo may use.
const MEMORY: usize = 1 << 30;

pub(super) async fn run(arguments: Demo) -> Result<Ending> {
    let started = Instant::now();
    let folder = arguments.folder.trim_end_matches('/');
    let (bucket, lake) = (format!("{folder}/bucket"), format!("{folder}/lake"));
    super::print(&format!(
        "A company runs on three AWS accounts. One night all servers of production disappear.\n\
         Their CloudTrail bucket lies in {bucket}. trailql turns it into a lake:\n\n$ trailql --lake {lake} ingest {bucket}\n"
    ))?;
    write_bucket(&bucket).await?;
    let opened = Lake::open_or_create(&storage::open(&lake).await?, LOGS).await?;
    let source = Source::open(&bucket).await?;
    let summary =
        ingest::run(&opened, vec![source], &Options::default(), &Arc::new(Progress::default())).await?;
    super::print(&report(&summary, started.elapsed()))?;

    let session = Session::new(opened, MEMORY)?;
    let table = Format::named("table").ok_or_else(|| Error::internal("there is no format table"))?;
    for query in incident::QUERIES {
        super::print(&format!("\n{}\n{}\n\n{}\n\n", query.title, query.story, query.sql.trim()))?;
        for statement in Session::parse(query.sql)? {
            let rows = session.run(statement).await?;
            output::write(rows, table, &screen(40), &mut std::io::stdout()).await?;
        }
    }
    super::print(&format!(
        "\nNow you:\n  trailql --lake {lake} report list\n  \
         trailql --lake {lake} report run root_console_sign_ins\n  \
         trailql --lake {lake} sql \"SELECT * FROM search('{}')\"\n  \
         trailql --lake {lake} status\n  \
         trailql --lake ./my-lake ingest YOUR-FOLDER\n",
        incident::ATTACKER_ADDRESS
    ))?;
    std::io::stdout().flush().map_err(super::unwritable)?;
    Ok(Ending::Done)
}

/// Writes the deliveries that are not there yet, so that a second demo finds nothing new.
async fn write_bucket(bucket: &str) -> Result<()> {
    let location = storage::open(bucket).await?;
    for delivery in incident::deliveries() {
        let path = location.below(&delivery.path);
        if location.store.head(&path).await.is_ok_and(|meta| meta.size == delivery.bytes.len() as u64) {
            continue;
        }
        let put = location.store.put(&path, delivery.bytes.into()).await;
        put.map_err(|error| storage::failed(format!("cannot write {}", location.url_of(&path)), error))?;
    }
    Ok(())
}
