//! SQL words for investigators: one subject per file, one list.
//!
//! A function is a constant [`Function`]: what it is called, what is said about it, and how it is computed from
//! texts. Everything else is the same for all and written once: taking any kind of text column,
//! a single value or many, NULL for NULL, an argument that may be left out, and showing the documentation in
//! `information_schema`.
//! To add one, write the file and name the constant in [`FUNCTIONS`].

mod access_keys;
mod addresses;
mod arns;
mod calls;
mod identity;
pub mod original;
mod outcome;
mod policies;
mod resources;
mod scalar;
mod security_groups;
mod services;
pub mod tables;
mod user_agents;

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::logical_expr::ScalarUDF;
use datafusion::prelude::SessionContext;

use crate::functions::scalar::Arguments;

/// Every function, in the order they are shown.
pub const FUNCTIONS: &[&Function] = &[
    &identity::PRINCIPAL,
    &identity::PRINCIPAL_KIND,
    &identity::SESSION_NAME,
    &services::IS_AWS_SERVICE,
    &outcome::OUTCOME,
    &calls::API_NAME,
    &calls::IS_WRITE,
    &user_agents::USER_AGENT_TOOL,
    &access_keys::ISSUED_ACCESS_KEY_ID,
    &access_keys::ACCESS_KEY_ACCOUNT,
    &resources::RESOURCE_ARNS,
    &arns::ARN_PART,
    &addresses::IP_IN_CIDR,
    &addresses::IP_IS_PRIVATE,
    &services::IP_IS_AWS_HOST,
    &policies::POLICY_PRINCIPALS,
    &policies::POLICY_GRANTS_PUBLIC,
    &policies::POLICY_EXTERNAL_ACCOUNTS,
    &policies::POLICY_ACTIONS,
    &security_groups::SECURITY_GROUP_RULES,
];

/// One SQL function over texts. It is immutable, and NULL if any argument but an optional one is.
#[derive(Debug)]
pub struct Function {
    /// The name in SQL.
    pub name: &'static str,
    /// What it answers, when it is NULL, when it fails: one paragraph of Markdown.
    pub description: &'static str,
    /// Name and meaning of each argument.
    pub arguments: &'static [(&'static str, &'static str)],
    /// One more argument, behind the others, that may be left out or NULL.
    pub optional: Option<Optional>,
    /// A query and its result: `> SELECT ...;` over one or more lines, then the table as it is printed.
    pub example: &'static str,
    /// The type of the result.
    pub returns: fn() -> DataType,
    /// Computes the result, a row of it for each row of the arguments.
    evaluate: fn(&Arguments) -> Result<ArrayRef>,
}

/// An argument that may be left out.
#[derive(Debug)]
pub struct Optional {
    /// The name.
    pub name: &'static str,
    /// What it means, and what holds without it.
    pub meaning: &'static str,
    /// What it must be.
    pub kind: Kind,
}

/// What an argument must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// True or false.
    Boolean,
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
