//! The one door for reading: lake tables, functions and views make a DataFusion session.
//!
//! Every statement sees one snapshot of the lake, the newest there is when it is planned.

use std::sync::Arc;

use arrow::array::RecordBatch;
use datafusion::catalog::CatalogProvider;
use datafusion::catalog::CatalogProviderList;
use datafusion::catalog::MemoryCatalogProvider;
use datafusion::catalog::MemoryCatalogProviderList;
use datafusion::catalog::MemorySchemaProvider;
use datafusion::catalog::SchemaProvider;
use datafusion::catalog::TableProvider;
use datafusion::common::Column;
use datafusion::common::TableReference;
use datafusion::datasource::MemTable;
use datafusion::datasource::ViewTable;
use datafusion::datasource::provider_as_source;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::context::SQLOptions;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::LogicalPlanBuilder;
use datafusion::prelude::SessionConfig;
use datafusion::prelude::SessionContext;
use datafusion::sql::parser::CopyToSource;
use datafusion::sql::parser::DFParserBuilder;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::Statement as Sql;

use crate::dialect::DIALECT;
use crate::error::Error;
use crate::error::Result;
use crate::functions;
use crate::lake::Lake;
use crate::lake::Snapshot;
use crate::logs::LOGS;
use crate::logs::Original;
use crate::reports;
use crate::reports::Registry;
use crate::reports::Views;
use crate::storage;

const CATALOG: &str = "trailql";
const SCHEMA: &str = "public";

/// An open query context over a lake. Cheap to clone.
#[derive(Clone)]
pub struct Session {
    base: SessionContext,
    lake: Lake,
    reports: Arc<Registry>,
    /// The table `reports`, which lists them.
    catalogue: Arc<dyn TableProvider>,
    /// The table `mitre` of the techniques they are about.
    mitre: Arc<dyn TableProvider>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Session").field("lake", &self.lake).finish_non_exhaustive()
    }
}

impl Session {
    /// Opens a session with the bundled reports, whose queries stay within `memory` bytes, and spill to temporary
    /// files beyond.
    ///
    /// # Errors
    /// The engine cannot be set up.
    pub fn new(lake: Lake, memory: usize) -> Result<Self> {
        Self::with_reports(lake, memory, Arc::new(Registry::bundled()))
    }

    /// Opens a session that knows these reports and no others.
    ///
    /// # Errors
    /// The engine cannot be set up.
    pub fn with_reports(lake: Lake, memory: usize, reports: Arc<Registry>) -> Result<Self> {
        let mut config = SessionConfig::new()
            .with_default_catalog_and_schema(CATALOG, SCHEMA)
            .with_create_default_catalog_and_schema(false)
            .with_information_schema(true);
        let options = config.options_mut();
        options.execution.time_zone = Some("UTC".to_owned());
        options.execution.parquet.pushdown_filters = true;
        options.execution.parquet.reorder_filters = true;
        options.execution.parquet.bloom_filter_on_read = true;
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(FairSpillPool::new(memory)))
            .build_arc()
            .map_err(|error| Error::from(error).hinted("is the folder for temporary files writable?"))?;
        let mut base = SessionContext::new_with_config_rt(config, runtime);
        datafusion_functions_json::register_all(&mut base)?;
        functions::register(&base);
        lake.register(&base);
        let catalogue = table_of(reports::catalogue(reports.iter())?)?;
        let mitre = table_of(reports::mitre::techniques()?)?;
        Ok(Self { base, lake, reports, catalogue, mitre })
    }

    /// The reports it knows.
    pub fn reports(&self) -> &Arc<Registry> {
        &self.reports
    }

    /// Splits SQL text into statements.
    ///
    /// # Errors
    /// The text is no SQL; the message says at which line and column.
    pub fn parse(sql: &str) -> Result<Vec<Statement>> {
        let mut parser = DFParserBuilder::new(sql).with_dialect(&DIALECT).build().map_err(Error::from)?;
        Ok(parser.parse_statements().map_err(Error::from)?.into())
    }

    /// Runs one statement over the newest snapshot.
    ///
    /// # Errors
    /// The statement is wrong, or would write anything but a local file.
    pub async fn run(&self, statement: Statement) -> Result<SendableRecordBatchStream> {
        refuse_writes(&statement, &self.lake)?;
        self.lake.refresh().await?;
        let (context, views) = self.context(&self.lake.snapshot())?;
        views.check(&statement).await?;
        let copies = matches!(statement, Statement::CopyTo(_));
        let plan = context.state().statement_to_plan(statement).await?;
        // COPY has been checked above; everything else that writes is refused once more, as a plan.
        SQLOptions::new().with_allow_ddl(false).with_allow_dml(copies).verify_plan(&plan)?;
        let frame = context.execute_logical_plan(plan).await?;
        Ok(frame.execute_stream().await?)
    }

    /// Asks a report over the newest snapshot, with values for its parameters as [`reports::Report::ask`] takes
    /// them.
    ///
    /// # Errors
    /// There is no such report, a value is wrong, or the report is.
    pub async fn report(&self, name: &str, given: &[(String, String)]) -> Result<SendableRecordBatchStream> {
        let question = self.reports.find(name)?.ask(given)?;
        self.lake.refresh().await?;
        let (context, views) = self.context(&self.lake.snapshot())?;
        let plan = views.plan(&question).await?;
        SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).verify_plan(&plan)?;
        Ok(context.execute_logical_plan(plan).await?.execute_stream().await?)
    }

    /// A context that sees the tables and views of one snapshot, and the reports over them.
    fn context(&self, snapshot: &Snapshot) -> Result<(SessionContext, Arc<Views>)> {
        let schema = MemorySchemaProvider::new();
        for (name, _) in snapshot.tables() {
            if let Some(table) = snapshot.table(name) {
                schema.register_table(name.to_owned(), table)?;
            }
        }
        for log in LOGS {
            if let Some((original, table)) = log.original().zip(snapshot.table(log.name())) {
                let view = original_records(log.name(), &original, table)?;
                schema.register_table(original.view.to_owned(), Arc::new(view))?;
            }
        }
        schema.register_table(reports::SCHEMA.to_owned(), Arc::clone(&self.catalogue))?;
        schema.register_table("mitre".to_owned(), Arc::clone(&self.mitre))?;
        let schema: Arc<dyn SchemaProvider> = Arc::new(schema);
        let catalog = MemoryCatalogProvider::new();
        catalog.register_schema(SCHEMA, Arc::clone(&schema))?;
        let catalogs = MemoryCatalogProviderList::new();
        catalogs.register_catalog(CATALOG.to_owned(), Arc::new(catalog));
        let mut state = self.base.state();
        state.register_catalog_list(Arc::new(catalogs));
        let context = SessionContext::new_with_state(state);
        functions::tables::register(&context, |name| snapshot.table(name));
        let views = Views::add_to(&context, schema, Arc::clone(&self.reports))?;
        Ok((context, views))
    }
}

/// A table of rows that are in memory.
fn table_of(rows: RecordBatch) -> Result<Arc<dyn TableProvider>> {
    Ok(Arc::new(MemTable::try_new(rows.schema(), vec![vec![rows]])?))
}

/// The view over a log's table that shows the records its rows were read from.
fn original_records(log: &str, original: &Original, table: Arc<dyn TableProvider>) -> Result<ViewTable> {
    // Not `col(name)`, which would read a name as SQL does.
    let column = |name: &&str| Expr::Column(Column::from_name(*name));
    let inputs = (original.inputs)().iter().map(column).collect();
    let record = functions::original::rebuild(log, original).call(inputs).alias(original.column);
    let shown = original.keys.iter().map(column).chain([record]);
    let plan = LogicalPlanBuilder::scan(TableReference::bare(log), provider_as_source(table), None)?
        .project(shown)?
        .build()?;
    Ok(ViewTable::new(plan, None))
}

/// Refuses everything that would change the lake or reach outside it.
fn refuse_writes(statement: &Statement, lake: &Lake) -> Result<()> {
    let refused = |what: String| {
        Err(Error::sql(format!("{what} is refused: trailql only reads the lake"))
            .hinted("SELECT, EXPLAIN, SHOW, DESCRIBE and COPY (SELECT ...) TO 'file' are allowed"))
    };
    match statement {
        Statement::Statement(sql) => match sql.as_ref() {
            Sql::Query(_)
            | Sql::ExplainTable { .. }
            | Sql::ShowTables { .. }
            | Sql::ShowColumns { .. }
            | Sql::ShowFunctions { .. }
            | Sql::ShowVariable { .. }
            | Sql::ShowVariables { .. } => Ok(()),
            Sql::Explain { statement, .. } => refuse_writes(&Statement::Statement(statement.clone()), lake),
            other => refused(first_words(&other.to_string())),
        },
        Statement::Explain(explain) => refuse_writes(&explain.statement, lake),
        Statement::CopyTo(copy) => {
            if let CopyToSource::Query(query) = &copy.source {
                refuse_writes(&Statement::Statement(Box::new(Sql::Query(query.clone()))), lake)?;
            }
            local_target(&copy.target, lake)
        }
        other => refused(first_words(&other.to_string())),
    }
}

/// Holds that COPY writes to a local file outside the lake.
fn local_target(target: &str, lake: &Lake) -> Result<()> {
    let hint = "write COPY (SELECT ...) TO 'file.parquet', with .csv, .json, .arrow or .parquet";
    if target.contains("://") && !target.starts_with("file://") {
        return Err(
            Error::sql(format!("COPY to {target} is refused: only local files can be written")).hinted(hint)
        );
    }
    let location = storage::local(target)?;
    let same_store = location.url.scheme() == lake.location().url.scheme();
    if same_store && location.path.prefix_matches(&lake.location().path) {
        return Err(Error::sql(format!("COPY to {target} is refused: it lies inside the lake")).hinted(hint));
    }
    Ok(())
}

/// The first two words of a statement in capitals, as `DROP TABLE`.
fn first_words(statement: &str) -> String {
    statement
        .split_whitespace()
        .take(2)
        .take_while(|word| word.chars().all(|letter| letter.is_ascii_alphabetic()))
        .collect::<Vec<_>>()
        .join(" ")
        .to_uppercase()
}
