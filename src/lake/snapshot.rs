//! One version of all tables of a lake.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::catalog::TableProvider;
use datafusion::execution::object_store::ObjectStoreUrl;

use crate::lake::delta::DataFile;
use crate::lake::layout::Shape;
use crate::lake::table::LakeTable;
use crate::lake::tables::Files;
use crate::lake::tables::States;
use crate::lake::tables::Tables;

/// One consistent view of all tables, which never changes.
#[derive(Debug)]
pub struct Snapshot {
    tables: Vec<Version>,
    store_url: ObjectStoreUrl,
}

#[derive(Debug)]
struct Version {
    shape: Shape,
    version: u64,
    files: Files,
    provider: Arc<LakeTable>,
}

/// What is in a table, told from its log alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableSummary {
    /// The version of the table.
    pub version: u64,
    /// Its rows.
    pub rows: u64,
    /// The bytes of its data files.
    pub bytes: u64,
    /// Its data files.
    pub files: usize,
    /// Rows of each day, in days since 1970; none are rows without a date. Empty unless days partition the table.
    pub days: BTreeMap<Option<i32>, u64>,
}

impl Snapshot {
    pub(super) fn new(tables: &Tables, states: &States, store_url: &ObjectStoreUrl) -> Self {
        let files = tables.files(states);
        let versions = tables.iter().zip(states).zip(files).map(|((table, state), files)| {
            let list = files.values().cloned().collect();
            let provider = Arc::new(LakeTable::new(table.shape, list, store_url.clone()));
            Version { shape: table.shape, version: state.version, files, provider }
        });
        Self { tables: versions.collect(), store_url: store_url.clone() }
    }

    /// A table of that name, as a source for queries in sessions that [`Lake::register`] has seen.
    ///
    /// [`Lake::register`]: crate::lake::Lake::register
    pub fn table(&self, name: &str) -> Option<Arc<dyn TableProvider>> {
        let version = self.tables.iter().find(|version| version.shape.name == name)?;
        Some(Arc::clone(&version.provider) as Arc<dyn TableProvider>)
    }

    /// The tables: `sources`, `rejects`, those about integrity, then those of the logs.
    pub fn tables(&self) -> impl Iterator<Item = (&'static str, TableSummary)> {
        self.tables.iter().map(|version| (version.shape.name, version.summary()))
    }

    /// The version of each table, in the order of [`Snapshot::tables`]: snapshots of one lake with the same versions
    /// are the same.
    pub fn versions(&self) -> Vec<u64> {
        self.tables.iter().map(|table| table.version).collect()
    }

    /// The address under which plans name the lake's store.
    pub fn store_url(&self) -> &ObjectStoreUrl {
        &self.store_url
    }

    /// The version of a table; 0 if there is none of that name.
    pub fn version(&self, name: &str) -> u64 {
        self.tables.iter().find(|version| version.shape.name == name).map_or(0, |version| version.version)
    }

    pub(super) fn files(&self, name: &str) -> Option<&BTreeMap<String, Arc<DataFile>>> {
        self.tables.iter().find(|version| version.shape.name == name).map(|version| version.files.as_ref())
    }
}

impl Version {
    fn summary(&self) -> TableSummary {
        let mut summary = TableSummary { version: self.version, ..TableSummary::default() };
        for file in self.files.values() {
            let rows = file.bounds.rows.unwrap_or(0);
            summary.rows += rows;
            summary.bytes += file.size;
            summary.files += 1;
            if self.shape.partitioned {
                *summary.days.entry(file.day).or_default() += rows;
            }
        }
        summary
    }
}
