//! Tables whose rows are planned when a statement asks for them, in an order of their own.
//!
//! A view would do, but that the optimizer drops the order of a view. Filters and limit of the statement become
//! part of the plan, and so reach the scans.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::Session;
use datafusion::catalog::TableProvider;
use datafusion::common::Result;
use datafusion::common::tree_node::TreeNode;
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::LogicalPlan;
use datafusion::logical_expr::LogicalPlanBuilder;
use datafusion::logical_expr::SortExpr;
use datafusion::logical_expr::TableProviderFilterPushDown;
use datafusion::logical_expr::TableType;
use datafusion::logical_expr::col;
use datafusion::physical_plan::ExecutionPlan;

/// What makes the rows.
#[async_trait]
pub(super) trait Plan: Debug + Send + Sync {
    /// Plans all rows. It may read first what the plan depends on.
    async fn plan(&self) -> Result<LogicalPlan>;
}

/// A table of such rows.
#[derive(Debug)]
pub(super) struct Planned<P> {
    pub(super) rows: P,
    pub(super) schema: SchemaRef,
    pub(super) order: SortExpr,
}

#[async_trait]
impl<P: Plan + 'static> TableProvider for Planned<P> {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::View
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let support = |filter: &&Expr| match filter.is_volatile() || holds_subquery(filter) {
            true => TableProviderFilterPushDown::Unsupported,
            false => TableProviderFilterPushDown::Exact,
        };
        Ok(filters.iter().map(support).collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let mut plan = LogicalPlanBuilder::from(self.rows.plan().await?);
        for filter in filters {
            plan = plan.filter(filter.clone())?;
        }
        plan = plan.sort_with_limit(vec![self.order.clone()], limit)?;
        if let Some(columns) = projection {
            let names = columns.iter().map(|column| col(self.schema.field(*column).name()));
            plan = plan.project(names.collect::<Vec<_>>())?;
        }
        state.create_physical_plan(&plan.build()?).await
    }
}

fn holds_subquery(filter: &Expr) -> bool {
    let is_subquery = |node: &Expr| {
        matches!(
            node,
            Expr::Exists(_) | Expr::InSubquery(_) | Expr::ScalarSubquery(_) | Expr::OuterReferenceColumn(..)
        )
    };
    filter.exists(|node| Ok(is_subquery(node))).unwrap_or(true)
}
