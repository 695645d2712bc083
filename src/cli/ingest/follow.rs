//! `trailql ingest --follow`

use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use chrono::SecondsFormat;
use chrono::Utc;
use indicatif::BinaryBytes;
use indicatif::HumanCount;
use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;
use tokio::sync::watch;

use crate::cli::Ending;
use crate::cli::compact;
use crate::cli::ingest::report;
use crate::cli::ingest::shown;
use crate::cli::print;
use crate::error::Error;
use crate::error::Result;
use crate::ingest;
use crate::ingest::Options;
use crate::ingest::Progress;
use crate::ingest::Source;
use crate::ingest::Summary;
use crate::ingest::follow::Following;
use crate::ingest::follow::Queue;
use crate::ingest::follow::drain;
use crate::ingest::follow::poll;
use crate::lake::Lake;
use crate::lake::upkeep::Compacted;

/// Follows until it is told to stop; the objects that are being read then are still committed.
pub(super) async fn run(
    lake: &Lake,
    sources: Vec<Source>,
    queue: Option<Queue>,
    options: &Options,
    progress: &Arc<Progress>,
    following: Following,
) -> Result<Ending> {
    let started = Instant::now();
    let total = match queue {
        None => poll(lake, sources, options, progress, following, say).await?,
        Some(queue) => {
            let mut total = Summary::default();
            if !sources.is_empty() {
                // What came before the queue was there.
                total = shown(progress, ingest::run(lake, sources, options, progress)).await?;
                print(&report(&total, started.elapsed()))?;
            }
            print("following the queue; stop with Ctrl-C\n")?;
            total.add(drain(lake, queue, options, progress, following, say).await?);
            total
        }
    };
    print(&format!("\nstopped\n{}", report(&total, started.elapsed())))?;
    // Whoever reads the exit code of a service wants to know whether it ended as it should.
    Ok(Ending::Done)
}

/// Follows with so much time between two looks, until the first Ctrl-C or SIGTERM.
pub(super) fn following(every: Duration, compacts: bool) -> Result<Following> {
    Ok(Following { every, stop: stop()?, compacted: compacts.then_some(say_compacted) })
}

/// One line for a day that was compacted by the way.
fn say_compacted(outcome: std::result::Result<&Compacted, &Error>) {
    let now = Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true);
    let line = match outcome {
        Ok(day) => format!("{now}  compacted {}", compact::line(day)),
        Err(error) => format!("{now}  compacting failed, and will be tried again: {error}\n"),
    };
    // Whether it can be said or not, the following goes on.
    let _ = print(&line);
}

/// Turns true with the first Ctrl-C or SIGTERM.
fn stop() -> Result<watch::Receiver<bool>> {
    let (sender, receiver) = watch::channel(false);
    let listen =
        |kind| signal(kind).map_err(|error| Error::internal("cannot listen to signals").caused_by(error));
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        // Nobody waits any more if this cannot be sent.
        let _ = sender.send(true);
        sender.closed().await;
    });
    Ok(receiver)
}

/// One line for what was new.
fn say(round: &Summary) {
    let new = round.objects - round.known - round.outside;
    if new == 0 && round.unlisted.is_empty() {
        return;
    }
    let mut line = format!(
        "{}  {} objects, {} rows, {} read",
        Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true),
        HumanCount(new),
        HumanCount(round.rows),
        BinaryBytes(round.bytes_read),
    );
    let troubles = [(round.rejected, "rejected"), (round.failed, "failed"), (round.changed, "changed")];
    for (count, what) in troubles.iter().filter(|(count, _)| *count > 0) {
        line += &format!(", {} {what}", HumanCount(*count));
    }
    for (folder, reason) in round.unlisted.iter().chain(&round.failures).take(5) {
        line += &format!("\n  {folder}: {reason}");
    }
    // Whoever does not read what a service says does not stop it.
    let _ = print(&(line + "\n"));
}
