//! What a plan has read so far: for the progress line while it runs, and for the profile afterwards.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::datasource::physical_plan::FileScanConfig;
use datafusion::datasource::source::DataSourceExec;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::metrics::MetricValue;
use indicatif::BinaryBytes;
use indicatif::HumanCount;

use crate::lake::Snapshot;

/// Counts of a plan's scans.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Measure {
    /// Rows that came out of the scans.
    pub(super) rows: u64,
    pub(super) bytes: u64,
    /// Stretches of files that are read to their end, of all that the plan reads.
    pub(super) parts_done: usize,
    pub(super) parts: usize,
    /// Files that are read at all, and their bytes.
    files: BTreeSet<String>,
    file_bytes: u64,
    row_groups: u64,
    groups_by_statistics: u64,
    groups_by_bloom: u64,
    groups_by_limit: u64,
    groups_by_sort: u64,
    pages: u64,
    pages_pruned: u64,
    rows_filtered: u64,
    spilled: u64,
}

impl Measure {
    /// Reads the metrics of a plan, which may be running.
    pub(super) fn of(plan: &Arc<dyn ExecutionPlan>) -> Self {
        let mut measure = Self::default();
        measure.add(plan.as_ref());
        measure
    }

    /// How far it is, from 0 to 100, if the plan reads files.
    pub(super) fn percent(&self) -> Option<usize> {
        (self.parts_done * 100).checked_div(self.parts)
    }

    fn add(&mut self, plan: &dyn ExecutionPlan) {
        let scan = plan.downcast_ref::<DataSourceExec>();
        if let Some(config) = scan.and_then(|scan| scan.data_source().downcast_ref::<FileScanConfig>()) {
            for file in config.file_groups.iter().flat_map(|group| group.files()) {
                self.parts += 1;
                if self.files.insert(file.object_meta.location.to_string()) {
                    self.file_bytes += file.object_meta.size;
                }
            }
        }
        for metric in plan.metrics().iter().flat_map(|metrics| metrics.iter()) {
            self.metric(metric.value(), scan.is_some() || plan.children().is_empty());
        }
        for child in plan.children() {
            self.add(child.as_ref());
        }
    }

    fn metric(&mut self, value: &MetricValue, leaf: bool) {
        match value {
            MetricValue::OutputRows(rows) if leaf => self.rows += rows.value() as u64,
            MetricValue::SpilledBytes(bytes) => self.spilled += bytes.value() as u64,
            MetricValue::Count { name, count } => {
                let count = count.value();
                match name.as_ref() {
                    "bytes_scanned" => self.bytes += count as u64,
                    "files_processed" => self.parts_done += count,
                    "row_groups_pruned_dynamic_filter" => self.groups_by_sort += count as u64,
                    "pushdown_rows_pruned" => self.rows_filtered += count as u64,
                    _ => {}
                }
            }
            MetricValue::PruningMetrics { name, pruning_metrics } => {
                let (pruned, matched) = (pruning_metrics.pruned() as u64, pruning_metrics.matched() as u64);
                match name.as_ref() {
                    "row_groups_pruned_statistics" => {
                        self.groups_by_statistics += pruned;
                        self.row_groups += pruned + matched;
                    }
                    "row_groups_pruned_bloom_filter" => self.groups_by_bloom += pruned,
                    "limit_pruned_row_groups" => self.groups_by_limit += pruned,
                    "page_index_pages_pruned" => {
                        self.pages_pruned += pruned;
                        self.pages += pruned + matched;
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }

    /// The profile of a query that is done, as lines.
    pub(super) fn profile(&self, rows: u64, elapsed: Duration, known: Option<u64>) -> String {
        let count = |number: u64| HumanCount(number).to_string();
        let bytes = |number: u64| BinaryBytes(number).to_string();
        let mut text = format!("time        {:.3} s\nrows        {}\n", elapsed.as_secs_f64(), count(rows));
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "rows read   {}, {} filtered out within the scan",
            count(self.rows),
            count(self.rows_filtered)
        );
        let _ = writeln!(text, "bytes read  {} of {}", bytes(self.bytes), bytes(self.file_bytes));
        let files = self.files.len() as u64;
        match known.filter(|known| *known >= files) {
            Some(known) => {
                let _ = writeln!(text, "files       {} read, {} pruned", count(files), count(known - files));
            }
            None => {
                let _ = writeln!(text, "files       {} read", count(files));
            }
        }
        let reasons = [
            (self.groups_by_statistics, "statistics"),
            (self.groups_by_bloom, "bloom filters"),
            (self.groups_by_sort, "the sort's limit"),
            (self.groups_by_limit, "the limit"),
        ];
        let pruned: u64 = reasons.iter().map(|(number, _)| number).sum();
        let by: Vec<_> = reasons
            .iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, why)| format!("{} by {why}", count(*number)))
            .collect();
        let by = if by.is_empty() { String::new() } else { format!(" ({})", by.join(", ")) };
        let read = self.row_groups.saturating_sub(pruned);
        let _ = writeln!(text, "row groups  {} read, {} pruned{by}", count(read), count(pruned));
        if self.pages > 0 {
            let read = count(self.pages - self.pages_pruned);
            let _ = writeln!(text, "pages       {read} read, {} pruned", count(self.pages_pruned));
        }
        if self.spilled > 0 {
            let _ = writeln!(text, "spilled     {} to temporary files", bytes(self.spilled));
        }
        text
    }
}

/// How many files the tables have that a statement names; none if it reads tables through a function.
pub(super) fn files_known(plan: &LogicalPlan, snapshot: &Snapshot) -> Option<u64> {
    let mut files = 0;
    let mut opaque = false;
    let walked = plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node {
            match snapshot.tables().find(|(name, _)| *name == scan.table_name.table()) {
                Some((_, summary)) => files += summary.files as u64,
                None => opaque |= scan.table_name.table().ends_with("()"),
            }
        }
        Ok(TreeNodeRecursion::Continue)
    });
    (walked.is_ok() && !opaque && files > 0).then_some(files)
}
