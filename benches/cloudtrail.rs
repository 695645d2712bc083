//! Parsing, writing and asking, each on generated CloudTrail: `cargo bench --bench cloudtrail`.
#![allow(clippy::expect_used, reason = "a bench that cannot go on says why by panicking")]

#[path = "bucket/mod.rs"]
mod bucket;
#[path = "questions/mod.rs"]
mod questions;

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;
use chrono::Utc;
use criterion::BatchSize;
use criterion::Criterion;
use criterion::Throughput;
use libdeflater::CompressionLvl;
use libdeflater::Compressor;
use object_store::memory::InMemory;
use tokio::runtime::Runtime;
use trailql::ingest;
use trailql::lake::Lake;
use trailql::lake::Limits;
use trailql::lake::Object;
use trailql::lake::Source;
use trailql::lake::Status;
use trailql::lake::Writer;
use trailql::logs;
use trailql::logs::LOGS;
use trailql::session::Session;
use trailql::storage;
use trailql::storage::Location;
use url::Url;

/// How many events each part works on.
struct Size {
    /// In the delivery that is parsed.
    parsed: usize,
    /// In each of the objects that are written together.
    written: usize,
    /// In the lake that is asked.
    asked: usize,
}

impl Size {
    /// A delivery of about 5 MB of JSON, a batch of 100,000 events, a lake of 200,000.
    const BENCH: Self = Self { parsed: 3_800, written: 5_000, asked: 200_000 };
    /// Just enough to see that everything runs: `cargo test --bench cloudtrail`.
    const TEST: Self = Self { parsed: 50, written: 50, asked: 5_000 };
}

/// How many objects are written in one batch.
const OBJECTS: usize = 20;
/// No object of these benches is larger.
const LIMIT: usize = 1 << 30;

fn main() {
    let size = if std::env::args().any(|argument| argument == "--bench") { Size::BENCH } else { Size::TEST };
    let runtime = Runtime::new().expect("a runtime");
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    parse(&mut criterion, &size);
    write(&mut criterion, &size, &runtime);
    ask(&mut criterion, &size, &runtime);
    criterion.final_summary();
}

/// One delivery from bytes to rows; throughput is in bytes of JSON.
fn parse(criterion: &mut Criterion, size: &Size) {
    let plain = bucket::delivery(1, 0, size.parsed);
    let zipped = gzip(&plain);
    let mut group = criterion.benchmark_group("parse");
    group.throughput(Throughput::Bytes(plain.len() as u64));
    for (name, bytes) in [("plain", &plain), ("gzip", &zipped)] {
        group
            .bench_function(name, |bencher| bencher.iter(|| logs::read("delivery", black_box(bytes), LIMIT)));
    }
    group.finish();
}

/// Rows to Parquet and one commit, in a store in memory; throughput is in events.
fn write(criterion: &mut Criterion, size: &Size, runtime: &Runtime) {
    let mut group = criterion.benchmark_group("write");
    group.throughput(Throughput::Elements((OBJECTS * size.written) as u64));
    group.bench_function("one batch", |bencher| {
        // Made here, so that who asks for another bench does not wait for it.
        let objects: Vec<Object> = (0..OBJECTS).map(|index| object(index, size.written)).collect();
        bencher.iter_batched(
            || (runtime.block_on(empty_writer()), objects.clone()),
            |(mut writer, objects)| {
                let committed = runtime.block_on(writer.commit(objects, DateTime::<Utc>::UNIX_EPOCH));
                (writer, committed.expect("the batch is written"))
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

/// The typical questions, over a lake on disk that is open already.
fn ask(criterion: &mut Criterion, size: &Size, runtime: &Runtime) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder below target");
    let session = runtime.block_on(lake(size.asked, folder.path()));
    let questions = runtime.block_on(questions::read(&session)).expect("the needles are found");
    let mut group = criterion.benchmark_group("ask");
    for question in questions {
        group.bench_function(&question.name, |bencher| {
            bencher
                .iter(|| runtime.block_on(questions::run(&session, &question.sql)).expect("the query runs"));
        });
    }
    group.finish();
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut compressor = Compressor::new(CompressionLvl::default());
    let mut zipped = vec![0; compressor.gzip_compress_bound(bytes.len())];
    let length = compressor.gzip_compress(bytes, &mut zipped).expect("the bound is enough");
    zipped.truncate(length);
    zipped
}

/// One delivery, read.
fn object(index: usize, events: usize) -> Object {
    let bytes = bucket::delivery(1, index, events);
    let reading = logs::read("delivery", &bytes, LIMIT);
    let source = Source {
        url: format!("memory:///delivery-{index}.json"),
        log: reading.log.map(|log| log.name()),
        status: Status::Read,
        detail: None,
        size: bytes.len() as u64,
        etag: Some(reading.sha256.clone()),
        last_modified: None,
        sha256: Some(reading.sha256),
        records: reading.parsed.records,
        rejected: reading.parsed.rejects.len() as u64,
        first_event_time: reading.parsed.first_event_time,
        last_event_time: reading.parsed.last_event_time,
    };
    Object { source, batches: reading.parsed.batches, rejects: reading.parsed.rejects, digest: None }
}

/// Opens a new lake in memory for writing.
async fn empty_writer() -> Writer {
    let url = Url::parse("memory:///lake").expect("a URL");
    let location = Location::in_store(url, Arc::new(InMemory::new())).expect("a place");
    let lake = Lake::open_or_create(&location, LOGS).await.expect("an empty lake");
    lake.writer(LOGS[0], Limits::default()).await.expect("a writer")
}

/// Makes a bucket and a lake of it in the folder, and opens the lake.
async fn lake(events: usize, folder: &Path) -> Session {
    let bucket = folder.join("bucket");
    let plan = bucket::Plan { events, ..bucket::Plan::default() };
    bucket::write(&plan, &bucket).expect("the bucket is written");
    let place = |path: &Path| path.to_str().expect("a path that is text").to_owned();
    let source = ingest::Source::open(&place(&bucket)).await.expect("a source");
    let location = storage::local(&place(&folder.join("lake"))).expect("a place");
    let lake = Lake::open_or_create(&location, LOGS).await.expect("an empty lake");
    let progress = Arc::new(ingest::Progress::default());
    let summary = ingest::run(&lake, vec![source], &ingest::Options::default(), &progress)
        .await
        .expect("it is ingested");
    assert_eq!(summary.rows, events as u64, "{summary:?}");
    Session::new(lake, questions::MEMORY).expect("a session")
}
