//! A statement that is planned over one snapshot and can run.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::ParamValues;
use datafusion::common::ScalarValue;
use datafusion::common::metadata::ScalarAndMetadata;
use datafusion::common::tree_node::TreeNode;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::TaskContext;
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::LogicalPlan;
use datafusion::logical_expr::expr::Placeholder;
use datafusion::physical_plan::ExecutionPlan;
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

    /// The parameters that have no value yet, `$1` or `$name`, each with its type where the statement tells it.
    ///
    /// # Errors
    /// One parameter is used as two types.
    pub fn parameters(&self) -> Result<HashMap<String, Option<DataType>>> {
        let mut types = self.plan.get_parameter_types()?;
        // The engine leaves these without a type, though one is told.
        self.plan.apply_with_subqueries(|node| {
            if let LogicalPlan::Limit(limit) = node {
                for expression in [&limit.skip, &limit.fetch].into_iter().flatten() {
                    settle(&mut types, expression, &DataType::Int64);
                }
            }
            node.apply_expressions(|expression| {
                expression.apply(|expression| {
                    if let Expr::Cast(cast) = expression {
                        settle(&mut types, &cast.expr, cast.field.data_type());
                    }
                    Ok(TreeNodeRecursion::Continue)
                })
            })
        })?;
        Ok(types)
    }

    /// The same statement with values for its parameters, by their names without the `$`.
    ///
    /// # Errors
    /// A parameter has no value, or a value does not fit.
    pub fn with_values(self, values: HashMap<String, ScalarValue>) -> Result<Self> {
        let values = values.into_iter().map(|(name, value)| (name, ScalarAndMetadata::from(value)));
        let plan = self.plan.with_param_values(ParamValues::Map(values.collect()))?;
        Ok(Self { plan, ..self })
    }

    /// Optimises the plan and makes it physical; the plan counts rows and bytes in its metrics as it runs.
    ///
    /// # Errors
    /// The statement cannot be planned.
    pub async fn physical(&self) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self.context.state().create_physical_plan(&self.plan).await?)
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

/// Gives a parameter this type, if the expression is one that has none yet.
fn settle(types: &mut HashMap<String, Option<DataType>>, expression: &Expr, data_type: &DataType) {
    if let Expr::Placeholder(Placeholder { id, .. }) = expression {
        let known = types.entry(id.clone()).or_default();
        if known.as_ref().is_none_or(DataType::is_null) {
            *known = Some(data_type.clone());
        }
    }
}
