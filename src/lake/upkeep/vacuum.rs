//! Deletes files that no snapshot needs any more: what was compacted or expired, and what killed processes left.
//!
//! A file is deleted only if its name is one that trailql gives, it is older than the grace period, and neither the
//! newest snapshot nor that of the beginning of the grace period needs it. A file that came and went in between is
//! younger than the period.

use std::collections::HashSet;

use chrono::DateTime;
use chrono::Duration;
use chrono::Utc;
use deltalake_core::kernel::Action;
use futures::StreamExt;
use futures::TryStreamExt;
use object_store::ObjectMeta;
use object_store::path::Path;

use crate::error::Result;
use crate::lake::Lake;
use crate::lake::actions;
use crate::lake::delta::Table;
use crate::lake::layout;
use crate::lake::tables::States;
use crate::lake::upkeep::history::At;
use crate::lake::upkeep::history::VACUUMED;
use crate::storage;

/// A file that no snapshot needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Garbage {
    /// Its URL.
    pub url: String,
    /// Its size in bytes.
    pub size: u64,
    /// When it was written.
    pub modified: DateTime<Utc>,
    path: Path,
}

/// What a vacuum found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sweep {
    /// The files to delete.
    pub garbage: Vec<Garbage>,
    /// Snapshots before this time may lose files.
    pub cutoff: DateTime<Utc>,
    /// Files in the folders of the tables that trailql did not write; they stay.
    pub strange: u64,
}

impl Lake {
    /// Finds the files that no snapshot since the beginning of the grace period needs. Deletes nothing.
    ///
    /// # Errors
    /// The store fails.
    pub async fn garbage(&self, grace: Duration) -> Result<Sweep> {
        let now = Utc::now();
        let cutoff = now.checked_sub_signed(grace).unwrap_or_default();
        // A file is written some time before the commit that names it.
        let written_before = cutoff - (grace / 7).min(Duration::days(1));
        let mut found: Vec<(usize, String, ObjectMeta)> = Vec::new();
        let mut sweep = Sweep { cutoff, ..Sweep::default() };
        for (at, table) in self.tables().iter().enumerate() {
            let failed = |error| {
                storage::failed(format!("cannot list {}", self.location().url_of(&table.root)), error)
            };
            let mut listing = self.store().list(Some(&table.root));
            while let Some(object) = listing.try_next().await.map_err(failed)? {
                let Some(relative) = relative(table, &object.location) else { continue };
                if !layout::is_data_file(&relative, table.shape.partitioned) {
                    sweep.strange += 1;
                } else if object.last_modified <= written_before {
                    found.push((at, relative, object));
                }
            }
        }
        if found.is_empty() {
            return Ok(sweep);
        }
        // Loaded after the listing, so that what was committed in between is known.
        let needed = self.needed(cutoff).await?;
        let garbage =
            found.into_iter().filter(|(at, relative, _)| !needed.contains(&(*at, relative.clone())));
        sweep.garbage = garbage
            .map(|(_, _, object)| Garbage {
                url: self.location().url_of(&object.location),
                size: object.size,
                modified: object.last_modified,
                path: object.location,
            })
            .collect();
        Ok(sweep)
    }

    /// Deletes what [`Lake::garbage`] found.
    ///
    /// # Errors
    /// The store fails; what is left is found again.
    pub async fn sweep(&self, sweep: Sweep) -> Result<()> {
        if sweep.garbage.is_empty() {
            return Ok(());
        }
        // First it is noted which snapshots are not whole any more, so that nobody reads one.
        let mut states = self.tables().load().await?;
        let micros = u64::try_from(sweep.cutoff.timestamp_micros()).unwrap_or(0);
        let noted =
            self.tables().mark(VACUUMED).await?.and_then(|noted| u64::try_from(noted).ok()).unwrap_or(0);
        if micros > noted {
            self.tables().note(&mut states, actions::mark(VACUUMED, micros)).await?;
        }
        let paths = futures::stream::iter(sweep.garbage.into_iter().map(|garbage| Ok(garbage.path))).boxed();
        let mut deleted = self.store().delete_stream(paths);
        while let Some(outcome) = deleted.next().await {
            match outcome {
                // Another vacuum was there first.
                Ok(_) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(storage::failed("cannot delete files that nobody needs", error)),
            }
        }
        self.refresh().await
    }

    /// The files, by table and path, that the newest snapshot needs, and that as of a time.
    async fn needed(&self, cutoff: DateTime<Utc>) -> Result<HashSet<(usize, String)>> {
        let mut needed = HashSet::new();
        let mut add = |states: &States| {
            for (at, files) in self.tables().files(states).into_iter().enumerate() {
                needed.extend(files.keys().map(|path| (at, path.clone())));
            }
        };
        self.refresh().await?;
        let newest = self.0.states.lock().await.clone();
        add(&newest);
        // Earlier ones may have lost files already.
        let whole_from = self.tables().mark(VACUUMED).await?.and_then(DateTime::from_timestamp_micros);
        let cutoff = whole_from.map_or(cutoff, |from| from.max(cutoff));
        match self.states_at(&At::Time(cutoff)).await {
            Ok(states) => add(&states),
            // There is no log of that time any more, or was none yet: what can be read is what came later.
            Err(_) => {
                for (at, (table, state)) in self.tables().iter().zip(&newest).enumerate() {
                    let removed = removed_since(table, state.version, cutoff).await?;
                    needed.extend(removed.into_iter().map(|path| (at, path)));
                }
            }
        }
        Ok(needed)
    }
}

/// The path of a file within its table; none for the log of the table.
fn relative(table: &Table, path: &Path) -> Option<String> {
    let parts: Vec<_> = path.prefix_match(&table.root)?.map(|part| part.as_ref().to_owned()).collect();
    (parts.first().map(String::as_str) != Some("_delta_log")).then(|| parts.join("/"))
}

/// The files that the commits after a time removed, as far as these are there.
async fn removed_since(table: &Table, newest: u64, time: DateTime<Utc>) -> Result<Vec<String>> {
    let mut removed = Vec::new();
    let mut commits =
        futures::stream::iter((0..=newest).rev()).map(|version| table.read_commit(version)).buffered(16);
    while let Some(actions) = commits.try_next().await? {
        let Some(actions) = actions else { break };
        for action in actions {
            match action {
                Action::Remove(remove) => removed.push(remove.path),
                Action::CommitInfo(info) if info.timestamp.is_some_and(|at| at < time.timestamp_millis()) => {
                    return Ok(removed);
                }
                _ => {}
            }
        }
    }
    Ok(removed)
}
