//! Files of a table -> sorted files of a good size, in bounded memory: what does not fit is sorted on disk.

use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow::compute::SortOptions;
use arrow::datatypes::SchemaRef;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::TaskContext;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::physical_expr::LexOrdering;
use datafusion::physical_expr::PhysicalSortExpr;
use datafusion::physical_expr::expressions;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::sorts::sort_preserving_merge::SortPreservingMergeExec;
use datafusion::physical_plan::streaming::StreamingTableExec;
use datafusion::prelude::SessionConfig;
use deltalake_core::kernel::Add;
use futures::StreamExt;
use object_store::ObjectStore;
use object_store::ObjectStoreExt;
use tokio::sync::mpsc;

use crate::error::Error;
use crate::error::Result;
use crate::lake::actions;
use crate::lake::bounds;
use crate::lake::delta::DataFile;
use crate::lake::delta::Table;
use crate::lake::encode::Incoming;
use crate::lake::encode::write_stream;
use crate::lake::layout;
use crate::lake::upkeep::read::BATCH_ROWS;
use crate::lake::upkeep::read::Files;
use crate::lake::upkeep::read::Keep;
use crate::lake::upkeep::read::Met;

/// What upkeep may use.
#[derive(Clone, Copy, Debug)]
pub struct Means {
    /// The memory to stay within, in bytes.
    pub memory: usize,
    /// How many cores to use.
    pub threads: NonZero<usize>,
}

impl Default for Means {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
        Self { memory: 1 << 30, threads }
    }
}

/// Files to be written anew.
#[derive(Debug)]
pub(super) struct Rewrite<'a> {
    /// Where the new files go.
    pub(super) store: &'a Arc<dyn ObjectStore>,
    /// Where the files are.
    pub(super) source: &'a Arc<dyn ObjectStore>,
    /// The table the new files are for.
    pub(super) table: &'a Table,
    /// The partition of all the files, if the table has partitions.
    pub(super) partition: Option<Option<i32>>,
    pub(super) files: Vec<Arc<DataFile>>,
    pub(super) keep: Keep,
    /// The columns to sort by.
    pub(super) order: &'a [&'a str],
    /// The size of a new file, about.
    pub(super) target: u64,
    pub(super) means: Means,
}

/// The new files. They are in no version yet.
#[derive(Debug)]
pub(super) struct Rewritten {
    pub(super) adds: Vec<Add>,
    /// Rows that were read.
    pub(super) read: u64,
    /// Rows that were written.
    pub(super) rows: u64,
}

impl Rewrite<'_> {
    /// Writes the new files; those that were written before an error are deleted.
    pub(super) async fn run(self) -> Result<Rewritten> {
        let mut adds = Vec::new();
        let met = Arc::new(Met::nothing());
        match self.write(&met, &mut adds).await {
            Ok(rows) => Ok(Rewritten { adds, read: met.rows.load(Ordering::Relaxed), rows }),
            Err(error) => {
                delete(self.store, self.table, &adds).await;
                Err(error)
            }
        }
    }

    async fn write(&self, met: &Arc<Met>, adds: &mut Vec<Add>) -> Result<u64> {
        let mut sorted = self.sorted(met)?;
        let (sender, receiver) = mpsc::channel(1);
        let feeding = tokio::spawn(async move {
            while let Some(batch) = sorted.next().await {
                // Whoever writes has gone, and will say why.
                if sender.send(batch.map_err(Error::from)).await.is_err() {
                    break;
                }
            }
        });
        let mut rows = Incoming::new(receiver, Arc::clone(&met.derivations));
        let target = usize::try_from(self.target).unwrap_or(usize::MAX);
        let day = self.partition.map(|day| day.and_then(layout::day_text));
        let mut count = 0;
        while rows.has_more().await? {
            let relative = layout::new_file(self.partition);
            let path = self.table.path(&relative);
            let (written, rest) = write_stream(self.store, &path, self.table.shape, rows, target).await?;
            rows = rest;
            count += u64::try_from(written.metadata.file_metadata().num_rows()).unwrap_or(0);
            let described = bounds::from_parquet(&self.table.shape, &written.metadata);
            adds.push(actions::add(relative, day.clone(), written.size, described));
        }
        feeding.await.map_err(|error| Error::internal("sorting broke off").caused_by(error))?;
        Ok(count)
    }

    fn sorted(&self, met: &Arc<Met>) -> Result<SendableRecordBatchStream> {
        let schema = Files::schema_of(&self.table.shape);
        let lanes = self.means.threads.get().min(self.files.len()).max(1);
        let mut shares: Vec<Vec<Arc<DataFile>>> = vec![Vec::new(); lanes];
        for (at, file) in self.files.iter().enumerate() {
            if let Some(share) = shares.get_mut(at % lanes) {
                share.push(Arc::clone(file));
            }
        }
        let streams = shares.into_iter().map(|files| {
            let (store, schema) = (Arc::clone(self.source), Arc::clone(&schema));
            let files = Files { store, schema, files, keep: self.keep.clone(), met: Arc::clone(met) };
            Arc::new(files) as Arc<dyn datafusion::physical_plan::streaming::PartitionStream>
        });
        let source =
            StreamingTableExec::try_new(Arc::clone(&schema), streams.collect(), None, None, false, None)?;
        let mut plan: Arc<dyn ExecutionPlan> = Arc::new(source);
        if let Some(ordering) = ordering(&schema, self.order)? {
            let sort = SortExec::new(ordering.clone(), plan).with_preserve_partitioning(true);
            plan = Arc::new(SortPreservingMergeExec::new(ordering, Arc::new(sort)));
        }
        // The other half is for what the engine does not count: pages being read and written.
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(FairSpillPool::new(self.means.memory / 2)))
            .build_arc()
            .map_err(|error| Error::from(error).hinted("is the folder for temporary files writable?"))?;
        let mut config = SessionConfig::new().with_batch_size(BATCH_ROWS).with_target_partitions(lanes);
        // A merge needs this much on top of what is sorted; the engine's own value is too much for small budgets.
        config.options_mut().execution.sort_spill_reservation_bytes = (self.means.memory / 64).min(10 << 20);
        let context = TaskContext::default().with_session_config(config).with_runtime(runtime);
        Ok(plan.execute(0, Arc::new(context))?)
    }
}

fn ordering(schema: &SchemaRef, order: &[&str]) -> Result<Option<LexOrdering>> {
    let options = SortOptions { descending: false, nulls_first: true };
    let mut columns = Vec::with_capacity(order.len());
    for name in order {
        columns.push(PhysicalSortExpr { expr: expressions::col(name, schema)?, options });
    }
    Ok(LexOrdering::new(columns))
}

/// Deletes files that no commit names or ever will. Best effort: what stays is found by a vacuum.
pub(super) async fn delete(store: &Arc<dyn ObjectStore>, table: &Table, adds: &[Add]) {
    for add in adds {
        if let Err(error) = store.delete(&table.path(&add.path)).await {
            tracing::debug!(%error, "a stale file stays");
        }
    }
}
