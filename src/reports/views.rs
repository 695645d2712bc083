//! The reports in SQL, over one snapshot: the views of the schema `reports`, and the table function `report`.
//!
//! A context is made for every statement, so nothing here may cost anything before a report is named: the schema
//! knows the names, and a report is parsed and planned when the first query asks for it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use async_trait::async_trait;
use datafusion::catalog::CatalogProvider;
use datafusion::catalog::CatalogProviderList;
use datafusion::catalog::MemoryCatalogProvider;
use datafusion::catalog::MemoryCatalogProviderList;
use datafusion::catalog::MemorySchemaProvider;
use datafusion::catalog::SchemaProvider;
use datafusion::catalog::TableProvider;
use datafusion::common::Column;
use datafusion::common::ScalarValue;
use datafusion::common::TableReference;
use datafusion::datasource::ViewTable;
use datafusion::error::DataFusionError;
use datafusion::execution::SessionState;
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::LogicalPlan;
use datafusion::logical_expr::LogicalPlanBuilder;
use datafusion::logical_expr::TableType;
use datafusion::logical_expr::lit;
use datafusion::prelude::SessionContext;
use datafusion::sql::parser::Statement;
use futures::FutureExt;
use futures::future::BoxFuture;

use crate::error::Error;
use crate::error::Result;
use crate::reports::Question;
use crate::reports::Registry;
use crate::reports::Report;
use crate::reports::function::Function;
use crate::reports::function::NAME;
use crate::reports::report::Filter;

/// The schema whose views the reports are.
pub const SCHEMA: &str = "reports";

/// The reports over the tables of one snapshot.
pub struct Views {
    registry: Arc<Registry>,
    /// What statements are planned with. It has no catalog: that would hold these views, and they hold it.
    state: SessionState,
    tables: Arc<dyn SchemaProvider>,
    planned: Mutex<BTreeMap<String, Arc<dyn TableProvider>>>,
}

impl fmt::Debug for Views {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Views").finish_non_exhaustive()
    }
}

impl Views {
    /// Adds the schema and the table function to a context, whose tables lie in `tables` and whose functions are
    /// all registered.
    ///
    /// # Errors
    /// The context has no catalog.
    pub fn add_to(
        context: &SessionContext,
        tables: Arc<dyn SchemaProvider>,
        registry: Arc<Registry>,
    ) -> Result<Arc<Self>> {
        let mut state = context.state();
        state.register_catalog_list(Arc::new(MemoryCatalogProviderList::new()));
        let views = Arc::new(Self { registry, state, tables, planned: Mutex::default() });
        let catalog = context
            .catalog(views.catalog())
            .ok_or_else(|| Error::internal("the session has no catalog for reports"))?;
        catalog.register_schema(SCHEMA, Arc::new(Lazy(Arc::clone(&views))))?;
        context.register_udtf(NAME, Arc::new(Function::new(Arc::clone(&views), Vec::new())));
        Ok(views)
    }

    /// Plans the reports that a statement selects from, so that what is wrong with one of them is told.
    ///
    /// # Errors
    /// There is no such report, it needs values, or its SQL is wrong.
    pub async fn check(self: &Arc<Self>, statement: &Statement) -> Result<()> {
        for reference in self.state.resolve_table_references(statement)? {
            if reference.schema() == Some(SCHEMA) {
                self.view(reference.table(), &[]).await?;
            }
        }
        Ok(())
    }

    /// Plans a report with its values.
    ///
    /// # Errors
    /// Its SQL is wrong, or its rows have no column to narrow them by.
    pub async fn plan(self: &Arc<Self>, question: &Question) -> Result<LogicalPlan> {
        self.plan_within(question, &[]).await
    }

    pub(super) fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Plans a report that is named by those in `within`, the outermost first.
    pub(super) fn plan_within<'a>(
        self: &'a Arc<Self>,
        question: &'a Question,
        within: &'a [String],
    ) -> BoxFuture<'a, Result<LogicalPlan>> {
        async move {
            let mut path = within.to_vec();
            path.push(question.name.clone());
            if within.contains(&question.name) {
                let circle = path.join(" -> ");
                return Err(Error::sql(format!("reports select from each other in a circle: {circle}")));
            }
            let named = MemorySchemaProvider::new();
            for reference in self.state.resolve_table_references(&question.statement)? {
                if reference.schema() == Some(SCHEMA) {
                    let view = self.view(reference.table(), &path).await;
                    let view = view.map_err(|error| in_report(question, error))?;
                    if !named.table_exist(reference.table()) {
                        named.register_table(reference.table().to_owned(), view)?;
                    }
                }
            }
            let catalog = MemoryCatalogProvider::new();
            let options = &self.state.config().options().catalog;
            catalog.register_schema(&options.default_schema, Arc::clone(&self.tables))?;
            catalog.register_schema(SCHEMA, Arc::new(named))?;
            let catalogs = MemoryCatalogProviderList::new();
            catalogs.register_catalog(options.default_catalog.clone(), Arc::new(catalog));
            let mut state = self.state.clone();
            state.register_catalog_list(Arc::new(catalogs));
            state.register_udtf(NAME, Arc::new(Function::new(Arc::clone(self), path)));
            let plan = state.statement_to_plan(question.statement.clone()).await;
            narrow(plan.map_err(|error| in_report(question, error.into()))?, question)
        }
        .boxed()
    }

    /// The view of a report.
    async fn view(self: &Arc<Self>, name: &str, within: &[String]) -> Result<Arc<dyn TableProvider>> {
        let planned = self.planned.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        if let Some(view) = planned {
            return Ok(view);
        }
        let report = self.registry.find(name)?;
        let plan = self.plan_within(&report.ask(&[])?, within).await?;
        let view: Arc<dyn TableProvider> = Arc::new(ViewTable::new(plan, Some(report.sql().to_owned())));
        let mut planned = self.planned.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(planned.entry(name.to_owned()).or_insert(view)))
    }

    fn catalog(&self) -> &str {
        &self.state.config().options().catalog.default_catalog
    }
}

/// The schema `reports`.
#[derive(Debug)]
struct Lazy(Arc<Views>);

impl Lazy {
    fn report(&self, name: &str) -> Option<&Arc<Report>> {
        self.0.registry.find(name).ok().filter(|report| report.is_view() && report.name == name)
    }
}

#[async_trait]
impl SchemaProvider for Lazy {
    fn table_names(&self) -> Vec<String> {
        let views = self.0.registry.iter().filter(|report| report.is_view());
        views.map(|report| report.name.clone()).collect()
    }

    /// A report that cannot be planned is no table here: [`Views::check`] tells the reason to who names it, and who
    /// lists the columns of all tables should get those of the others.
    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>, DataFusionError> {
        if self.report(name).is_none() {
            return Ok(None);
        }
        match self.0.view(name, &[]).await {
            Ok(view) => Ok(Some(view)),
            Err(error) => {
                tracing::warn!(report = name, %error, "a report cannot be planned");
                Ok(None)
            }
        }
    }

    async fn table_type(&self, name: &str) -> Result<Option<TableType>, DataFusionError> {
        Ok(self.report(name).map(|_| TableType::View))
    }

    fn table_exist(&self, name: &str) -> bool {
        self.report(name).is_some()
    }
}

/// Filters the rows of a report by what it has no parameter for.
fn narrow(plan: LogicalPlan, question: &Question) -> Result<LogicalPlan> {
    let mut builder = LogicalPlanBuilder::from(plan);
    for filter in &question.filters {
        let (word, columns): (_, &[&str]) = match filter {
            Filter::Since(_) => ("since", &["event_time", "request_time"]),
            Filter::Until(_) => ("until", &["event_time", "request_time"]),
            Filter::Account(_) => ("account", &["account_id"]),
            Filter::Region(_) => ("region", &["aws_region"]),
        };
        let schema = builder.schema();
        let column = columns.iter().find_map(|name| {
            let at = schema.index_of_column_by_name(None::<&TableReference>, name)?;
            Some(Expr::Column(Column::from(schema.qualified_field(at))))
        });
        let Some(column) = column else {
            let name = &question.name;
            let wanted = columns.join(" or ");
            return Err(Error::user(format!("the report {name} cannot be narrowed with {word}"))
                .hinted(format!("it has no such parameter, and its rows have no column {wanted}")));
        };
        let moment = |time: &chrono::DateTime<chrono::Utc>| {
            lit(ScalarValue::TimestampMicrosecond(Some(time.timestamp_micros()), Some("UTC".into())))
        };
        let condition = match filter {
            Filter::Since(time) => column.gt_eq(moment(time)),
            Filter::Until(time) => column.lt(moment(time)),
            Filter::Account(text) | Filter::Region(text) => column.eq(lit(text.clone())),
        };
        builder = builder.filter(condition)?;
    }
    Ok(builder.build()?)
}

/// Says in which report an error is.
fn in_report(question: &Question, inner: Error) -> Error {
    let told = Error::new(inner.kind(), format!("the report {} ({}): {inner}", question.name, question.file));
    match inner.hint() {
        Some(hint) => told.hinted(hint.to_owned()),
        None => told,
    }
}
