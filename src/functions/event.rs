//! The function behind the view `cloudtrail_json`: the columns of a row to the JSON of its record.
//!
//! It takes every column, so nobody calls it by hand; it is not in the list.

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;
use datafusion::logical_expr::ScalarFunctionArgs;
use datafusion::logical_expr::ScalarUDF;
use datafusion::logical_expr::ScalarUDFImpl;
use datafusion::logical_expr::Signature;
use datafusion::logical_expr::Volatility;

use crate::logs::cloudtrail::rebuild;

/// Makes the function; its arguments are the columns that `rebuild::inputs` names.
pub fn cloudtrail_event() -> ScalarUDF {
    let arguments = rebuild::inputs().len();
    ScalarUDF::new_from_impl(Event { signature: Signature::any(arguments, Volatility::Immutable) })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Event {
    signature: Signature,
}

impl ScalarUDFImpl for Event {
    fn name(&self) -> &str {
        "cloudtrail_event"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8View)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let rows = arrays.first().map_or(args.number_rows, |array| array.len());
        Ok(ColumnarValue::Array(Arc::new(rebuild::rebuild(&arrays, rows)?)))
    }
}
