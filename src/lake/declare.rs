//! What a table's log declares: the table itself, and columns that are added later.

use deltalake_core::DeltaTableError;
use deltalake_core::kernel::Action;
use deltalake_core::kernel::EagerSnapshot;
use deltalake_core::kernel::MetadataExt;
use deltalake_core::kernel::StructType;
use deltalake_core::kernel::new_metadata;
use serde_json::Value;
use serde_json::json;

use crate::error::Error;
use crate::error::Result;
use crate::lake::actions::delta_field;
use crate::lake::actions::delta_schema;
use crate::lake::delta::Table;
use crate::lake::delta::TableState;
use crate::logs::Column;

impl Table {
    /// Makes the table, with some marks in it, unless another writer just did.
    pub(super) async fn create(&self, marks: Vec<Action>) -> Result<()> {
        let schema = delta_schema(self.shape.columns).map_err(|error| self.failed("describe", error))?;
        // Old versions are evidence of what was known when; no tool shall clean them up on its own.
        let settings = [("delta.enableExpiredLogCleanup", "false")];
        let metadata = new_metadata(&schema, self.shape.partition_columns(), settings)
            .and_then(|metadata| metadata.with_name(self.shape.name.to_owned()))
            .map_err(|error| self.failed("describe", error.into()))?;
        let protocol = serde_json::from_value(json!({"minReaderVersion": 1, "minWriterVersion": 2}))
            .map_err(|error| Error::internal("cannot describe the protocol").caused_by(error))?;
        let mut actions = vec![Action::Protocol(protocol), Action::Metadata(metadata)];
        actions.extend(marks);
        self.commit(0, "CREATE TABLE", &Value::Null, &actions).await.map(|_| ())
    }

    /// Declares the columns that this release has and the table has not.
    pub(super) async fn declare_columns(&self, state: &mut TableState, logs: &[&str]) -> Result<()> {
        while self.shape.columns.iter().any(|column| !state.declared.iter().any(|name| name == column.name)) {
            let snapshot = EagerSnapshot::try_new(self.log.as_ref(), Some(state.version))
                .await
                .map_err(|error| self.failed("load", error))?;
            let missing = |column: &&Column| !state.declared.iter().any(|name| name == column.name);
            let added = self.shape.columns.iter().filter(missing).map(delta_field);
            let declared = snapshot.schema();
            let fields = declared.fields().cloned().map(Ok).chain(added);
            let metadata = fields
                .collect::<Result<Vec<_>, DeltaTableError>>()
                .and_then(|fields| StructType::try_new(fields).map_err(DeltaTableError::from))
                .and_then(|schema| Ok(snapshot.metadata().clone().with_schema(&schema)?))
                .map_err(|error| self.failed("describe", error))?;
            let actions = [Action::Metadata(metadata)];
            self.commit(state.version + 1, "ADD COLUMNS", &Value::Null, &actions).await?;
            self.follow(state, logs).await?;
        }
        Ok(())
    }
}
