//! Measures listing and the ledger check over a bucket of which the lake has every object already.
//!
//! ```sh
//! cargo bench --bench ledger -- --objects 1000000
//! ```
//!
//! The bucket is made of keys alone, as CloudTrail lays them out; the lake has a row of `sources` for each. Printed are
//! the time and the peak memory of a run that lists all and finds nothing new, and of one that lists the last days.
#![allow(clippy::print_stdout, clippy::expect_used)]

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use chrono::DateTime;
use chrono::Duration;
use chrono::Utc;
use futures::StreamExt;
use futures::stream::BoxStream;
use object_store::CopyOptions;
use object_store::GetOptions;
use object_store::GetResult;
use object_store::ListResult;
use object_store::MultipartUpload;
use object_store::ObjectMeta;
use object_store::ObjectStore;
use object_store::PutMultipartOptions;
use object_store::PutOptions;
use object_store::PutPayload;
use object_store::PutResult;
use object_store::path::Path;
use trailql::ingest;
use trailql::lake::Lake;
use trailql::lake::Limits;
use trailql::lake::Object;
use trailql::lake::Source;
use trailql::lake::Status;
use trailql::logs::LOGS;
use trailql::storage;
use trailql::storage::Location;
use url::Url;

const ACCOUNTS: usize = 10;
const REGIONS: usize = 10;
/// Objects of one account and region on one day.
const A_DAY: usize = 100;
/// Objects in one commit of the lake.
const BATCH: usize = 20_000;

/// A bucket of keys, the last of them of today.
#[derive(Clone, Debug)]
struct Keys {
    days: usize,
    today: DateTime<Utc>,
}

impl Keys {
    fn folder(&self, depth: usize, number: usize) -> String {
        match depth {
            0 => "AWSLogs".to_owned(),
            1 => format!("{:012}", 111_111_111_111_u64 + number as u64),
            2 => "CloudTrail".to_owned(),
            _ => format!("eu-test-{number}"),
        }
    }

    fn day(&self, number: usize) -> DateTime<Utc> {
        self.today - Duration::days((self.days - 1 - number) as i64)
    }

    fn meta(&self, account: usize, region: usize, day: usize, number: usize) -> ObjectMeta {
        let (account, region, day) = (self.folder(1, account), self.folder(3, region), self.day(day));
        let minute = day.format("%Y%m%dT").to_string() + &format!("{:02}{:02}Z", number / 60, number % 60);
        let name = format!("{account}_CloudTrail_{region}_{minute}_{number:016}.json.gz");
        let folder = day.format("%Y/%m/%d");
        ObjectMeta {
            location: Path::from(format!("AWSLogs/{account}/CloudTrail/{region}/{folder}/{name}")),
            last_modified: day,
            size: 20_000,
            e_tag: Some(format!("\"{number:032x}\"")),
            version: None,
        }
    }

    /// Every object whose key begins so.
    fn below(&self, prefix: &str) -> Vec<ObjectMeta> {
        let fits = |folder: &str| folder.starts_with(prefix) || prefix.starts_with(folder);
        let mut all = Vec::new();
        for account in 0..ACCOUNTS {
            let trail = format!("AWSLogs/{}/CloudTrail/", self.folder(1, account));
            for region in (0..REGIONS).filter(|_| fits(&trail)) {
                let folder = format!("{trail}{}/", self.folder(3, region));
                for day in (0..self.days).filter(|_| fits(&folder)) {
                    let day_folder = format!("{folder}{}/", self.day(day).format("%Y/%m/%d"));
                    if fits(&day_folder) {
                        all.extend((0..A_DAY).map(|number| self.meta(account, region, day, number)));
                    }
                }
            }
        }
        all
    }
}

impl fmt::Display for Keys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("keys")
    }
}

fn refused<T>() -> object_store::Result<T> {
    Err(object_store::Error::NotSupported { source: "it has keys only".into() })
}

#[async_trait]
impl ObjectStore for Keys {
    async fn put_opts(&self, _: &Path, _: PutPayload, _: PutOptions) -> object_store::Result<PutResult> {
        refused()
    }

    async fn put_multipart_opts(
        &self,
        _: &Path,
        _: PutMultipartOptions,
    ) -> object_store::Result<Box<dyn MultipartUpload>> {
        refused()
    }

    async fn get_opts(&self, _: &Path, _: GetOptions) -> object_store::Result<GetResult> {
        refused()
    }

    fn delete_stream(
        &self,
        _: BoxStream<'static, object_store::Result<Path>>,
    ) -> BoxStream<'static, object_store::Result<Path>> {
        futures::stream::empty().boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        let folder = prefix.filter(|prefix| !prefix.as_ref().is_empty());
        let prefix = folder.map(|folder| format!("{folder}/")).unwrap_or_default();
        futures::stream::iter(self.below(&prefix).into_iter().map(Ok)).boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> object_store::Result<ListResult> {
        let prefix = prefix.cloned().unwrap_or_default();
        let depth = prefix.parts().count();
        let names: Vec<String> = match depth {
            0 | 2 => vec![self.folder(depth, 0)],
            1 => (0..ACCOUNTS).map(|number| self.folder(1, number)).collect(),
            3 => (0..REGIONS).map(|number| self.folder(3, number)).collect(),
            _ => {
                // Years, months and days.
                let form = ["%Y", "%m", "%d"][depth - 4];
                let inside = |day: &DateTime<Utc>| {
                    prefix.as_ref().ends_with(&day.format(["", "/%Y", "/%Y/%m"][depth - 4]).to_string())
                };
                let mut names: Vec<_> = (0..self.days)
                    .map(|number| self.day(number))
                    .filter(inside)
                    .map(|day| day.format(form).to_string())
                    .collect();
                names.dedup();
                names
            }
        };
        let common_prefixes = names.iter().map(|name| prefix.clone().join(name.as_str())).collect();
        Ok(ListResult { common_prefixes, objects: Vec::new() })
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> object_store::Result<()> {
        refused()
    }
}

/// Brings a row for every object into the lake, as reading them would.
async fn fill(lake: &Lake, bucket: &Location, keys: &Keys) {
    let mut writer = lake.writer(LOGS[0], Limits::default()).await.expect("a writer");
    let all = keys.below("");
    for batch in all.chunks(BATCH) {
        let object = |meta: &ObjectMeta| Object {
            source: Source {
                url: bucket.url_of(&meta.location),
                log: Some(LOGS[0].name()),
                status: Status::Read,
                detail: None,
                size: meta.size,
                etag: meta.e_tag.clone(),
                last_modified: Some(meta.last_modified.timestamp_micros()),
                sha256: Some(trailql::logs::sha256(meta.location.as_ref().as_bytes())),
                records: 0,
                rejected: 0,
                first_event_time: None,
                last_event_time: None,
            },
            batches: Vec::new(),
            rejects: Vec::new(),
            digest: None,
        };
        writer.commit(batch.iter().map(object).collect(), Utc::now()).await.expect("a commit");
    }
}

/// The peak memory of this process since it was last forgotten, in MiB; 0 where the system does not tell.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()).and_then(|text| text.parse().ok());
    kilobytes.unwrap_or(0_u64) >> 10
}

fn argument(name: &str, otherwise: usize) -> usize {
    let mut arguments = std::env::args().skip_while(|argument| argument != name).skip(1);
    arguments.next().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

#[tokio::main]
async fn main() {
    // `cargo test` runs benches with a few objects, to see that they still work.
    let small = !std::env::args().any(|argument| argument == "--bench");
    let objects = argument("--objects", if small { 20_000 } else { 1_000_000 });
    let keys = Keys { days: objects.div_ceil(ACCOUNTS * REGIONS * A_DAY), today: Utc::now() };
    let store: Arc<dyn ObjectStore> = Arc::new(keys.clone());
    let bucket = Location::in_store(Url::parse("memory:///").expect("a URL"), store).expect("a place");
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("lake");
    let location = storage::local(place.to_str().expect("a path that is text")).expect("a place");
    {
        let lake = Lake::open_or_create(&location, LOGS).await.expect("an empty lake");
        fill(&lake, &bucket, &keys).await;
    }
    println!("{:<28} {:>12} {:>10} {:>14}", "", "objects", "seconds", "peak, MiB");
    for name in ["all is listed", "the last days are listed"] {
        // Forgets the peak of what was before.
        let _ = std::fs::write("/proc/self/clear_refs", "5");
        let started = Instant::now();
        let lake = Lake::open_or_create(&location, LOGS).await.expect("the lake");
        let source = ingest::Source::at(bucket.clone());
        let progress = Arc::new(ingest::Progress::default());
        let summary = ingest::run(&lake, vec![source], &ingest::Options::default(), &progress).await;
        let summary = summary.expect("a run");
        assert!(summary.objects > 0 && summary.objects == summary.known, "{summary:?}");
        let seconds = started.elapsed().as_secs_f64();
        println!("{name:<28} {:>12} {seconds:>10.1} {:>14}", summary.objects, peak());
    }
}
