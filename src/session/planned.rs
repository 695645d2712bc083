//! A statement that is planned over one snapshot and can run.

use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::Transformed;
use datafusion::common::tree_node::TransformedResult;
use datafusion::common::tree_node::TreeNode;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::TaskContext;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::execute_stream;
use datafusion::prelude::SessionContext;

use crate::error::Result;
use crate::lake::Snapshot;

/// One statement with the context it was planned in. Nothing has been read of the lake's data yet.
pub struct Planned {
    pub(super) context: SessionContext,
    pub(super) plan: LogicalPlan,
    pub(super) snapshot: Arc<Snapshot>,
}

impl std::fmt::Debug for Planned {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Planned").field("plan", &self.plan).finish_non_exhaustive()
    }
}

impl Planned {
    /// The logical plan.
    pub fn logical(&self) -> &LogicalPlan {
        &self.plan
    }

    /// The snapshot it reads.
    pub fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// The columns it answers with.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(self.plan.schema().inner())
    }

    /// Optimises the plan and makes it physical; the plan counts rows and bytes in its metrics as it runs.
    ///
    /// # Errors
    /// The statement cannot be planned.
    pub async fn physical(&self) -> Result<Arc<dyn ExecutionPlan>> {
        let plan = self.context.state().create_physical_plan(&self.plan).await?;
        Ok(plan.transform_up(stoppable).data()?)
    }

    /// What a physical plan runs in.
    pub fn task(&self) -> Arc<TaskContext> {
        self.context.task_ctx()
    }

    /// Starts it; dropping the stream stops the work.
    ///
    /// # Errors
    /// The statement cannot be planned or started.
    pub async fn run(self) -> Result<SendableRecordBatchStream> {
        Ok(execute_stream(self.physical().await?, self.task())?)
    }
}

/// Makes joins pause now and then, so that dropping the stream stops them.
///
/// The engine's scans do that by themselves, but a join can make billions of rows of what it has read, and whoever
/// counts them would not come back before the last.
fn stoppable(plan: Arc<dyn ExecutionPlan>) -> Result<Transformed<Arc<dyn ExecutionPlan>>, DataFusionError> {
    if plan.name().contains("Join") || plan.name().contains("Unnest") {
        return Ok(Transformed::yes(Arc::new(CooperativeExec::new(plan))));
    }
    Ok(Transformed::no(plan))
}
