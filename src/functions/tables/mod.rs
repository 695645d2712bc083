//! SQL words that answer with a table: one per file, one list.
//!
//! A word is a constant [`TableFunction`]: what it is called, what is said about it, and how a table is made of the
//! text it is given. To add one, write the file and name the constant in [`TABLE_FUNCTIONS`].
//!
//! DataFusion lists only scalar functions in `information_schema.routines`, so each word has a scalar namesake: it
//! carries the documentation, and tells whoever calls it in the wrong place how to call it.

mod activity;
mod assume_chain;
mod contains;
mod credentials;
mod held;
mod needle;
mod planned;
mod search;
mod tree;
mod walk;
mod who;

use std::collections::BTreeMap;
use std::hash::Hash;
use std::hash::Hasher;
use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::catalog::TableFunctionArgs;
use datafusion::catalog::TableFunctionImpl;
use datafusion::catalog::TableProvider;
use datafusion::common::Result;
use datafusion::common::types::logical_string;
use datafusion::error::DataFusionError;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::Coercion;
use datafusion::logical_expr::ColumnarValue;
use datafusion::logical_expr::DocSection;
use datafusion::logical_expr::Documentation;
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::ScalarFunctionArgs;
use datafusion::logical_expr::ScalarUDF;
use datafusion::logical_expr::ScalarUDFImpl;
use datafusion::logical_expr::Signature;
use datafusion::logical_expr::TypeSignatureClass;
use datafusion::logical_expr::Volatility;
use datafusion::prelude::SessionContext;

use crate::error::Error;
use crate::logs::LOGS;

/// Every word that answers with a table, in the order they are shown.
pub const TABLE_FUNCTIONS: &[&TableFunction] =
    &[&activity::ACTIVITY, &assume_chain::ASSUME_CHAIN, &search::SEARCH];

const SECTION: DocSection = DocSection { include: true, label: "Table Functions", description: None };

/// One SQL word that makes a table of a text.
#[derive(Debug)]
pub struct TableFunction {
    /// The name in SQL.
    pub name: &'static str,
    /// What it answers: one paragraph of Markdown.
    pub description: &'static str,
    /// Name and meaning of its argument.
    pub argument: (&'static str, &'static str),
    /// A query and its result over the bundled incident: `> SELECT ...;`, then the table as it is printed.
    pub example: &'static str,
    /// Makes the table. Planning calls it, so it reads nothing.
    call: fn(&Call<'_>) -> Result<Arc<dyn TableProvider>>,
}

/// The tables of one snapshot by name: those of the logs, and `rejects`.
pub type Tables = BTreeMap<&'static str, Arc<dyn TableProvider>>;

/// One call of a word.
struct Call<'a> {
    /// The text it was given.
    text: &'a str,
    /// The tables it may read.
    tables: &'a Tables,
    /// The state of the statement's session.
    state: &'a SessionState,
}

impl Call<'_> {
    fn cloudtrail(&self) -> Result<Arc<dyn TableProvider>> {
        let missing = || failed(Error::user("the lake has no table cloudtrail"));
        self.tables.get("cloudtrail").map(Arc::clone).ok_or_else(missing)
    }
}

/// Makes every word of [`TABLE_FUNCTIONS`] known to a session, over the tables that `table` gives by name.
pub fn register(context: &SessionContext, table: impl Fn(&str) -> Option<Arc<dyn TableProvider>>) {
    let names = LOGS.iter().map(|log| log.name()).chain(["rejects"]);
    let tables: Arc<Tables> = Arc::new(names.filter_map(|name| Some((name, table(name)?))).collect());
    for function in TABLE_FUNCTIONS {
        let callable = Callable { function, tables: Arc::clone(&tables) };
        context.register_udtf(function.name, Arc::new(callable));
        context.register_udf(ScalarUDF::new_from_impl(Namesake::new(function)));
    }
}

/// Carries an error of ours through the engine.
fn failed(error: Error) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

#[derive(Debug)]
struct Callable {
    function: &'static TableFunction,
    tables: Arc<Tables>,
}

impl TableFunctionImpl for Callable {
    fn call_with_args(&self, arguments: TableFunctionArgs) -> Result<Arc<dyn TableProvider>> {
        let TableFunction { name, argument, .. } = self.function;
        let wrong = |what: &str| {
            let hint = format!("write SELECT * FROM {name}('...'): {} is {}", argument.0, argument.1);
            failed(Error::sql(format!("{name}: {what}")).hinted(hint))
        };
        let text = match arguments.exprs() {
            [Expr::Literal(value, _)] => match value.try_as_str() {
                Some(Some(text)) if !text.trim().is_empty() => text,
                Some(Some(_)) => return Err(wrong("the text is empty")),
                Some(None) => return Err(wrong("the text is NULL")),
                None if value.is_null() => return Err(wrong("the text is NULL")),
                None => return Err(wrong(&format!("{value} is no text"))),
            },
            [_] => return Err(wrong("the argument must be a constant text")),
            others => return Err(wrong(&format!("it takes one argument, not {}", others.len()))),
        };
        let state = arguments.session().as_any().downcast_ref::<SessionState>();
        let state = state.ok_or_else(|| failed(Error::internal("the session has no state")))?;
        (self.function.call)(&Call { text, tables: &self.tables, state })
    }
}

/// The scalar function of the same name, which only speaks of the table function.
#[derive(Debug)]
struct Namesake {
    function: &'static TableFunction,
    signature: Signature,
    documentation: Documentation,
}

impl Namesake {
    fn new(function: &'static TableFunction) -> Self {
        let text = Coercion::new_exact(TypeSignatureClass::Native(logical_string()));
        let syntax = format!("SELECT * FROM {}({})", function.name, function.argument.0);
        let documentation = Documentation::builder(SECTION, function.description, syntax)
            .with_sql_example(format!("```sql\n{}\n```", function.example.trim()))
            .with_argument(function.argument.0, function.argument.1)
            .build();
        Self { function, signature: Signature::coercible(vec![text], Volatility::Stable), documentation }
    }
}

// There is one function of a name.
impl PartialEq for Namesake {
    fn eq(&self, other: &Self) -> bool {
        self.function.name == other.function.name
    }
}

impl Eq for Namesake {}

impl Hash for Namesake {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.function.name.hash(state);
    }
}

impl ScalarUDFImpl for Namesake {
    fn name(&self) -> &str {
        self.function.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&self.documentation)
    }

    fn invoke_with_args(&self, _call: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let name = self.function.name;
        Err(failed(
            Error::sql(format!("{name} makes a table, not a value"))
                .hinted(format!("write SELECT * FROM {name}('...')")),
        ))
    }
}

#[cfg(test)]
mod tests;
