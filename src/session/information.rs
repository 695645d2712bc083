//! The schema `information_schema`: what the engine has of it, and the views of constraints that tools ask for.
//!
//! There are no constraints in a lake, so these are empty; but a tool that finds no such view gives up.

use std::sync::Arc;

use arrow::datatypes::DataType;
use arrow::datatypes::Field;
use arrow::datatypes::Schema;
use async_trait::async_trait;
use datafusion::catalog::CatalogProvider;
use datafusion::catalog::CatalogProviderList;
use datafusion::catalog::MemoryCatalogProvider;
use datafusion::catalog::MemoryCatalogProviderList;
use datafusion::catalog::SchemaProvider;
use datafusion::catalog::TableProvider;
use datafusion::catalog::information_schema::InformationSchemaProvider;
use datafusion::datasource::empty::EmptyTable;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::TableType;
use datafusion::prelude::SessionContext;

use crate::error::Error;
use crate::error::Result;
use crate::session::CATALOG;

/// Its name.
pub(super) const SCHEMA: &str = "information_schema";

/// The views that the engine has not, with their columns as the standard and PostgreSQL have them.
const CONSTRAINTS: [(&str, &[&str]); 3] = [
    (
        "table_constraints",
        &[
            "constraint_catalog",
            "constraint_schema",
            "constraint_name",
            "table_catalog",
            "table_schema",
            "table_name",
            "constraint_type",
            "is_deferrable",
            "initially_deferred",
            "enforced",
        ],
    ),
    (
        "key_column_usage",
        &[
            "constraint_catalog",
            "constraint_schema",
            "constraint_name",
            "table_catalog",
            "table_schema",
            "table_name",
            "column_name",
            "ordinal_position",
            "position_in_unique_constraint",
        ],
    ),
    (
        "referential_constraints",
        &[
            "constraint_catalog",
            "constraint_schema",
            "constraint_name",
            "unique_constraint_catalog",
            "unique_constraint_schema",
            "unique_constraint_name",
            "match_option",
            "update_rule",
            "delete_rule",
        ],
    ),
];

/// Adds the schema to a context that has all others.
///
/// # Errors
/// The context has no catalog.
pub(super) fn add_to(context: &SessionContext) -> Result<()> {
    let catalog =
        context.catalog(CATALOG).ok_or_else(|| Error::internal("the session has no catalog to describe"))?;
    // It describes a catalog of its own: one that held this schema would keep itself alive for ever.
    let described = MemoryCatalogProvider::new();
    for name in catalog.schema_names() {
        if let Some(schema) = catalog.schema(&name) {
            described.register_schema(&name, schema)?;
        }
    }
    let catalogs = MemoryCatalogProviderList::new();
    catalogs.register_catalog(CATALOG.to_owned(), Arc::new(described));
    let functions = context.state().table_functions().clone();
    let engine = InformationSchemaProvider::new(Arc::new(catalogs)).with_table_functions(functions);
    catalog.register_schema(SCHEMA, Arc::new(Information(engine)))?;
    Ok(())
}

#[derive(Debug)]
struct Information(InformationSchemaProvider);

#[async_trait]
impl SchemaProvider for Information {
    fn table_names(&self) -> Vec<String> {
        let constraints = CONSTRAINTS.iter().map(|(name, _)| (*name).to_owned());
        self.0.table_names().into_iter().chain(constraints).collect()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>, DataFusionError> {
        match CONSTRAINTS.iter().find(|(view, _)| view.eq_ignore_ascii_case(name)) {
            Some((_, columns)) => Ok(Some(empty(columns))),
            None => self.0.table(name).await,
        }
    }

    async fn table_type(&self, name: &str) -> Result<Option<TableType>, DataFusionError> {
        Ok(self.table_exist(name).then_some(TableType::View))
    }

    fn table_exist(&self, name: &str) -> bool {
        CONSTRAINTS.iter().any(|(view, _)| view.eq_ignore_ascii_case(name)) || self.0.table_exist(name)
    }
}

fn empty(columns: &[&str]) -> Arc<dyn TableProvider> {
    let fields = columns.iter().map(|name| {
        let position = name.contains("position");
        Field::new(*name, if position { DataType::Int32 } else { DataType::Utf8 }, true)
    });
    Arc::new(EmptyTable::new(Arc::new(Schema::new(fields.collect::<Vec<_>>()))))
}
