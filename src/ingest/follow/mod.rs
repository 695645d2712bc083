//! Keeps up with a source: lists it again and again, or reads the messages that tell of new objects.
//!
//! Whoever follows may be stopped at any time: the objects that are being read are still committed.

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::error::Result;
use crate::ingest::LOOK_BACK;
use crate::ingest::Options;
use crate::ingest::Progress;
use crate::ingest::Pump;
use crate::ingest::Source;
use crate::ingest::Summary;
use crate::ingest::Window;
use crate::ingest::first_days;
use crate::ingest::midnight;
use crate::ingest::plan::Job;
use crate::lake::Known;
use crate::lake::Lake;

mod notice;
pub mod queue;

pub use queue::Queue;

/// How a source is followed.
#[derive(Clone, Debug)]
pub struct Following {
    /// How long it waits between two listings.
    pub every: Duration,
    /// Turns true when it shall end.
    pub stop: watch::Receiver<bool>,
}

/// After so long, the days that can still change are listed again, and what is known of older ones is dropped.
const REVIEW: Duration = Duration::from_secs(3_600);
/// In between, only deliveries of this last time are looked for.
const RECENT: chrono::Duration = chrono::Duration::hours(1);

/// Lists the sources until it is stopped; `told` hears what each round did.
///
/// # Errors
/// A source cannot be listed the first time, or the lake cannot be written.
pub async fn poll(
    lake: &Lake,
    sources: Vec<Source>,
    options: &Options,
    progress: &Arc<Progress>,
    following: Following,
    mut told: impl FnMut(&Summary),
) -> Result<Summary> {
    let Following { every, mut stop } = following;
    let mut total = Summary::default();
    let mut options = options.clone();
    while !*stop.borrow() {
        let from = first_days(lake, &sources, &options, Utc::now()).await?;
        let oldest = from.iter().min().copied().flatten();
        let known = oldest.map_or_else(Known::default, |day| Known::since(midnight(day).timestamp_micros()));
        let mut pump = Pump::open(lake, &options, known, progress, stop.clone()).await?;
        let review = Instant::now() + REVIEW;
        let mut from = from;
        while !*stop.borrow() {
            let jobs = sources.iter().zip(&from).map(|(source, from)| Job {
                source: source.clone(),
                window: Window { scope: options.scope.clone(), from: *from },
            });
            let round = pump.bring(jobs.collect()).await?;
            told(&round);
            total.add(round);
            if Instant::now() >= review {
                break;
            }
            // Once all has been listed, new deliveries are those of the last hour; late ones wait for the review.
            let recent = (Utc::now() - RECENT).date_naive();
            from = sources.iter().map(|source| source.listed_as().map(|_| recent)).collect();
            wait(every, &mut stop).await;
        }
        options.full = false;
    }
    Ok(total)
}

/// Reads the messages of a queue until it is stopped; `told` hears what each batch did.
///
/// A message is deleted only after the commit that holds its objects.
///
/// # Errors
/// The queue cannot be read, or the lake cannot be written.
pub async fn drain(
    lake: &Lake,
    queue: Queue,
    options: &Options,
    progress: &Arc<Progress>,
    following: Following,
    mut told: impl FnMut(&Summary),
) -> Result<Summary> {
    let Following { stop, .. } = following;
    let mut total = Summary::default();
    while !*stop.borrow() {
        // A message tells of an object that was written since the queue keeps messages, at most fourteen days.
        let known = Known::since((Utc::now() - queue::KEPT - LOOK_BACK).timestamp_micros());
        let mut pump = Pump::open(lake, options, known, progress, stop.clone()).await?;
        let review = Instant::now() + REVIEW;
        while !*stop.borrow() && Instant::now() < review {
            let Some(batch) = queue.receive(stop.clone()).await? else { continue };
            let round = queue.bring(&mut pump, batch).await?;
            told(&round);
            total.add(round);
        }
    }
    Ok(total)
}

/// Waits, unless it is stopped before.
async fn wait(time: Duration, stop: &mut watch::Receiver<bool>) {
    // An error means that nobody can stop it any more, and then nobody waits for it either.
    let _ = tokio::time::timeout(time, stop.wait_for(|stop| *stop)).await;
}
