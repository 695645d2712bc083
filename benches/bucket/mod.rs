//! A CloudTrail bucket out of nothing: what the benches and the tests of scale read.
//!
//! The same plan always gives the same bytes, on any machine and with any number of threads, because every
//! object draws from a random stream of its own. Everybody in the bucket is made up: accounts and addresses
//! are those that are kept for documentation. The files in `templates/` say what is called and what calls
//! carry; [`catalogue`] explains how to read them.
//!
//! ```ignore
//! #[path = "bucket/mod.rs"]
//! mod bucket;
//! let totals = bucket::write(&bucket::Plan { events: 50_000, ..Default::default() }, &folder)?;
//! ```
#![allow(dead_code, reason = "each bench takes the part that it needs")]
#![allow(unreachable_pub, reason = "the benches that include this file are its outside")]

mod actor;
mod callers;
mod catalogue;
mod clock;
mod delivery;
mod field;
mod identity;
mod names;
mod random;
mod reader;
mod record;
mod scene;
mod schedule;
mod template;

use self::callers::World;
use self::delivery::Delivery;
use libdeflater::CompressionLvl;
use libdeflater::Compressor;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::thread;

/// What a bucket shall hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// How many records, over all objects.
    pub events: usize,
    /// Another seed gives another bucket of the same make.
    pub seed: u64,
    /// How many days the records lie in, from 2026-09-08 on.
    pub days: usize,
    /// How many accounts, the first of them the busiest.
    pub accounts: usize,
    /// How many threads write; they change the time it takes, not the bytes.
    pub threads: usize,
}

/// What a bucket holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Objects, each a gzip file.
    pub objects: usize,
    /// Records in them.
    pub events: usize,
    /// Bytes of JSON.
    pub inflated_bytes: u64,
    /// Bytes of gzip.
    pub gzip_bytes: u64,
    /// Bytes of JSON in the biggest object.
    pub biggest_inflated_bytes: u64,
}

impl Default for Plan {
    fn default() -> Self {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        Self { events: 2_000_000, seed: 1, days: 10, accounts: 12, threads }
    }
}

/// Writes the bucket as a folder, as `aws s3 sync` would leave it: `<out>/AWSLogs/o-exampleorgid/...`.
///
/// Fails if there is an `AWSLogs` already, for the totals would not be those of the folder.
pub fn write(plan: &Plan, out: &Path) -> io::Result<Totals> {
    let root = out.join("AWSLogs");
    if root.exists() {
        return Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            format!("{} exists already", root.display()),
        ));
    }
    let world = World::new(plan.seed, plan.accounts);
    let mut objects: Vec<(Delivery, PathBuf)> = schedule::deliveries(plan)
        .into_iter()
        .map(|delivery| {
            let key = schedule::key(plan.seed, &delivery, &world.accounts[delivery.account].id);
            (delivery, out.join(key))
        })
        .collect();
    let folders: BTreeSet<&Path> = objects.iter().filter_map(|(_, path)| path.parent()).collect();
    folders.into_iter().try_for_each(fs::create_dir_all)?;
    // The biggest first: a giant at the end would leave the other threads idle.
    objects.sort_by_key(|(delivery, _)| std::cmp::Reverse(delivery.events));
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..plan.threads.max(1))
            .map(|_| scope.spawn(|| write_objects(&world, &objects, &next)))
            .collect();
        let done = threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        done.collect::<Vec<_>>().into_iter().try_fold(Totals::default(), |sum, totals| Ok(sum.plus(totals?)))
    })
}

/// Gives one inflated object, `{"Records":[...]}` of so many records: food for a parser.
pub fn delivery(seed: u64, index: usize, events: usize) -> Vec<u8> {
    let world = World::new(seed, Plan::default().accounts);
    schedule::single(seed, index, events, world.accounts.len()).body(&world).into_bytes()
}

impl Totals {
    fn plus(self, other: Self) -> Self {
        Self {
            objects: self.objects + other.objects,
            events: self.events + other.events,
            inflated_bytes: self.inflated_bytes + other.inflated_bytes,
            gzip_bytes: self.gzip_bytes + other.gzip_bytes,
            biggest_inflated_bytes: self.biggest_inflated_bytes.max(other.biggest_inflated_bytes),
        }
    }
}

/// Writes objects until all are taken.
fn write_objects(world: &World, objects: &[(Delivery, PathBuf)], next: &AtomicUsize) -> io::Result<Totals> {
    let mut totals = Totals::default();
    let mut compressor =
        Compressor::new(CompressionLvl::new(6).map_err(|error| io::Error::other(format!("{error:?}")))?);
    let mut compressed = Vec::new();
    while let Some((delivery, path)) = objects.get(next.fetch_add(1, Ordering::Relaxed)) {
        let body = delivery.body(world);
        compressed.resize(compressor.gzip_compress_bound(body.len()), 0);
        let size = compressor.gzip_compress(body.as_bytes(), &mut compressed).map_err(io::Error::other)?;
        fs::write(path, &compressed[..size])?;
        let inflated_bytes = body.len() as u64;
        totals = totals.plus(Totals {
            objects: 1,
            events: delivery.events,
            inflated_bytes,
            gzip_bytes: size as u64,
            biggest_inflated_bytes: inflated_bytes,
        });
    }
    Ok(totals)
}
