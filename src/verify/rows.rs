//! Columns of a result as the checks read them.

use arrow::array::Array;
use arrow::array::AsArray;
use arrow::array::BooleanArray;
use arrow::array::PrimitiveArray;
use arrow::array::RecordBatch;
use arrow::array::StringArray;
use arrow::array::StringViewArray;
use arrow::datatypes::Int64Type;
use arrow::datatypes::TimestampMicrosecondType;
use datafusion::execution::SendableRecordBatchStream;

use crate::error::Error;
use crate::error::Result;
use crate::session::Session;

/// Runs a query of our own.
pub(super) async fn ask(session: &Session, query: &str) -> Result<SendableRecordBatchStream> {
    let statement = Session::parse(query)?.pop();
    let statement = statement.ok_or_else(|| Error::internal("a check asks nothing"))?;
    session.run(statement).await
}

fn strange(name: &str) -> Error {
    Error::internal(format!("the column {name} is missing or of another type"))
}

/// A column of texts, however the engine holds them.
#[derive(Debug)]
pub(super) enum Texts<'a> {
    View(&'a StringViewArray),
    Plain(&'a StringArray),
}

impl<'a> Texts<'a> {
    pub(super) fn of(batch: &'a RecordBatch, name: &str) -> Result<Self> {
        let column = batch.column_by_name(name).ok_or_else(|| strange(name))?;
        let view = column.as_string_view_opt().map(Self::View);
        view.or_else(|| column.as_string_opt::<i32>().map(Self::Plain)).ok_or_else(|| strange(name))
    }

    pub(super) fn get(&self, row: usize) -> Option<&'a str> {
        match self {
            Self::View(texts) => texts.is_valid(row).then(|| texts.value(row)),
            Self::Plain(texts) => texts.is_valid(row).then(|| texts.value(row)),
        }
    }

    pub(super) fn owned(&self, row: usize) -> Option<String> {
        self.get(row).map(str::to_owned)
    }
}

/// A column of times.
#[derive(Debug)]
pub(super) struct Times<'a>(&'a PrimitiveArray<TimestampMicrosecondType>);

impl<'a> Times<'a> {
    pub(super) fn of(batch: &'a RecordBatch, name: &str) -> Result<Self> {
        let column = batch.column_by_name(name).and_then(|column| column.as_primitive_opt());
        column.map(Self).ok_or_else(|| strange(name))
    }

    pub(super) fn get(&self, row: usize) -> Option<i64> {
        self.0.is_valid(row).then(|| self.0.value(row))
    }
}

/// A column of truth values.
pub(super) fn flags<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a BooleanArray> {
    batch.column_by_name(name).and_then(|column| column.as_boolean_opt()).ok_or_else(|| strange(name))
}

/// The number in the first column and row.
pub(super) fn number(batch: &RecordBatch) -> u64 {
    let column = batch.columns().first().and_then(|column| column.as_primitive_opt::<Int64Type>());
    let value = column.filter(|column| !column.is_empty()).map(|column| column.value(0));
    value.and_then(|value| u64::try_from(value).ok()).unwrap_or(0)
}
