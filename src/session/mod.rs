//! The one door for reading: lake tables, functions and views make a DataFusion session.
//!
//! Every statement sees one snapshot of the lake, the newest there is when it is planned.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::RecordBatch;
use chrono::DateTime;
use chrono::Utc;
use datafusion::catalog::CatalogProvider;
use datafusion::catalog::CatalogProviderList;
use datafusion::catalog::MemoryCatalogProvider;
use datafusion::catalog::MemoryCatalogProviderList;
use datafusion::catalog::MemorySchemaProvider;
use datafusion::catalog::SchemaProvider;
use datafusion::catalog::TableProvider;
use datafusion::common::Column;
use datafusion::common::TableReference;
use datafusion::common::metadata::FieldMetadata;
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
use datafusion::sql::parser::DFParserBuilder;
use datafusion::sql::parser::Statement;

use crate::dialect::DIALECT;
use crate::error::Error;
use crate::error::Result;
use crate::functions;
use crate::lake::Lake;
use crate::lake::Snapshot;
use crate::lake::integrity::FILE_VERDICTS;
use crate::logs::LOGS;
use crate::logs::Original;
use crate::reports;
use crate::reports::Registry;
use crate::reports::Views;

mod information;
mod listing;
mod names;
mod narrowed;
mod planned;
mod settings;
mod verified;
mod writes;

pub use listing::Listing;
pub use names::Table;
pub use narrowed::Narrowing;
pub use planned::Planned;
pub use settings::Settings;
use writes::copies;
use writes::local_target;
use writes::refuse_writes;

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
    /// The snapshot that all statements see; without it each sees the newest.
    pin: Option<Arc<Snapshot>>,
    /// What was set for its statements.
    settings: Settings,
    /// What `now()` is; without it, the time at which a statement starts.
    now: Option<DateTime<Utc>>,
    /// What every statement is limited to.
    narrowing: Arc<Narrowing>,
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
        // Errors say where in the text they are.
        options.sql_parser.collect_spans = true;
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
        let settings = Settings::default();
        let narrowing = Arc::default();
        Ok(Self { base, lake, reports, catalogue, mitre, pin: None, settings, now: None, narrowing })
    }

    /// The reports it knows.
    pub fn reports(&self) -> &Arc<Registry> {
        &self.reports
    }

    /// The lake it reads.
    pub fn lake(&self) -> &Lake {
        &self.lake
    }

    /// The same session, whose statements from now on see only what lies within; see [`Narrowing`].
    pub fn narrowed(&self, narrowing: Narrowing) -> Self {
        Self { narrowing: Arc::new(narrowing), ..self.clone() }
    }

    /// What every statement is limited to.
    pub fn narrowing(&self) -> &Narrowing {
        &self.narrowing
    }

    /// Splits SQL text into statements.
    ///
    /// # Errors
    /// The text is no SQL; the message says at which line and column.
    pub fn parse(sql: &str) -> Result<Vec<Statement>> {
        let mut parser = DFParserBuilder::new(sql).with_dialect(&DIALECT).build().map_err(Error::from)?;
        Ok(parser.parse_statements().map_err(Error::from)?.into())
    }

    /// The same session, which from now on sees this snapshot only, whatever is committed later.
    pub fn pinned(&self, snapshot: Arc<Snapshot>) -> Self {
        Self { pin: Some(snapshot), ..self.clone() }
    }

    /// Refuses a statement that would do anything but read, also one that would write a local file: for sessions of
    /// people who are not on this machine.
    ///
    /// # Errors
    /// It would.
    pub fn only_reads(&self, statement: &Statement) -> Result<()> {
        if copies(statement) {
            return Err(Error::sql("COPY is refused: nothing is written here")
                .hinted("fetch the rows and write them where you are"));
        }
        refuse_writes(statement, &self.lake)
    }

    /// The same session, whose answers depend on nothing but the snapshot: one thread after the other reads, in one
    /// order, and `now()` is this time.
    pub fn steady(&self, now: DateTime<Utc>) -> Self {
        let mut state = self.base.state();
        state.config_mut().options_mut().execution.target_partitions = 1;
        let base = SessionContext::new_with_state(state);
        Self { base, now: Some(now), ..self.clone() }
    }

    /// The snapshot that a statement planned now would see: the pinned one, else the newest there is.
    ///
    /// # Errors
    /// The store fails.
    pub async fn snapshot(&self) -> Result<Arc<Snapshot>> {
        if let Some(pin) = &self.pin {
            return Ok(Arc::clone(pin));
        }
        self.lake.refresh().await?;
        Ok(self.lake.snapshot())
    }

    /// Plans one statement; see [`Session::snapshot`] for what it sees.
    ///
    /// # Errors
    /// The statement is wrong, or would write anything but a local file.
    pub async fn plan(&self, statement: Statement) -> Result<Planned> {
        refuse_writes(&statement, &self.lake)?;
        let snapshot = self.snapshot().await?;
        let (context, views) = self.context(&snapshot)?;
        views.check(&statement).await?;
        let copies = matches!(statement, Statement::CopyTo(_));
        let plan = match context.state().statement_to_plan(statement).await {
            Ok(plan) => plan,
            Err(error) => return Err(self.suggesting(error.into()).await),
        };
        // COPY has been checked above; everything else that writes is refused once more, as a plan.
        SQLOptions::new().with_allow_ddl(false).with_allow_dml(copies).verify_plan(&plan)?;
        Ok(Planned { context, plan, snapshot, now: self.now })
    }

    /// Holds that results may be written to a file: a local one outside the lake.
    ///
    /// # Errors
    /// They may not.
    pub fn may_write(&self, file: &str) -> Result<()> {
        local_target(file, &self.lake)
    }

    /// Plans a report, with values for its parameters as [`reports::Report::ask`] takes them.
    ///
    /// # Errors
    /// There is no such report, a value is wrong, or the report is.
    pub async fn plan_report(&self, name: &str, given: &[(String, String)]) -> Result<Planned> {
        let question = self.reports.find(name)?.ask(given)?;
        let snapshot = self.snapshot().await?;
        let (context, views) = self.context(&snapshot)?;
        let plan = views.plan(&question).await?;
        SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).verify_plan(&plan)?;
        Ok(Planned { context, plan, snapshot, now: self.now })
    }

    /// Runs one statement over the newest snapshot.
    ///
    /// # Errors
    /// The statement is wrong, or would write anything but a local file.
    pub async fn run(&self, statement: Statement) -> Result<SendableRecordBatchStream> {
        self.plan(statement).await?.run().await
    }

    /// Asks a report over the newest snapshot, as [`Session::plan_report`] plans it.
    ///
    /// # Errors
    /// There is no such report, a value is wrong, or the report is.
    pub async fn report(&self, name: &str, given: &[(String, String)]) -> Result<SendableRecordBatchStream> {
        self.plan_report(name, given).await?.run().await
    }

    /// A context that sees the tables and views of one snapshot, and the reports over them.
    fn context(&self, snapshot: &Snapshot) -> Result<(SessionContext, Arc<Views>)> {
        let schema = MemorySchemaProvider::new();
        for (name, _) in snapshot.tables() {
            if let Some(table) = snapshot.table(name) {
                schema.register_table(name.to_owned(), self.narrowing.over(name, table)?)?;
            }
        }
        for log in LOGS {
            if let Some((original, table)) = log.original().zip(snapshot.table(log.name())) {
                let table = self.narrowing.over(log.name(), table)?;
                let view = original_records(log.name(), &original, table)?;
                schema.register_table(original.view.to_owned(), Arc::new(view))?;
            }
        }
        if let Some((events, verdicts)) = snapshot.table("cloudtrail").zip(snapshot.table(FILE_VERDICTS)) {
            let view = verified::view(self.narrowing.over("cloudtrail", events)?, verdicts)?;
            schema.register_table(verified::NAME.to_owned(), Arc::new(view))?;
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
        self.narrowing.register_functions(&context, snapshot)?;
        let views = Views::add_to(&context, schema, Arc::clone(&self.reports))?;
        information::add_to(&context)?;
        Ok((self.settings.applied(&context), views))
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
    let comment = BTreeMap::from([("comment".to_owned(), "The record as it was read".to_owned())]);
    let record = functions::original::rebuild(log, original)
        .call(inputs)
        .alias_with_metadata(original.column, Some(FieldMetadata::new(comment)));
    let shown = original.keys.iter().map(column).chain([record]);
    let plan = LogicalPlanBuilder::scan(TableReference::bare(log), provider_as_source(table), None)?
        .project(shown)?
        .build()?;
    Ok(ViewTable::new(plan, None))
}
