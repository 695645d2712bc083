//! The values of a prepared statement's parameters.
//!
//! Clients name the columns of what they bind as they like, so they count by position; a column that has the name of
//! a parameter is that parameter. Whatever type a client thinks best, even a union, is cast to the type that the
//! statement gives the parameter.

use std::collections::HashMap;
use std::io::Cursor;
use std::sync::Arc;

use arrow::array::Array;
use arrow::array::ArrayRef;
use arrow::array::AsArray;
use arrow::array::RecordBatch;
use arrow::compute::CastOptions;
use arrow::compute::cast_with_options;
use arrow::datatypes::DataType;
use arrow::datatypes::Field;
use arrow::datatypes::Schema;
use arrow::datatypes::SchemaRef;
use arrow::datatypes::TimeUnit;
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use arrow_flight::FlightData;
use arrow_flight::decode::FlightRecordBatchStream;
use arrow_flight::error::FlightError;
use datafusion::common::ScalarValue;
use futures::Stream;
use futures::StreamExt;
use prost::bytes::Bytes;
use tonic::Status;

use crate::flight::wire;

/// A parameter: its name without the `$`, and its type where the statement tells it.
pub(super) type Parameter = (String, Option<DataType>);

/// The columns that a client is asked to bind.
///
/// Times are asked for in milliseconds: the JDBC driver (18.3) writes these, whatever unit it is asked for, and so
/// binds another time. Who has more digits sends them all the same, and loses none.
pub(super) fn schema(parameters: &[Parameter]) -> SchemaRef {
    let fields = parameters.iter().map(|(name, data_type)| {
        let data_type = match data_type.as_ref().unwrap_or(&DataType::Utf8) {
            DataType::Time32(_) | DataType::Time64(_) => DataType::Time32(TimeUnit::Millisecond),
            other => wire::data_type(other, TimeUnit::Millisecond),
        };
        Field::new(name, data_type, true)
    });
    wire::schema(&Schema::new(fields.collect::<Vec<_>>()), TimeUnit::Millisecond)
}

/// Reads the one row that a client binds.
pub(super) async fn receive<S>(data: S) -> Result<RecordBatch, Status>
where
    S: Stream<Item = Result<FlightData, Status>> + Send + 'static,
{
    let data = data.map(|data| data.map_err(|status| FlightError::Tonic(Box::new(status))));
    let mut batches = FlightRecordBatchStream::new_from_flight_data(data);
    let mut row = None;
    while let Some(batch) = batches.next().await {
        let batch = batch.map_err(|error| match error {
            FlightError::Tonic(status) => *status,
            other => Status::invalid_argument(format!("the values to bind cannot be read: {other}")),
        })?;
        match batch.num_rows() {
            0 => {}
            1 if row.is_none() => row = Some(batch),
            _ => {
                return Err(Status::invalid_argument(
                    "a query takes one row of values; run it once for each row",
                ));
            }
        }
    }
    row.ok_or_else(|| Status::invalid_argument("there are no values to bind"))
}

/// The row with a column for each parameter, named and typed as the statement wants them.
pub(super) fn fit(row: &RecordBatch, parameters: &[Parameter]) -> Result<RecordBatch, Status> {
    if row.num_columns() != parameters.len() {
        return Err(Status::invalid_argument(format!(
            "the statement has {} parameters, and {} values were bound",
            parameters.len(),
            row.num_columns()
        )));
    }
    let schema = row.schema();
    let plain = |name: &str| name.trim_start_matches(['$', ':']).to_owned();
    let by_name = parameters.iter().all(|(name, _)| {
        name.parse::<usize>().is_err() && schema.fields().iter().any(|field| plain(field.name()) == *name)
    });
    let mut fields = Vec::new();
    let mut columns = Vec::new();
    for (position, (name, data_type)) in parameters.iter().enumerate() {
        let named = schema.fields().iter().position(|field| plain(field.name()) == *name);
        let column = row.column(named.filter(|_| by_name).unwrap_or(position));
        let value = fitted(column, data_type.as_ref(), name)?;
        fields.push(Field::new(name, value.data_type().clone(), true));
        columns.push(value);
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
        .map_err(|error| Status::invalid_argument(error.to_string()))
}

fn fitted(column: &ArrayRef, wanted: Option<&DataType>, name: &str) -> Result<ArrayRef, Status> {
    let value = match column.data_type() {
        DataType::Union(..) => column.as_union().value(0),
        _ => Arc::clone(column),
    };
    // A value of no type can be of any; it is kept in the type in which it would be sent.
    let own = wire::data_type(value.data_type(), TimeUnit::Microsecond);
    let wanted = wanted.filter(|wanted| **wanted != DataType::Null).unwrap_or(&own);
    let options = CastOptions { safe: false, ..CastOptions::default() };
    cast_with_options(&value, wanted, &options).map_err(|error| {
        let what = value.data_type();
        Status::invalid_argument(format!("parameter {name}: a value of type {what} is no {wanted}: {error}"))
    })
}

/// The row as bytes.
pub(super) fn encode(row: &RecordBatch) -> Result<Bytes, Status> {
    let failed = |error: arrow::error::ArrowError| Status::internal(error.to_string());
    let mut writer = StreamWriter::try_new(Vec::new(), row.schema_ref()).map_err(failed)?;
    writer.write(row).map_err(failed)?;
    Ok(writer.into_inner().map_err(failed)?.into())
}

/// The values of bytes that [`encode`] gave, by the names of the parameters.
pub(super) fn decode(bytes: &Bytes) -> Result<HashMap<String, ScalarValue>, Status> {
    let failed =
        |error: String| Status::invalid_argument(format!("the bound values cannot be read: {error}"));
    let reader =
        StreamReader::try_new(Cursor::new(bytes), None).map_err(|error| failed(error.to_string()))?;
    let mut values = HashMap::new();
    for row in reader {
        let row = row.map_err(|error| failed(error.to_string()))?;
        for (field, column) in row.schema_ref().fields().iter().zip(row.columns()) {
            let value = ScalarValue::try_from_array(column, 0).map_err(|error| failed(error.to_string()))?;
            values.insert(field.name().clone(), value);
        }
    }
    Ok(values)
}

#[cfg(test)]
mod tests;
