//! `trailql ingest`

use std::fmt::Write as _;
use std::io::IsTerminal;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use std::time::Instant;

use chrono::DateTime;
use chrono::Utc;
use clap::Args;
use indicatif::BinaryBytes;
use indicatif::HumanCount;
use indicatif::HumanDuration;
use indicatif::ProgressBar;
use indicatif::ProgressStyle;

use crate::cli::Ending;
use crate::cli::configuration;
use crate::cli::parse;
use crate::error::Error;
use crate::error::Result;
use crate::ingest;
use crate::ingest::Options;
use crate::ingest::Progress;
use crate::ingest::Scope;
use crate::ingest::Source;
use crate::ingest::Summary;
use crate::ingest::follow::Queue;
use crate::ingest::source::nothing_at;
use crate::lake::Lake;
use crate::logs::LOGS;
use crate::storage;

mod follow;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  trailql ingest ./AWSLogs\n  trailql --lake ./case-7 ingest 'logs/**/*_CloudTrail_*.json.gz' --since 2026-09-14\n  \
    trailql ingest s3://my-logs/AWSLogs --account 111122223333 --since 7d\n  \
    trailql ingest s3://my-logs --follow --queue https://sqs.eu-central-1.amazonaws.com/111122223333/my-logs\n  \
    trailql ingest --follow\n  \
    aws cloudtrail lookup-events | trailql ingest -\n\n\
    Plain, gzip and zstd files are recognised by content. Running it again reads only what is new.\n\
    --since, --until, --account and --region choose objects: one with an event in between comes in whole."
)]
pub(super) struct Ingest {
    /// Folders, files, bucket prefixes, patterns in quotes, or - for standard input (can be repeated)
    ///
    /// With --follow and no source, those that `setup` has written down.
    #[arg(required_unless_present_any = ["queue", "follow"], value_name = "SOURCE")]
    sources: Vec<String>,
    /// Only objects with events at or after this time: 2026-09-17, 2026-09-17T08:00:00Z, 7d, 24h
    #[arg(long, value_name = "T", value_parser = parse::time)]
    since: Option<DateTime<Utc>>,
    /// Only objects with events before this time
    #[arg(long, value_name = "T", value_parser = parse::time)]
    until: Option<DateTime<Utc>>,
    /// Only objects of this account, as their path tells (can be repeated)
    #[arg(long = "account", value_name = "ID", value_parser = parse::account)]
    accounts: Vec<String>,
    /// Only objects of this region, as their path tells (can be repeated)
    #[arg(long = "region", value_name = "REGION")]
    regions: Vec<String>,
    /// List everything, also the days of a bucket that can hardly change any more
    #[arg(long)]
    full: bool,
    /// Keep up with the sources until stopped by Ctrl-C or SIGTERM
    #[arg(long)]
    follow: bool,
    /// How long to wait between two looks at the sources
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = parse::duration, requires = "follow")]
    every: Duration,
    /// An SQS queue that tells of new objects, instead of looking at the sources again and again
    #[arg(long, value_name = "URL", requires = "follow")]
    queue: Option<String>,
    /// Leave the files of a day as they are when it is over
    #[arg(long, requires = "follow")]
    no_compact: bool,
    /// The file that says what to follow when nothing is named (default: ~/.config/trailql/config.toml)
    #[arg(long, value_name = "FILE", requires = "follow")]
    config: Option<PathBuf>,
    /// The memory to stay within
    #[arg(long, value_name = "SIZE", default_value = "1GiB", value_parser = parse::size)]
    memory: usize,
    /// The largest object that is read, uncompressed; what lies beyond is a reject
    #[arg(long, value_name = "SIZE", default_value = "2GiB", value_parser = parse::size)]
    max_object: usize,
}

pub(super) async fn run(mut arguments: Ingest, lake: &str) -> Result<Ending> {
    let started = Instant::now();
    let options = Options {
        scope: Scope {
            since: arguments.since,
            until: arguments.until,
            accounts: arguments.accounts,
            regions: arguments.regions,
        },
        full: arguments.full,
        memory: arguments.memory,
        max_object: arguments.max_object,
        ..Options::default()
    };
    if let Some((since, until)) = options.scope.since.zip(options.scope.until)
        && since >= until
    {
        return Err(Error::user(format!("--since {since} is not before --until {until}")));
    }
    let mut region = None;
    if arguments.sources.is_empty() && arguments.queue.is_none() {
        let written = configuration::to_follow(arguments.config.as_deref())?;
        (arguments.sources, arguments.queue, region) = (written.sources, written.queue, written.region);
    }
    let mut sources = Vec::with_capacity(arguments.sources.len());
    for name in &arguments.sources {
        sources.push(source(name).await?);
    }
    let lake = Lake::open_or_create(&storage::open(lake).await?, LOGS).await?;
    let progress = Arc::new(Progress::default());
    if arguments.follow {
        let queue = match &arguments.queue {
            Some(url) => Some(Queue::open(url, region.as_deref()).await?),
            None => None,
        };
        let following = follow::following(arguments.every, !arguments.no_compact)?;
        return follow::run(&lake, sources, queue, &options, &progress, following).await;
    }
    let summary = shown(&progress, ingest::run(&lake, sources, &options, &progress)).await?;
    if let Some(empty) = summary.empty.first().filter(|_| summary.objects == 0) {
        return Err(nothing_at(empty));
    }
    super::print(&report(&summary, started.elapsed()))?;
    Ok(ending(&summary))
}

/// Shows the progress of an ingest while it lasts.
async fn shown<T>(progress: &Arc<Progress>, ingest: impl Future<Output = T>) -> T {
    let screen = tokio::spawn(show(Arc::clone(progress)));
    let outcome = ingest.await;
    screen.abort();
    // An aborted task drops its progress bar, which clears the line.
    let _ = screen.await;
    outcome
}

fn ending(summary: &Summary) -> Ending {
    let complete = summary.failed == 0 && summary.changed == 0 && summary.unlisted.is_empty();
    if complete && summary.rejected == 0 { Ending::Done } else { Ending::Rejected }
}

async fn source(name: &str) -> Result<Source> {
    if name != "-" {
        return Source::open(name).await;
    }
    let mut bytes = Vec::new();
    std::io::stdin()
        .read_to_end(&mut bytes)
        .map_err(|error| Error::storage("cannot read standard input").caused_by(error))?;
    Ok(Source::inline("stdin", bytes))
}

/// Shows how far it has come: a live line on a terminal, a plain line every ten seconds otherwise.
async fn show(progress: Arc<Progress>) {
    let started = Instant::now();
    let bar = std::io::stderr().is_terminal().then(live_bar);
    let mut plain = Instant::now();
    loop {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let total = progress.bytes.load(Relaxed);
        if total == 0 {
            continue;
        }
        let line = line(&progress, started.elapsed());
        if let Some(bar) = &bar {
            bar.set_length(total);
            bar.set_position(progress.bytes_done.load(Relaxed));
            bar.set_message(line);
        } else if plain.elapsed() > Duration::from_secs(10) {
            plain = Instant::now();
            // Progress is a courtesy: if nobody reads it, the ingest goes on.
            let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("{line}\n").as_bytes());
        }
    }
}

fn live_bar() -> ProgressBar {
    let bar = ProgressBar::new(1);
    if let Ok(style) = ProgressStyle::with_template("{bar:20} {percent:>3}%  {wide_msg}") {
        bar.set_style(style);
    }
    bar
}

fn line(progress: &Progress, elapsed: Duration) -> String {
    let (done, total) = (progress.bytes_done.load(Relaxed), progress.bytes.load(Relaxed));
    let records = progress.records.load(Relaxed);
    let rate = records as f64 / elapsed.as_secs_f64().max(0.001);
    let left = match done {
        0 => String::new(),
        _ => {
            let seconds = elapsed.as_secs_f64() * (total.saturating_sub(done)) as f64 / done as f64;
            format!(", {} left", HumanDuration(Duration::from_secs_f64(seconds)))
        }
    };
    format!(
        "{} of {} objects, {} of {}, {} events/s{left}",
        HumanCount(progress.objects_done.load(Relaxed)),
        HumanCount(progress.objects.load(Relaxed)),
        BinaryBytes(done),
        BinaryBytes(total),
        HumanCount(rate as u64),
    )
}

/// The summary, whose numbers add up.
pub(super) fn report(summary: &Summary, elapsed: Duration) -> String {
    let mut text = String::new();
    let count = |number: u64| HumanCount(number).to_string();
    let ignored: u64 = summary.ignored.values().sum();
    let mut parts =
        vec![(summary.read, "read"), (summary.known, "already in the lake"), (ignored, "ignored")];
    parts.extend([
        (summary.outside, "outside of what was asked for"),
        (summary.unchanged, "touched but unchanged"),
        (summary.changed, "changed since they were read"),
        (summary.failed, "failed"),
        (summary.elsewhere, "brought by another ingest meanwhile"),
    ]);
    let parts: Vec<_> = parts
        .iter()
        .enumerate()
        .filter(|(place, (number, _))| *number > 0 || *place < 1)
        .map(|(_, (number, what))| format!("{} {what}", count(*number)))
        .collect();
    // Writing to a String cannot fail.
    let _ = writeln!(text, "objects  {} = {}", count(summary.objects), parts.join(" + "));
    let _ = writeln!(
        text,
        "records  {} = {} rows + {} rejected",
        count(summary.records),
        count(summary.rows),
        count(summary.rejected)
    );
    let _ = writeln!(
        text,
        "bytes    {} read, {} uncompressed, {} of Parquet written in {} {}, {:.1} s",
        BinaryBytes(summary.bytes_read),
        BinaryBytes(summary.bytes_inflated),
        BinaryBytes(summary.bytes_written),
        count(summary.commits),
        if summary.commits == 1 { "commit" } else { "commits" },
        elapsed.as_secs_f64()
    );
    if summary.digests > 0 {
        let _ =
            writeln!(text, "digests  {}: `trailql verify` checks the logs by them", count(summary.digests));
    }
    for (reason, number) in &summary.ignored {
        let _ = writeln!(text, "ignored  {}: {reason}", count(*number));
    }
    for example in &summary.examples {
        let _ = writeln!(
            text,
            "rejected {} at byte {}: {}",
            example.source_file, example.position, example.reason
        );
    }
    if summary.rejected > summary.examples.len() as u64 {
        let _ = writeln!(text, "         ... all of them: trailql sql \"SELECT * FROM rejects\"");
    }
    for url in summary.changed_urls.iter().take(MOST_LINES) {
        let _ = writeln!(
            text,
            "changed  {url}: its bytes differ from those read before; the rows of the first reading stay"
        );
    }
    for (url, reason) in summary.failures.iter().take(MOST_LINES) {
        let _ = writeln!(text, "failed   {url}: {reason}; run the ingest again to retry");
    }
    for source in summary.empty.iter().take(MOST_LINES) {
        let _ = writeln!(text, "empty    {source}: there are no objects");
    }
    for (folder, reason) in summary.unlisted.iter().take(MOST_LINES) {
        let _ = writeln!(text, "unlisted {folder}: {reason}");
    }
    if let Some(folder) = summary.passed.first() {
        let more = if summary.passed.len() > 1 { " and others" } else { "" };
        let _ = writeln!(text, "passed   {folder}{more}: logs of another service, not looked into");
    }
    for (source, day) in &summary.looked_back {
        let _ = writeln!(
            text,
            "listed   {source} from {day} on: older days were listed before and can hardly change; --full lists all"
        );
    }
    text
}

/// So many objects of a kind are named; `sources` has all.
const MOST_LINES: usize = 20;
