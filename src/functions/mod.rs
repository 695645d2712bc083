//! SQL words for investigators: one subject per file, one list.
//!
//! A function is a constant [`Function`]: what it is called, what is said about it, and how it is computed from
//! texts. Everything else is the same for all and written once: taking any kind of text column,
//! a single value or many, NULL for NULL, and showing the documentation in `information_schema`.
//! To add one, write the file and name the constant in [`FUNCTIONS`].

mod access_keys;
mod addresses;
mod arns;
pub mod event;
mod identity;
mod outcome;
mod resources;
mod scalar;
pub mod tables;

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::logical_expr::ScalarUDF;
use datafusion::prelude::SessionContext;

use crate::functions::scalar::Arguments;

/// Every function, in the order they are shown.
pub const FUNCTIONS: &[&Function] = &[
    &identity::PRINCIPAL,
    &identity::SESSION_NAME,
    &outcome::OUTCOME,
    &access_keys::ISSUED_ACCESS_KEY_ID,
    &resources::RESOURCE_ARNS,
    &arns::ARN_PART,
    &addresses::IP_IN_CIDR,
    &addresses::IP_IS_PRIVATE,
];

/// One SQL function over texts. It is immutable, and NULL if any argument is.
#[derive(Debug)]
pub struct Function {
    /// The name in SQL.
    pub name: &'static str,
    /// What it answers, when it is NULL, when it fails: one paragraph of Markdown.
    pub description: &'static str,
    /// Name and meaning of each argument.
    pub arguments: &'static [(&'static str, &'static str)],
    /// A query and its result: `> SELECT ...;` over one or more lines, then the table as it is printed.
    pub example: &'static str,
    /// The type of the result.
    pub returns: fn() -> DataType,
    /// Computes the result, a row of it for each row of the arguments.
    evaluate: fn(&Arguments) -> Result<ArrayRef>,
}

/// Makes every function of [`FUNCTIONS`].
pub fn all() -> impl Iterator<Item = ScalarUDF> {
    FUNCTIONS.iter().map(|function| scalar::udf(function))
}

/// Makes every function known to a session.
pub fn register(context: &SessionContext) {
    all().for_each(|function| context.register_udf(function));
}

#[cfg(test)]
mod tests;
