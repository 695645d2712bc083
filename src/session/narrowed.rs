//! What narrows a session: a time, an account, a region that hold for every statement.
//!
//! Each table of the snapshot is taken through a filter that the optimizer pushes into its scan, so days, files and
//! row groups outside are never read. Views and reports select from these tables. Of the functions, those that follow
//! credentials follow them through the whole lake, and only what they list is filtered: where a session came from
//! does not depend on the days one looks at.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use arrow::datatypes::Schema;
use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use chrono::DateTime;
use chrono::Utc;
use datafusion::catalog::Session as Planner;
use datafusion::catalog::TableFunctionArgs;
use datafusion::catalog::TableFunctionImpl;
use datafusion::catalog::TableProvider;
use datafusion::common::Column;
use datafusion::common::ScalarValue;
use datafusion::common::TableReference;
use datafusion::datasource::ViewTable;
use datafusion::datasource::provider_as_source;
use datafusion::error::DataFusionError;
use datafusion::error::Result;
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::LogicalPlan;
use datafusion::logical_expr::LogicalPlanBuilder;
use datafusion::logical_expr::TableProviderFilterPushDown;
use datafusion::logical_expr::TableType;
use datafusion::logical_expr::lit;
use datafusion::logical_expr::utils::conjunction;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::SessionContext;

use crate::functions::tables;
use crate::lake::Snapshot;

/// The functions that follow credentials; what they list is narrowed, not what they read.
const FOLLOWING: [&str; 2] = ["activity", "assume_chain"];

/// The columns a time is compared with, the first that a table has.
const TIMES: [&str; 2] = ["event_time", "request_time"];
const ACCOUNT: &str = "account_id";
const REGION: &str = "aws_region";

/// What every statement of a session is limited to. Rows without a time, account or region lie outside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Narrowing {
    /// Only rows at or after this time.
    pub from: Option<DateTime<Utc>>,
    /// Only rows before this time.
    pub to: Option<DateTime<Utc>>,
    /// Only rows of these accounts; all, if there is none.
    pub accounts: Vec<String>,
    /// Only rows of these regions; all, if there is none.
    pub regions: Vec<String>,
}

impl fmt::Display for Narrowing {
    /// What holds, as short as a prompt wants it: `2026-09-17.. 111122223333 us-east-1`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = |time: &Option<DateTime<Utc>>| match time {
            None => String::new(),
            Some(time) => {
                let text = time.format("%Y-%m-%dT%H:%M:%S").to_string();
                let short = text.strip_suffix("T00:00:00").or_else(|| text.strip_suffix(":00"));
                short.unwrap_or(&text).to_owned()
            }
        };
        let mut parts = Vec::new();
        if self.from.is_some() || self.to.is_some() {
            parts.push(format!("{}..{}", time(&self.from), time(&self.to)));
        }
        parts.extend(
            [self.accounts.join(","), self.regions.join(",")].into_iter().filter(|it| !it.is_empty()),
        );
        formatter.write_str(&parts.join(" "))
    }
}

impl Narrowing {
    /// Tells whether nothing is narrowed.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What of it cannot hold for rows of these columns: `time`, `account`, `region`.
    pub fn without_column(&self, schema: &Schema) -> Vec<&'static str> {
        let has = |name: &str| schema.column_with_name(name).is_some();
        let time = self.from.is_some() || self.to.is_some();
        let all = [
            ("time", time && !TIMES.iter().any(|name| has(name))),
            ("account", !self.accounts.is_empty() && !has(ACCOUNT)),
            ("region", !self.regions.is_empty() && !has(REGION)),
        ];
        all.into_iter().filter_map(|(word, missing)| missing.then_some(word)).collect()
    }

    /// A table of which only the rows within are left, as far as it has columns to tell.
    pub(super) fn over(&self, name: &str, table: Arc<dyn TableProvider>) -> Result<Arc<dyn TableProvider>> {
        let Some(condition) = self.condition(&table.schema()) else { return Ok(table) };
        let source = provider_as_source(Arc::clone(&table));
        let plan =
            LogicalPlanBuilder::scan(TableReference::bare(name), source, None)?.filter(condition)?.build()?;
        Ok(Arc::new(NarrowedTable { table, view: ViewTable::new(plan, None) }))
    }

    /// Makes the table functions known to a context, so that what they list is narrowed too.
    pub(super) fn register_functions(&self, context: &SessionContext, snapshot: &Snapshot) -> Result<()> {
        if self.is_empty() {
            tables::register(context, |name| snapshot.table(name));
            return Ok(());
        }
        tables::register(context, |name| self.over(name, snapshot.table(name)?).ok());
        let narrowed = context.state().table_functions().clone();
        tables::register(context, |name| snapshot.table(name));
        for (name, whole) in context.state().table_functions() {
            match narrowed.get(name) {
                _ if FOLLOWING.contains(&name.as_str()) => {
                    let inner = Arc::clone(whole.function());
                    let function = NarrowedFunction { name: name.clone(), inner, narrowing: self.clone() };
                    context.register_udtf(name, Arc::new(function));
                }
                Some(narrowed) => context.register_udtf(name, Arc::clone(narrowed.function())),
                None => {}
            }
        }
        Ok(())
    }

    fn condition(&self, schema: &Schema) -> Option<Expr> {
        // Not `col(name)`, which would read a name as SQL does.
        let column = |name: &str| {
            schema.column_with_name(name).map(|(_, field)| Expr::Column(Column::from_name(field.name())))
        };
        let moment = |time: DateTime<Utc>| {
            lit(ScalarValue::TimestampMicrosecond(Some(time.timestamp_micros()), Some("UTC".into())))
        };
        let mut conditions = Vec::new();
        if let Some(time) = TIMES.iter().find_map(|name| column(name)) {
            conditions.extend(self.from.map(|from| time.clone().gt_eq(moment(from))));
            conditions.extend(self.to.map(|to| time.lt(moment(to))));
        }
        for (name, texts) in [(ACCOUNT, &self.accounts), (REGION, &self.regions)] {
            if let Some(column) = column(name).filter(|_| !texts.is_empty()) {
                conditions.push(column.in_list(texts.iter().map(lit).collect(), false));
            }
        }
        conjunction(conditions)
    }
}

/// A table and the plan of its rows within. Where it is named, the plan takes its place.
#[derive(Debug)]
struct NarrowedTable {
    table: Arc<dyn TableProvider>,
    view: ViewTable,
}

#[async_trait]
impl TableProvider for NarrowedTable {
    fn schema(&self) -> SchemaRef {
        self.table.schema()
    }

    fn table_type(&self) -> TableType {
        self.table.table_type()
    }

    fn get_logical_plan(&self) -> Option<Cow<'_, LogicalPlan>> {
        self.view.get_logical_plan()
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        self.view.supports_filters_pushdown(filters)
    }

    async fn scan(
        &self,
        state: &dyn Planner,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.view.scan(state, projection, filters, limit).await
    }
}

/// A function whose rows are narrowed.
#[derive(Debug)]
struct NarrowedFunction {
    name: String,
    inner: Arc<dyn TableFunctionImpl>,
    narrowing: Narrowing,
}

impl TableFunctionImpl for NarrowedFunction {
    fn call_with_args(
        &self,
        arguments: TableFunctionArgs,
    ) -> Result<Arc<dyn TableProvider>, DataFusionError> {
        self.narrowing.over(&self.name, self.inner.call_with_args(arguments)?)
    }
}
