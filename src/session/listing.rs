//! What there is to select from: schemas, tables and views, for doors that tell it in a form of their own.

use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::CatalogProvider;
use datafusion::logical_expr::TableType;
use datafusion::prelude::SessionContext;

use crate::error::Error;
use crate::error::Result;
use crate::logs::LOGS;
use crate::reports;
use crate::reports::Registry;
use crate::session::CATALOG;
use crate::session::SCHEMA;
use crate::session::Session;

/// Everything that can be selected from, over one snapshot.
pub struct Listing {
    context: SessionContext,
    reports: Arc<Registry>,
}

impl std::fmt::Debug for Listing {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Listing").finish_non_exhaustive()
    }
}

impl Session {
    /// Lists what there is to select from.
    ///
    /// # Errors
    /// The store fails.
    pub async fn listing(&self) -> Result<Listing> {
        let snapshot = self.snapshot().await?;
        let (context, _) = self.context(&snapshot)?;
        Ok(Listing { context, reports: Arc::clone(&self.reports) })
    }
}

impl Listing {
    /// The schemas, in the order of their names.
    pub fn schemas(&self) -> Vec<String> {
        let mut schemas =
            self.context.catalog(CATALOG).map(|catalog| catalog.schema_names()).unwrap_or_default();
        schemas.sort();
        schemas
    }

    /// The tables and views of a schema, in the order of their names.
    ///
    /// # Errors
    /// The engine cannot tell what one of them is.
    pub async fn tables(&self, schema: &str) -> Result<Vec<(String, TableType)>> {
        let Some(provider) = self.catalog()?.schema(schema) else { return Ok(Vec::new()) };
        let mut names = provider.table_names();
        names.sort();
        let mut tables = Vec::with_capacity(names.len());
        for name in names {
            if let Some(kind) = provider.table_type(&name).await? {
                tables.push((name, kind));
            }
        }
        Ok(tables)
    }

    /// The columns of a table or view; none where it does not exist, or cannot be planned.
    ///
    /// # Errors
    /// The engine fails.
    pub async fn columns(&self, schema: &str, table: &str) -> Result<Option<SchemaRef>> {
        let Some(provider) = self.catalog()?.schema(schema) else { return Ok(None) };
        Ok(provider.table(table).await?.map(|table| table.schema()))
    }

    /// What a table or view is, in a sentence, where that is known.
    pub fn about(&self, schema: &str, table: &str) -> Option<String> {
        match schema {
            reports::SCHEMA => {
                let report = self.reports.find(table).ok()?;
                Some(format!("{}. {}", report.header.title, report.header.description))
            }
            SCHEMA => about_table(table).map(str::to_owned),
            _ => None,
        }
    }

    /// The names of the functions that take rows one by one, of one section of the documentation, as `String Functions`.
    pub fn functions(&self, section: &str) -> Vec<String> {
        let state = self.context.state();
        let documented = state.scalar_functions().values().filter(|function| {
            function.documentation().is_some_and(|documentation| documentation.doc_section.label == section)
        });
        let mut names: Vec<_> = documented.map(|function| function.name().to_owned()).collect();
        names.sort();
        names.dedup();
        names
    }

    fn catalog(&self) -> Result<Arc<dyn CatalogProvider>> {
        self.context.catalog(CATALOG).ok_or_else(|| Error::internal("the session has no catalog"))
    }
}

fn about_table(table: &str) -> Option<&'static str> {
    let of_log = LOGS.iter().find(|log| log.name() == table).map(|log| log.about());
    let original = || {
        let is_view = |log: &&&dyn crate::logs::Log| log.original().is_some_and(|view| view.view == table);
        LOGS.iter()
            .any(|log| is_view(&log))
            .then_some("The records that the rows were read from, as they were")
    };
    of_log.or_else(original).or(match table {
        "sources" => Some("Every object that was ever read, with what became of it"),
        "rejects" => Some("Every record that could not be read, with its place and the reason"),
        reports::SCHEMA => Some("The saved questions"),
        "digests" => Some("Every digest that CloudTrail delivered, with its signature"),
        "digest_files" => Some("Every log file that a digest names, with the hash it states"),
        "keys" => Some("The public keys that digests are checked with"),
        "file_verdicts" => Some("What the last `trailql verify` said of each file"),
        "cloudtrail_verified" => Some("The events of files that the last `trailql verify` found whole"),
        "mitre" => Some("The ATT&CK techniques that the reports are about"),
        _ => None,
    })
}
