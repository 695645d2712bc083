//! What a commit to a log's table names for the ledger tables.

use deltalake_core::kernel::Action;
use deltalake_core::kernel::Add;

use crate::error::Error;
use crate::error::Result;
use crate::lake::actions::ours;
use crate::lake::delta::Table;
use crate::lake::tables::LEDGERS;

/// The files a commit to a log's table names for the ledger.
#[derive(Clone, Debug)]
pub(super) struct Named {
    /// The version of the log's table.
    pub(super) version: u64,
    /// The files for each of the ledger tables.
    pub(super) files: [Vec<Add>; LEDGERS.len()],
}

impl Table {
    /// What the commit of that version names for the ledger.
    pub(super) async fn named_in(&self, version: u64) -> Result<Option<Named>> {
        let actions = self.read_commit(version).await?.ok_or_else(|| {
            Error::data(format!("version {version} is missing from the table log of {}", self.url))
                .hinted("something removed files of the lake; restore them, or ingest into a new lake")
        })?;
        self.named(version, &actions)
    }

    pub(super) fn named(&self, version: u64, actions: &[Action]) -> Result<Option<Named>> {
        let Some(ours) = ours(actions) else { return Ok(None) };
        let files = |name: &str| match ours.get(name) {
            None => Ok(Vec::new()),
            Some(files) => serde_json::from_value::<Vec<Add>>(files.clone()).map_err(|error| {
                let message =
                    format!("version {version} of {} names no ledger files that can be read", self.url);
                Error::data(message).caused_by(error)
            }),
        };
        let mut named = Named { version, files: Default::default() };
        for (shape, place) in LEDGERS.iter().zip(&mut named.files) {
            *place = files(shape.name)?;
        }
        Ok(named.files.iter().any(|files| !files.is_empty()).then_some(named))
    }
}
