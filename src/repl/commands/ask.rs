//! `.report`, `.search`, `.activity` and `.chain`: whole answers.

use std::ops::ControlFlow;

use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::Expr;
use datafusion::sql::sqlparser::ast::Value;
use datafusion::sql::sqlparser::ast::visit_expressions_mut;

use super::Command;
use super::Completes;
use crate::error::Error;
use crate::error::Result;
use crate::repl::recent::Asked;
use crate::repl::shell::Flow;
use crate::repl::shell::Shell;
use crate::repl::words;
use crate::session::Session;

const GROUP: &str = "Ask";

pub(super) const REPORT: Command = Command {
    name: "report",
    aliases: &[],
    arguments: "NAME [K=V]...",
    group: GROUP,
    about: "Runs a report with values for its parameters; since, until, account and region narrow any report. Quotes \
        hold a value with blanks together. With ? behind the name it shows what the report asks and takes.",
    example: ".report user_activity who=alice since=2026-09-01\n.report user_activity ?",
    completes: Completes::Reports,
    run: |shell, text| {
        Box::pin(async move {
            let mut arguments = words::arguments(text);
            if arguments.is_empty() {
                return Err(REPORT
                    .wrong("which report?")
                    .hinted(".reports lists them, .reports WORDS some of them"));
            }
            let name = arguments.remove(0);
            if arguments.first().is_some_and(|it| it == "?") {
                let text = about(shell.session.reports().find(&name)?);
                shell.say(&text)?;
                return Ok(Flow::On);
            }
            let mut given = Vec::new();
            for argument in arguments {
                let pair = argument.split_once('=');
                let (name, value) =
                    pair.ok_or_else(|| REPORT.wrong(format!("{argument} is not NAME=VALUE")))?;
                given.push((name.to_owned(), value.to_owned()));
            }
            let planned = shell.session.plan_report(&name, &given).await?;
            shell.show(planned, Asked::Report(name, given), false).await?;
            Ok(Flow::On)
        })
    },
};

pub(super) const SEARCH: Command = Command {
    name: "search",
    aliases: &[],
    arguments: "WORDS",
    group: GROUP,
    about: "Finds every row and reject that holds all the words in any of its columns, newest first. A phrase stands in \
        double quotes.",
    example: ".search \"access denied\" 203.0.113.7",
    completes: Completes::Nothing,
    run: |shell, text| Box::pin(ask(shell, &SEARCH, "SELECT * FROM search($text)", text)),
};

pub(super) const ACTIVITY: Command = Command {
    name: "activity",
    aliases: &[],
    arguments: "WHO",
    group: GROUP,
    about: "Lists everything one principal did, through the sessions and keys it opened too. WHO is an ARN, a name, a \
        session, an access key, or 123456789012:root.",
    example: ".activity deploy-old",
    completes: Completes::Nothing,
    run: |shell, text| Box::pin(ask(shell, &ACTIVITY, "SELECT * FROM activity($text)", text)),
};

pub(super) const CHAIN: Command = Command {
    name: "chain",
    aliases: &["assume_chain"],
    arguments: "WHO",
    group: GROUP,
    about: "Follows credentials: who issued one, back to the first human or key, and all that was issued with it. WHO \
        is what .activity takes, or an event id.",
    example: ".chain AKIAKESTRELQ7EXAMPLE",
    completes: Completes::Nothing,
    run: |shell, text| Box::pin(ask(shell, &CHAIN, "SELECT * FROM assume_chain($text)", text)),
};

/// Asks a question about a text, which is bound, never made part of the SQL.
async fn ask(shell: &mut Shell, command: &Command, question: &str, text: &str) -> Result<Flow> {
    let text = text.trim_end_matches(';').trim();
    if text.is_empty() {
        return Err(command.wrong("what about?"));
    }
    let mut statements = Session::parse(question)?;
    let mut statement = statements.pop().ok_or_else(|| Error::internal("the question is no statement"))?;
    if let Statement::Statement(sql) = &mut statement {
        let _ = visit_expressions_mut(sql.as_mut(), |expr| {
            if matches!(expr, Expr::Value(value) if matches!(value.value, Value::Placeholder(_))) {
                *expr = Expr::Value(Value::SingleQuotedString(text.to_owned()).with_empty_span());
            }
            ControlFlow::<()>::Continue(())
        });
    }
    // The printed statement quotes the text as SQL wants it.
    let asked = Asked::Sql(statement.to_string());
    let planned = shell.session.plan(statement).await?;
    shell.show(planned, asked, false).await?;
    Ok(Flow::On)
}

/// What a report asks and takes.
fn about(report: &crate::reports::Report) -> String {
    let header = &report.header;
    let mut text = format!("{}\n{}\n", header.title, header.description);
    for param in &header.params {
        let default = param.default.as_ref().map_or("required".to_owned(), |default| format!("= {default}"));
        text.push_str(&format!(
            "  {:<12} {:<9} {default:<12} {}\n",
            param.name,
            param.kind.name(),
            param.help
        ));
    }
    if !header.notes.is_empty() {
        text.push_str(&format!("\n{}\n", header.notes));
    }
    text.push_str(&format!("\n{}\n", report.sql()));
    text
}
