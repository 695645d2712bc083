//! Runs one query: with a progress line when it takes long, and so that Ctrl-C stops it at once.

use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::execute_stream;
use futures::StreamExt;
use indicatif::BinaryBytes;
use indicatif::HumanCount;
use indicatif::ProgressBar;
use indicatif::ProgressStyle;
use tokio::runtime::Handle;

use crate::error::Error;
use crate::error::Result;
use crate::output;
use crate::output::Format;
use crate::output::Look;
use crate::repl::measure::Measure;
use crate::repl::out::Link;
use crate::repl::out::Out;
use crate::repl::out::Sink;
use crate::repl::recent::Kept;
use crate::session::Planned;

/// A query that takes longer says how far it is.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often it says so.
const TICK: Duration = Duration::from_millis(200);
/// How long a stopped query may take to notice before it is left to itself.
const GRACE: Duration = Duration::from_millis(300);

/// How a query is shown.
pub(super) struct Showing {
    pub(super) format: &'static Format,
    pub(super) look: Look,
    pub(super) out: Out,
    /// What to show instead where the rows are wider than the screen.
    pub(super) if_wide: Option<&'static Format>,
    /// Whether somebody sits at the terminal: to see progress, and to press Ctrl-C.
    pub(super) watched: bool,
    /// The threads that do the work.
    pub(super) workers: Handle,
}

/// A query that ran to its end.
pub(super) struct Ran {
    pub(super) rows: u64,
    pub(super) elapsed: Duration,
    pub(super) plan: Arc<dyn ExecutionPlan>,
    pub(super) kept: Arc<Kept>,
}

/// How it ended.
pub(super) enum Ended {
    Ran(Ran),
    Stopped(Duration),
}

/// Runs a query and shows its rows.
///
/// # Errors
/// The query fails, or its rows cannot be written.
pub(super) async fn run(planned: Planned, showing: Showing) -> Result<Ended> {
    let started = Instant::now();
    let link = Arc::new(Link::default());
    let plan = Arc::new(OnceLock::new());
    let kept = Arc::new(Kept::default());
    let watched = showing.watched;
    let progress = watched.then(ProgressBar::new_spinner);
    if let (Some(progress), Ok(style)) = (&progress, ProgressStyle::with_template("{wide_msg}")) {
        progress.set_style(style);
    }
    let Showing { format, look, out, if_wide, workers, .. } = showing;
    let paging = out.paging();
    let sink = Sink { out, link: Arc::clone(&link), progress: progress.clone() };
    // Threads of its own, so that the terminal is listened to even while operators keep all of them busy.
    let mut query = workers.spawn({
        let (plan, kept) = (Arc::clone(&plan), Arc::clone(&kept));
        async move { show(planned, &plan, &kept, format, &look, if_wide, sink).await }
    });
    // One wait for the whole query, so that no key press falls between two.
    let stop = interrupted();
    tokio::pin!(stop);
    let ended = loop {
        let tick =
            if started.elapsed() < PATIENCE { PATIENCE.saturating_sub(started.elapsed()) } else { TICK };
        tokio::select! {
            done = &mut query => break Some(done),
            // Whoever reads in a pager leaves it first, which ends the query too.
            () = &mut stop, if watched => match paging.load(Ordering::Acquire) {
                true => stop.set(interrupted()),
                false => break None,
            },
            () = tokio::time::sleep(tick), if watched => {
                if let (Some(progress), false) = (&progress, link.has_started()) {
                    progress.set_message(line(plan.get(), started.elapsed()));
                    progress.tick();
                }
            }
        }
    };
    if let Some(progress) = &progress {
        progress.finish_and_clear();
    }
    let elapsed = started.elapsed();
    let Some(done) = ended else {
        link.stop();
        query.abort();
        // Its files and memory are free once it has noticed; nobody need wait for that.
        let _ = tokio::time::timeout(GRACE, query).await;
        return Ok(Ended::Stopped(elapsed));
    };
    let rows = match done {
        Ok(rows) => rows,
        Err(panic) => Err(Error::internal("the query panicked").caused_by(panic)),
    };
    match (rows, plan.get()) {
        (Ok(rows), Some(plan)) => Ok(Ended::Ran(Ran { rows, elapsed, plan: Arc::clone(plan), kept })),
        // The reader left the pager before the end.
        (Err(error), _) if watched && error.is_broken_pipe() => Ok(Ended::Stopped(elapsed)),
        (Err(error), _) => Err(error),
        (Ok(_), None) => Err(Error::internal("a query ran without a plan")),
    }
}

async fn show(
    planned: Planned,
    shared: &OnceLock<Arc<dyn ExecutionPlan>>,
    kept: &Arc<Kept>,
    mut format: &'static Format,
    look: &Look,
    if_wide: Option<&'static Format>,
    mut sink: Sink,
) -> Result<u64> {
    let plan = planned.physical().await?;
    let _ = shared.set(Arc::clone(&plan));
    let mut stream = kept.listen(execute_stream(plan, planned.task())?);
    if let Some(other) = if_wide {
        let schema = stream.schema();
        let first = stream.next().await.transpose()?;
        if let Some(first) = &first
            && !output::fits(first, look)?
        {
            format = other;
        }
        let all = futures::stream::iter(first.map(Ok)).chain(stream);
        stream = Box::pin(datafusion::physical_plan::stream::RecordBatchStreamAdapter::new(schema, all));
    }
    let rows = output::write_as(stream, format, look, &mut sink).await?;
    sink.finish()?;
    Ok(rows)
}

/// Waits for Ctrl-C; for ever, where it cannot be heard.
pub(super) async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn line(plan: Option<&Arc<dyn ExecutionPlan>>, elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    let Some(plan) = plan else { return format!("{seconds} s  planning  Ctrl-C stops") };
    let measure = Measure::of(plan);
    let percent = measure.percent().map_or(String::new(), |percent| format!("{percent:>3} %  "));
    format!(
        "{percent}{seconds} s  {} rows  {} read  Ctrl-C stops",
        HumanCount(measure.rows),
        BinaryBytes(measure.bytes)
    )
}
