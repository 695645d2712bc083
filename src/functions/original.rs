//! The functions behind the views of original records, as `cloudtrail_json`: a row's columns to its record.
//!
//! They take most columns of a table, so nobody calls them by hand; they are not in the list.

use std::hash::Hash;
use std::hash::Hasher;
use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;
use datafusion::logical_expr::ScalarFunctionArgs;
use datafusion::logical_expr::ScalarUDF;
use datafusion::logical_expr::ScalarUDFImpl;
use datafusion::logical_expr::Signature;
use datafusion::logical_expr::Volatility;

use crate::logs::Original;
use crate::logs::Rebuild;

/// Makes the function of a log's view; its arguments are the columns that [`Original::inputs`] names.
pub fn rebuild(log: &str, original: &Original) -> ScalarUDF {
    ScalarUDF::new_from_impl(Record {
        name: format!("{log}_{}", original.column),
        rebuild: original.rebuild,
        signature: Signature::any((original.inputs)().len(), Volatility::Immutable),
    })
}

#[derive(Debug)]
struct Record {
    name: String,
    rebuild: Rebuild,
    signature: Signature,
}

// There is one function of a name.
impl PartialEq for Record {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Record {}

impl Hash for Record {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for Record {
    fn name(&self) -> &str {
        &self.name
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
        Ok(ColumnarValue::Array(Arc::new((self.rebuild)(&arrays, rows)?)))
    }
}
