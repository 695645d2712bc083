//! What a session knows by name: tables, views and functions, for who lists, completes or suggests them.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::catalog::SchemaProvider;
use datafusion::common::TableReference;
use datafusion::execution::FunctionRegistry;

use crate::error::Error;
use crate::error::Result;
use crate::reports;
use crate::session::CATALOG;
use crate::session::SCHEMA;
use crate::session::Session;

/// A table or view and its columns.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns; their metadata holds what they mean under `comment`.
    pub schema: SchemaRef,
}

impl Session {
    /// The tables and views of the lake, by name; the reports' views are not among them.
    ///
    /// # Errors
    /// The store fails.
    pub async fn tables(&self) -> Result<Vec<Table>> {
        let schema = self.provider().await?;
        let mut tables = Vec::new();
        for name in schema.table_names() {
            if let Some(table) = schema.table(&name).await? {
                tables.push(Table { name, schema: table.schema() });
            }
        }
        tables.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(tables)
    }

    /// A table, view or report's view by its name in SQL.
    ///
    /// # Errors
    /// There is none, and the error suggests others; or the report is wrong.
    pub async fn table(&self, name: &str) -> Result<Table> {
        let snapshot = self.snapshot().await?;
        let (context, _) = self.context(&snapshot)?;
        let reference = TableReference::parse_str(name.trim());
        if reference.schema() == Some(reports::SCHEMA) {
            // It says what is wrong with the name or the report; the catalog only that there is no such view.
            let report = self.reports.find(reference.table())?;
            let wanted: Vec<_> = report.required().map(|param| param.name.as_str()).collect();
            if !wanted.is_empty() {
                let asked = wanted.join(" and ");
                return Err(Error::user(format!("the report {} is no view: it needs {asked}", report.name)));
            }
        }
        match context.table_provider(reference.clone()).await {
            Ok(table) => Ok(Table { name: reference.to_string(), schema: table.schema() }),
            Err(error) => Err(self.suggesting(error.into()).await),
        }
    }

    /// The names of the functions: those of one value, aggregates, windows, and those that answer with a table.
    ///
    /// # Errors
    /// The store fails.
    pub async fn functions(&self) -> Result<Vec<String>> {
        let snapshot = self.snapshot().await?;
        let (context, _) = self.context(&snapshot)?;
        let state = context.state();
        let mut names: Vec<String> =
            state.udfs().into_iter().chain(state.udafs()).chain(state.udwfs()).collect();
        names.extend(state.table_functions().keys().cloned());
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// Adds to an error about a table that there is not, which one may be meant.
    pub(super) async fn suggesting(&self, error: Error) -> Error {
        let message = error.to_string();
        let wrong = |start: &str| message.strip_prefix(start)?.strip_suffix("' not found");
        let unlisted = message.strip_prefix("no table named '").and_then(|rest| rest.strip_suffix('\''));
        if let Some(name) = wrong("table '").or(unlisted) {
            let short = name.strip_prefix(&format!("{CATALOG}.{SCHEMA}.")).unwrap_or(name);
            let names = match self.provider().await {
                Ok(schema) => schema.table_names(),
                Err(_) => Vec::new(),
            };
            let reports = self.reports.iter().map(|report| report.name.as_str());
            let near = reports::nearest(short, names.iter().map(String::as_str).chain(reports));
            let shown = |near: &&str| match names.iter().any(|name| name == near) {
                true => (*near).to_owned(),
                false => format!("{}.{near}", reports::SCHEMA),
            };
            let near: Vec<_> = near.iter().map(shown).collect();
            let error = error.reworded(format!("there is no table {short}"));
            return match near.is_empty() {
                true => error,
                false => error.hinted(format!("did you mean {}?", near.join(", "))),
            };
        }
        if let Some(name) = wrong("table function '") {
            let names = self.functions().await.unwrap_or_default();
            let near = reports::nearest(name, names.iter().map(String::as_str));
            let error = Error::sql(format!("there is no function {name} that answers with a table"));
            return match near.is_empty() {
                true => error,
                false => error.hinted(format!("did you mean {}?", near.join(", "))),
            };
        }
        error
    }

    async fn provider(&self) -> Result<Arc<dyn SchemaProvider>> {
        let snapshot = self.snapshot().await?;
        let (context, _) = self.context(&snapshot)?;
        let schema = context.catalog(CATALOG).and_then(|catalog| catalog.schema(SCHEMA));
        schema.ok_or_else(|| Error::internal("the session has no catalog"))
    }
}
