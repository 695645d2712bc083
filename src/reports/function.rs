//! The table function `report('name', 'since=2026-09-01', ...)`: a report with values, for who has no command line.

use std::sync::Arc;

use datafusion::catalog::TableFunctionArgs;
use datafusion::catalog::TableFunctionImpl;
use datafusion::catalog::TableProvider;
use datafusion::datasource::ViewTable;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::Expr;
use futures::FutureExt;

use crate::error::Error;
use crate::error::Result;
use crate::reports::Views;

/// Its name in SQL.
pub(super) const NAME: &str = "report";

const USAGE: &str = "write report('name', 'since=2026-09-01', 'account=111122223333')";

#[derive(Debug)]
pub(super) struct Function {
    views: Arc<Views>,
    /// The reports in which it is called, the outermost first.
    within: Vec<String>,
}

impl Function {
    pub(super) fn new(views: Arc<Views>, within: Vec<String>) -> Self {
        Self { views, within }
    }

    fn table(&self, arguments: &[Expr]) -> Result<Arc<dyn TableProvider>> {
        let mut texts = Vec::new();
        for argument in arguments {
            let text = match argument {
                Expr::Literal(value, _) => value.try_as_str().flatten(),
                _ => None,
            };
            let text =
                text.ok_or_else(|| Error::sql("an argument of report is no constant text").hinted(USAGE))?;
            texts.push(text);
        }
        let Some((name, values)) = texts.split_first() else {
            return Err(Error::sql("report needs the name of a report").hinted(USAGE));
        };
        let mut given = Vec::new();
        for value in values {
            let (name, text) = value
                .split_once('=')
                .ok_or_else(|| Error::sql(format!("{value:?} is not NAME=VALUE")).hinted(USAGE))?;
            given.push((name.trim().to_owned(), text.to_owned()));
        }
        let report = self.views.registry().find(name)?;
        let question = report.ask(&given)?;
        // The function is called while a statement is planned, where nobody can wait. Nor need anybody: all tables
        // of a snapshot are in memory, and planning asks for nothing else.
        let plan = self
            .views
            .plan_within(&question, &self.within)
            .now_or_never()
            .ok_or_else(|| Error::internal(format!("planning the report {name} wanted to wait")))??;
        Ok(Arc::new(ViewTable::new(plan, Some(report.sql().to_owned()))))
    }
}

impl TableFunctionImpl for Function {
    fn call_with_args(
        &self,
        arguments: TableFunctionArgs,
    ) -> Result<Arc<dyn TableProvider>, DataFusionError> {
        self.table(arguments.exprs()).map_err(|error| DataFusionError::External(Box::new(error)))
    }
}
