//! Schemas, tables and their columns.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use arrow::array::AsArray;
use arrow::array::RecordBatch;
use arrow::array::StringArray;
use arrow::array::UInt32Array;
use arrow::compute::take_record_batch;
use arrow::datatypes::DataType;
use arrow::datatypes::Field;
use arrow::datatypes::Schema;
use arrow::datatypes::SchemaRef;
use arrow::datatypes::TimeUnit;
use arrow::error::ArrowError;
use arrow_flight::sql::CommandGetDbSchemas;
use arrow_flight::sql::CommandGetTables;
use arrow_flight::sql::metadata::GetDbSchemasBuilder;
use datafusion::logical_expr::TableType;
use tonic::Status;

use crate::error::Result;
use crate::flight::metadata::broken;
use crate::flight::metadata::pattern::matches;
use crate::flight::metadata::unfiltered;
use crate::flight::status;
use crate::flight::wire;
use crate::session::Listing;
use crate::session::Session;

/// What tables there are, as clients are told, and what else they call these.
const TYPES: [(&str, &[&str]); 3] = [
    ("SYSTEM TABLE", &["SYSTEM TABLE", "SYSTEM VIEW"]),
    ("TABLE", &["TABLE", "BASE TABLE", "LOCAL TABLE"]),
    ("VIEW", &["VIEW"]),
];

/// The columns of tables and views as they are sent. They follow from the program and the reports it knows, not from
/// what is in the lake, so each is planned once.
#[derive(Debug, Default)]
pub(in crate::flight) struct Tables(Mutex<HashMap<(String, String), SchemaRef>>);

impl Tables {
    /// Plans the columns of everything.
    pub(in crate::flight) async fn warm(&self, session: &Session) -> Result<()> {
        let listing = session.listing().await?;
        for schema in listing.schemas() {
            for (table, _) in listing.tables(&schema).await? {
                self.columns(&listing, &schema, &table).await?;
                // Whoever wants something meanwhile comes first.
                tokio::task::yield_now().await;
            }
        }
        Ok(())
    }

    /// The tables and views that a client asks for; one of exactly the name it asks for comes first, because there
    /// are clients that take the first for the one, and `_` in their name matches any letter.
    pub(super) async fn list(
        &self,
        session: &Session,
        asked: &CommandGetTables,
    ) -> Result<RecordBatch, Status> {
        let listing = session.listing().await.map_err(|error| status::of(&error))?;
        let mut builder = unfiltered(asked.include_schema);
        let in_catalog = asked.catalog.as_deref().is_none_or(|catalog| catalog == Session::CATALOG);
        for schema in listing.schemas().into_iter().filter(|_| in_catalog) {
            if !matches(asked.db_schema_filter_pattern.as_deref(), &schema) {
                continue;
            }
            for (table, kind) in listing.tables(&schema).await.map_err(|error| status::of(&error))? {
                let kind = type_of(&schema, kind);
                let wanted = matches(asked.table_name_filter_pattern.as_deref(), &table)
                    && is_wanted(kind, &asked.table_types);
                if !wanted {
                    continue;
                }
                let columns = match asked.include_schema {
                    true => {
                        self.columns(&listing, &schema, &table).await.map_err(|error| status::of(&error))?
                    }
                    false => Arc::new(Schema::empty()),
                };
                builder.append(Session::CATALOG, &schema, &table, kind, &columns).map_err(broken)?;
            }
        }
        let tables = builder.build().map_err(broken)?;
        exact_first(tables, asked.table_name_filter_pattern.as_deref()).map_err(|error| broken(error.into()))
    }

    async fn columns(&self, listing: &Listing, schema: &str, table: &str) -> Result<SchemaRef> {
        let key = (schema.to_owned(), table.to_owned());
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let Some(columns) = listing.columns(schema, table).await? else {
            return Ok(Arc::new(Schema::empty()));
        };
        let mut columns = wire::schema(&columns, TimeUnit::Microsecond).as_ref().clone();
        if let Some(about) = listing.about(schema, table) {
            columns.metadata.insert("comment".to_owned(), about.clone());
            columns.metadata.insert("ARROW:FLIGHT:SQL:REMARKS".to_owned(), about);
        }
        let mut planned = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(planned.entry(key).or_insert_with(|| Arc::new(columns))))
    }
}

/// The schemas that a client asks for.
pub(super) async fn schemas(session: &Session, asked: &CommandGetDbSchemas) -> Result<RecordBatch, Status> {
    let listing = session.listing().await.map_err(|error| status::of(&error))?;
    let mut builder = GetDbSchemasBuilder::new(None::<String>, None::<String>);
    let in_catalog = asked.catalog.as_deref().is_none_or(|catalog| catalog == Session::CATALOG);
    for schema in listing.schemas().iter().filter(|_| in_catalog) {
        if matches(asked.db_schema_filter_pattern.as_deref(), schema) {
            builder.append(Session::CATALOG, schema);
        }
    }
    builder.build().map_err(broken)
}

/// The types of tables.
pub(super) fn types() -> Result<RecordBatch, ArrowError> {
    let names = StringArray::from_iter_values(TYPES.map(|(name, _)| name));
    RecordBatch::try_new(types_schema(), vec![Arc::new(names)])
}

/// Its columns.
pub(super) fn types_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new("table_type", DataType::Utf8, false)]))
}

fn type_of(schema: &str, kind: TableType) -> &'static str {
    match kind {
        _ if schema == "information_schema" => "SYSTEM TABLE",
        TableType::View => "VIEW",
        TableType::Base | TableType::Temporary => "TABLE",
    }
}

/// Tells whether a type is among those asked for, whatever they are called; all are if none is.
fn is_wanted(kind: &str, asked: &[String]) -> bool {
    let names = TYPES.iter().find(|(name, _)| *name == kind).map_or(&[] as &[&str], |(_, names)| names);
    asked.is_empty()
        || asked.iter().any(|asked| names.iter().any(|name| name.eq_ignore_ascii_case(asked.trim())))
}

fn exact_first(tables: RecordBatch, name: Option<&str>) -> Result<RecordBatch, ArrowError> {
    let names = tables.column(2).as_string::<i32>();
    let (mut exact, mut others) = (Vec::new(), Vec::new());
    for (row, found) in (0..).zip(names.iter()) {
        if found == name { exact.push(row) } else { others.push(row) }
    }
    exact.append(&mut others);
    take_record_batch(&tables, &UInt32Array::from(exact))
}
