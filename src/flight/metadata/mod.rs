//! What clients ask about the lake: catalogs, schemas, tables, keys, types, and what the server can do.

mod keys;
mod pattern;
mod sql_info;
mod tables;
mod types;

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow_flight::sql::Command;
use arrow_flight::sql::CommandGetTables;
use arrow_flight::sql::metadata::GetCatalogsBuilder;
use arrow_flight::sql::metadata::GetDbSchemasBuilder;
use arrow_flight::sql::metadata::GetTablesBuilder;
use arrow_flight::sql::metadata::SqlInfoDataBuilder;
use tonic::Status;

use crate::flight::status;
use crate::session::Session;

pub(super) use tables::Tables;

/// The columns of the answer to a command about metadata; none for other commands.
pub(super) fn schema(command: &Command) -> Option<SchemaRef> {
    Some(match command {
        Command::CommandGetCatalogs(_) => GetCatalogsBuilder::new().schema(),
        Command::CommandGetDbSchemas(_) => GetDbSchemasBuilder::new(None::<String>, None::<String>).schema(),
        Command::CommandGetTables(asked) => unfiltered(asked.include_schema).schema(),
        Command::CommandGetTableTypes(_) => tables::types_schema(),
        Command::CommandGetPrimaryKeys(_) => keys::primary(),
        Command::CommandGetExportedKeys(_)
        | Command::CommandGetImportedKeys(_)
        | Command::CommandGetCrossReference(_) => keys::foreign(),
        Command::CommandGetSqlInfo(_) => Arc::new(SqlInfoDataBuilder::schema().clone()),
        Command::CommandGetXdbcTypeInfo(_) => types::schema(),
        _ => return None,
    })
}

/// The answer to a command about metadata.
pub(super) async fn batch(
    tables: &Tables,
    session: &Session,
    command: Command,
) -> Result<RecordBatch, Status> {
    match command {
        Command::CommandGetCatalogs(_) => {
            let mut catalogs = GetCatalogsBuilder::new();
            catalogs.append(Session::CATALOG);
            catalogs.build().map_err(broken)
        }
        Command::CommandGetDbSchemas(asked) => tables::schemas(session, &asked).await,
        Command::CommandGetTables(asked) => tables.list(session, &asked).await,
        Command::CommandGetTableTypes(_) => tables::types().map_err(|error| broken(error.into())),
        Command::CommandGetSqlInfo(asked) => {
            let listing = session.listing().await.map_err(|error| status::of(&error))?;
            sql_info::all(&listing).and_then(|all| all.record_batch(asked.info)).map_err(broken)
        }
        Command::CommandGetXdbcTypeInfo(asked) => {
            types::all().and_then(|all| all.record_batch(asked.data_type)).map_err(broken)
        }
        other => match schema(&other) {
            // No table has a key.
            Some(schema) => Ok(RecordBatch::new_empty(schema)),
            None => Err(Status::invalid_argument(format!("{} is not about metadata", other.type_url()))),
        },
    }
}

/// A builder that keeps whatever is added to it: what matches is chosen before its columns are planned.
fn unfiltered(include_schema: bool) -> GetTablesBuilder {
    CommandGetTables { include_schema, ..CommandGetTables::default() }.into_builder()
}

fn broken(error: arrow_flight::error::FlightError) -> Status {
    Status::internal(error.to_string())
}

#[cfg(test)]
mod tests;
