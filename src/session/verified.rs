//! The view of the events that digests vouch for.

use std::sync::Arc;

use datafusion::catalog::TableProvider;
use datafusion::common::TableReference;
use datafusion::datasource::ViewTable;
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::LogicalPlanBuilder;
use datafusion::logical_expr::col;
use datafusion::logical_expr::in_subquery;
use datafusion::logical_expr::lit;

use crate::error::Result;
use crate::lake::integrity::FILE_VERDICTS;

/// The view's name.
pub(super) const NAME: &str = "cloudtrail_verified";

/// The rows of `cloudtrail` whose file the last check verified.
pub(super) fn view(events: Arc<dyn TableProvider>, verdicts: Arc<dyn TableProvider>) -> Result<ViewTable> {
    let verified =
        LogicalPlanBuilder::scan(TableReference::bare(FILE_VERDICTS), provider_as_source(verdicts), None)?
            .filter(col("kind").eq(lit("log")).and(col("verdict").eq(lit("verified"))))?
            .project([col("source_file")])?
            .build()?;
    let plan =
        LogicalPlanBuilder::scan(TableReference::bare("cloudtrail"), provider_as_source(events), None)?
            .filter(in_subquery(col("cloudtrail.source_file"), Arc::new(verified)))?
            .build()?;
    Ok(ViewTable::new(plan, None))
}
