//! The actions of a Delta commit: made from what was written, and read back.

use std::collections::BTreeMap;
use std::collections::HashMap;

use chrono::Utc;
use deltalake_core::DeltaTableError;
use deltalake_core::kernel::Action;
use deltalake_core::kernel::Add;
use deltalake_core::kernel::ArrayType;
use deltalake_core::kernel::CommitInfo;
use deltalake_core::kernel::DataType;
use deltalake_core::kernel::Metadata;
use deltalake_core::kernel::PrimitiveType;
use deltalake_core::kernel::StructField;
use deltalake_core::kernel::StructType;
use deltalake_core::kernel::Transaction;
use serde_json::Value;
use serde_json::json;
use uuid::Uuid;

use crate::error::Error;
use crate::error::Result;
use crate::lake::bounds::Described;
use crate::lake::layout::EVENT_DATE;
use crate::logs::Column;
use crate::logs::ColumnType;

/// The key of what trailql itself writes into a commit's information.
const OURS: &str = "trailql";
/// The tag that names the columns whose bounds are values of the file, not only limits.
const EXACT: &str = "trailql.exact";

/// The tag that names the compaction a file was written by.
pub(super) const SORTED: &str = "trailql.sorted";

/// The action that adds a file.
pub(super) fn add(path: String, day: Option<Option<String>>, size: u64, described: Described) -> Add {
    let partition = day.map(|day| (EVENT_DATE.to_owned(), day));
    let exact = Some(described.exact.join(",")).filter(|names| !names.is_empty());
    Add {
        path,
        partition_values: partition.into_iter().collect(),
        size: i64::try_from(size).unwrap_or(i64::MAX),
        modification_time: Utc::now().timestamp_millis(),
        data_change: true,
        stats: Some(described.stats),
        tags: exact.map(|names| HashMap::from([(EXACT.to_owned(), Some(names))])),
        ..Add::default()
    }
}

/// The names of the columns whose bounds are values of the file.
pub(super) fn exact_columns(add: &Add) -> Vec<&str> {
    let names = add.tags.as_ref().and_then(|tags| tags.get(EXACT)).and_then(Option::as_deref);
    names.map(|names| names.split(',').collect()).unwrap_or_default()
}

/// The compaction a file was written by.
pub(super) fn sorted_by(add: &Add) -> Option<&str> {
    add.tags.as_ref()?.get(SORTED)?.as_deref()
}

/// The files that a commit writes anew without changing a row, and what they become.
pub(super) fn rewritten(actions: &[Action]) -> Option<(Vec<String>, Vec<String>)> {
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for action in actions {
        match action {
            Action::Add(add) if !add.data_change => after.push(add.path.clone()),
            Action::Remove(remove) if !remove.data_change => before.push(remove.path.clone()),
            Action::Add(_) | Action::Remove(_) => return None,
            _ => {}
        }
    }
    (!before.is_empty()).then_some((before, after))
}

/// What a table's metadata says beside the columns.
pub(super) fn properties(metadata: &Metadata) -> BTreeMap<String, String> {
    // The library reads it for itself only, but writes it out.
    let metadata = serde_json::to_value(metadata).unwrap_or_default();
    let properties = metadata.get("configuration").and_then(Value::as_object).into_iter().flatten();
    properties.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

/// The action that says up to which version of a log's table the ledger is kept.
pub(super) fn mark(log: &str, version: u64) -> Action {
    let version = i64::try_from(version).unwrap_or(i64::MAX);
    Action::Txn(Transaction::new(log, version))
}

/// The text of a commit, which carries an identifier and what else trailql notes in it.
pub(super) fn commit_bytes(
    id: Uuid,
    version: u64,
    operation: &str,
    ours: &Value,
    actions: &[Action],
) -> Result<Vec<u8>> {
    let release = env!("CARGO_PKG_VERSION");
    let mut info = json!({"commit": id.to_string(), "version": release});
    if let (Some(info), Value::Object(ours)) = (info.as_object_mut(), ours) {
        info.extend(ours.clone());
    }
    let first = Action::CommitInfo(CommitInfo {
        timestamp: Some(Utc::now().timestamp_millis()),
        operation: Some(operation.to_owned()),
        operation_parameters: Some(HashMap::new()),
        read_version: version.checked_sub(1),
        is_blind_append: Some(operation == "WRITE"),
        engine_info: Some(format!("trailql/{release}")),
        info: HashMap::from([(OURS.to_owned(), info)]),
        ..CommitInfo::default()
    });
    let mut bytes = Vec::new();
    for action in std::iter::once(&first).chain(actions) {
        serde_json::to_writer(&mut bytes, action)
            .map_err(|error| Error::internal("cannot write a commit as JSON").caused_by(error))?;
        bytes.push(b'\n');
    }
    Ok(bytes)
}

/// What trailql noted in a commit.
pub(super) fn ours(actions: &[Action]) -> Option<&Value> {
    actions.iter().find_map(|action| match action {
        Action::CommitInfo(info) => info.info.get(OURS),
        _ => None,
    })
}

/// The identifier of a commit, if trailql made it.
pub(super) fn commit_id(actions: &[Action]) -> Option<String> {
    Some(ours(actions)?.get("commit")?.as_str()?.to_owned())
}

/// The schema of a table of these columns.
pub(super) fn delta_schema(columns: &[Column]) -> Result<StructType, DeltaTableError> {
    let fields = columns.iter().map(delta_field).collect::<Result<Vec<_>, _>>()?;
    StructType::try_new(fields).map_err(DeltaTableError::from)
}

/// A column in a table's schema.
pub(super) fn delta_field(column: &Column) -> Result<StructField, DeltaTableError> {
    let data_type = match column.kind {
        ColumnType::Text | ColumnType::Json => DataType::Primitive(PrimitiveType::String),
        ColumnType::TextList => {
            DataType::Array(Box::new(ArrayType::new(DataType::Primitive(PrimitiveType::String), true)))
        }
        ColumnType::Boolean => DataType::Primitive(PrimitiveType::Boolean),
        ColumnType::Integer => DataType::Primitive(PrimitiveType::Integer),
        ColumnType::Long => DataType::Primitive(PrimitiveType::Long),
        ColumnType::Timestamp => DataType::Primitive(PrimitiveType::Timestamp),
        ColumnType::Date => DataType::Primitive(PrimitiveType::Date),
    };
    Ok(StructField::new(column.name, data_type, true).with_metadata([("comment", column.comment)]))
}
