//! What all functions have in common: the bridge between [`Function`] and DataFusion.

use std::borrow::Cow;
use std::hash::Hash;
use std::hash::Hasher;
use std::sync::Arc;

use datafusion::arrow::array::Array;
use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::array::AsArray;
use datafusion::arrow::array::BooleanBuilder;
use datafusion::arrow::array::ListBuilder;
use datafusion::arrow::array::StringBuilder;
use datafusion::arrow::array::StringViewArray;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::common::ScalarValue;
use datafusion::common::types::logical_boolean;
use datafusion::common::types::logical_string;
use datafusion::logical_expr::Coercion;
use datafusion::logical_expr::ColumnarValue;
use datafusion::logical_expr::DocSection;
use datafusion::logical_expr::Documentation;
use datafusion::logical_expr::ScalarFunctionArgs;
use datafusion::logical_expr::ScalarUDF;
use datafusion::logical_expr::ScalarUDFImpl;
use datafusion::logical_expr::Signature;
use datafusion::logical_expr::TypeSignature;
use datafusion::logical_expr::TypeSignatureClass;
use datafusion::logical_expr::Volatility;

use crate::functions::Function;
use crate::functions::Kind;

const SECTION: DocSection = DocSection { include: true, label: "Investigation Functions", description: None };

/// The arguments of one call, all of them texts; a boolean is `true` or `false`.
pub(super) struct Arguments {
    texts: Vec<Texts>,
    rows: usize,
}

/// One argument: a text for each row, or one for all.
pub(super) struct Texts {
    values: StringViewArray,
    constant: bool,
}

impl Texts {
    /// The text of a row; `None` for NULL.
    pub(super) fn get(&self, row: usize) -> Option<&str> {
        let row = if self.constant { 0 } else { row };
        (row < self.values.len() && self.values.is_valid(row)).then(|| self.values.value(row))
    }

    /// The text of all rows, where it is one and not NULL: wrong ones can be refused without a row.
    pub(super) fn constant(&self) -> Option<&str> {
        if self.constant { self.get(0) } else { None }
    }
}

impl Arguments {
    /// The argument at this place. DataFusion has checked how many there are.
    pub(super) fn texts(&self, at: usize) -> Result<&Texts> {
        let missing = || datafusion::common::internal_datafusion_err!("there is no argument {at}");
        self.texts.get(at).ok_or_else(missing)
    }

    /// The optional argument, which stands behind all others; `None` if it was left out.
    pub(super) fn optional(&self, at: usize) -> Option<&Texts> {
        self.texts.get(at)
    }

    /// Makes a text of each row.
    pub(super) fn map_text<'a>(&'a self, mut each: impl FnMut(usize) -> Option<Cow<'a, str>>) -> ArrayRef {
        let mut texts = StringBuilder::with_capacity(self.rows, 32 * self.rows);
        (0..self.rows).for_each(|row| texts.append_option(each(row)));
        Arc::new(texts.finish())
    }

    /// Makes a list of texts of each row.
    pub(super) fn map_list(&self, mut each: impl FnMut(usize) -> Option<Vec<String>>) -> ArrayRef {
        let mut lists = ListBuilder::new(StringBuilder::new());
        for row in 0..self.rows {
            let list = each(row);
            list.iter().flatten().for_each(|text| lists.values().append_value(text));
            lists.append(list.is_some());
        }
        Arc::new(lists.finish())
    }

    /// Makes true, false or NULL of each row.
    pub(super) fn map_boolean(
        &self,
        mut each: impl FnMut(usize) -> Result<Option<bool>>,
    ) -> Result<ArrayRef> {
        let mut booleans = BooleanBuilder::with_capacity(self.rows);
        for row in 0..self.rows {
            booleans.append_option(each(row)?);
        }
        Ok(Arc::new(booleans.finish()))
    }

    /// How many rows there are.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }
}

/// Makes the function DataFusion calls.
pub(super) fn udf(function: &'static Function) -> ScalarUDF {
    let names: Vec<_> = function.arguments.iter().map(|(name, _)| *name).collect();
    let more = function.optional.as_ref().map_or(String::new(), |more| format!("[, {}]", more.name));
    let syntax = format!("{}({}{more})", function.name, names.join(", "));
    let mut documentation = Documentation::builder(SECTION, function.description, syntax)
        .with_sql_example(format!("```sql\n{}\n```", function.example.trim()));
    let optional = function.optional.iter().map(|more| (more.name, more.meaning));
    for (name, meaning) in function.arguments.iter().copied().chain(optional) {
        documentation = documentation.with_argument(name, meaning);
    }
    ScalarUDF::new_from_impl(Scalar {
        function,
        signature: signature(function),
        documentation: documentation.build(),
    })
}

fn signature(function: &Function) -> Signature {
    let text = Coercion::new_exact(TypeSignatureClass::Native(logical_string()));
    let mut kinds = vec![text; function.arguments.len()];
    let Some(optional) = &function.optional else {
        return Signature::coercible(kinds, Volatility::Immutable);
    };
    let without = TypeSignature::Coercible(kinds.clone());
    let kind = match optional.kind {
        Kind::Text => logical_string(),
        Kind::Boolean => logical_boolean(),
    };
    kinds.push(Coercion::new_exact(TypeSignatureClass::Native(kind)));
    Signature::one_of(vec![without, TypeSignature::Coercible(kinds)], Volatility::Immutable)
}

#[derive(Debug)]
struct Scalar {
    function: &'static Function,
    signature: Signature,
    documentation: Documentation,
}

// There is one function of a name.
impl PartialEq for Scalar {
    fn eq(&self, other: &Self) -> bool {
        self.function.name == other.function.name
    }
}

impl Eq for Scalar {}

impl Hash for Scalar {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.function.name.hash(state);
    }
}

impl ScalarUDFImpl for Scalar {
    fn name(&self) -> &str {
        self.function.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok((self.function.returns)())
    }

    /// NULL for NULL; but an optional argument that is NULL only says no more than one that was left out.
    fn is_strict(&self) -> bool {
        self.function.optional.is_none()
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&self.documentation)
    }

    fn invoke_with_args(&self, call: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let single = call.args.iter().all(|value| matches!(value, ColumnarValue::Scalar(_)));
        let texts = call.args.iter().map(texts).collect::<Result<Vec<_>>>()?;
        let arguments = Arguments { texts, rows: if single { 1 } else { call.number_rows } };
        let found = (self.function.evaluate)(&arguments)?;
        if single {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&found, 0)?));
        }
        Ok(ColumnarValue::Array(found))
    }
}

/// Views are what Parquet is read into, and every other kind of text becomes one without copying it.
fn texts(value: &ColumnarValue) -> Result<Texts> {
    let (array, constant) = match value {
        ColumnarValue::Array(array) => (Arc::clone(array), false),
        ColumnarValue::Scalar(scalar) => (scalar.to_array_of_size(1)?, true),
    };
    Ok(Texts { values: cast(&array, &DataType::Utf8View)?.as_string_view().clone(), constant })
}
