//! The state of a shell, and what it does with what is typed.

use std::io::Write;
use std::sync::Arc;
use std::sync::PoisonError;
use std::time::Duration;

use datafusion::arrow::array::AsArray;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::LogicalPlan;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::Statement as Sql;

use tokio::runtime::Handle;

use crate::error::Error;
use crate::error::Result;
use crate::output;
use crate::repl::commands;
use crate::repl::measure;
use crate::repl::names;
use crate::repl::names::Shared;
use crate::repl::out::Link;
use crate::repl::out::Out;
use crate::repl::out::Sink;
use crate::repl::recent::Asked;
use crate::repl::recent::Recent;
use crate::repl::run;
use crate::repl::run::Ended;
use crate::repl::run::Showing;
use crate::repl::settings::Settings;
use crate::repl::words;
use crate::repl::words::Input;
use crate::session::Narrowing;
use crate::session::Planned;
use crate::session::Session;

/// Whether the shell goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    On,
    Quit,
}

/// A shell over one lake.
pub(super) struct Shell {
    pub(super) session: Session,
    pub(super) settings: Settings,
    pub(super) recent: Option<Recent>,
    pub(super) names: Shared,
    /// Whether somebody sits at the terminal.
    pub(super) watched: bool,
    /// The threads that queries run on; not those that listen to the terminal.
    pub(super) workers: Handle,
    /// What queries may use, in bytes.
    pub(super) memory: usize,
    /// How many files read each other.
    pub(super) depth: usize,
    /// Whether a result was printed before, so that a script's results are set apart.
    pub(super) printed: bool,
}

impl Shell {
    /// Does everything that is typed in a text, until something fails.
    ///
    /// # Errors
    /// A statement or a command fails; what follows it is not done.
    pub(super) async fn obey(&mut self, text: &str) -> Result<Flow> {
        let mut left = text;
        loop {
            let done = text.get(..text.len() - left.len()).unwrap_or_default();
            match words::first(left) {
                Input::Nothing => return Ok(Flow::On),
                Input::Command(command, rest) => {
                    if self.command(command).await? == Flow::Quit {
                        return Ok(Flow::Quit);
                    }
                    left = rest;
                }
                Input::Statement { sql, vertical, rest } => {
                    self.statement((text, done), sql, vertical).await?;
                    left = rest;
                }
                Input::Open(sql) => {
                    self.statement((text, done), sql, false).await?;
                    return Ok(Flow::On);
                }
            }
        }
    }

    async fn command(&mut self, typed: &str) -> Result<Flow> {
        let (name, arguments) = typed.split_once(char::is_whitespace).unwrap_or((typed, ""));
        let command = commands::find(name).ok_or_else(|| commands::unknown(name))?;
        (command.run)(self, arguments.trim()).await
    }

    /// Runs a statement that stands in a text behind some of it, so that errors name its place in the whole.
    async fn statement(&mut self, (text, before): (&str, &str), sql: &str, vertical: bool) -> Result<()> {
        for statement in Session::parse(&placed(before, sql)).map_err(|error| error.pointed_out(text))? {
            let explains = matches!(&statement, Statement::Explain(_))
                || matches!(&statement, Statement::Statement(sql) if matches!(sql.as_ref(), Sql::Explain { .. }));
            let planned = self.session.plan(statement).await.map_err(|error| error.pointed_out(text))?;
            let asked = Asked::Sql(sql.trim().to_owned());
            if explains && self.settings.format.name == "table" && !self.settings.writes_file() {
                self.show_plan(planned, asked).await?;
            } else {
                self.show(planned, asked, vertical).await?;
            }
        }
        Ok(())
    }

    /// Asks again what was asked, over the snapshot that is given or the newest.
    pub(super) async fn plan(&self, asked: &Asked, session: &Session) -> Result<Planned> {
        match asked {
            Asked::Report(name, given) => session.plan_report(name, given).await,
            Asked::Sql(sql) => {
                let mut statements = Session::parse(sql).map_err(|error| error.pointed_out(sql))?;
                match statements.pop() {
                    Some(statement) if statements.is_empty() => {
                        session.plan(statement).await.map_err(|error| error.pointed_out(sql))
                    }
                    _ => Err(Error::user("there must be one statement")),
                }
            }
        }
    }

    /// Shows the plans that EXPLAIN answers with as the lines they are.
    async fn show_plan(&mut self, planned: Planned, asked: Asked) -> Result<()> {
        let mut showing = self.settings.showing(false, self.watched, self.workers.clone())?;
        showing.out = Out::Nowhere;
        self.recent = None;
        self.show_as(planned, asked, showing).await?;
        let mut text = String::new();
        for batch in self.recent.iter().flat_map(|recent| recent.kept.batches()) {
            let columns = batch.columns().iter().map(|column| cast(column, &DataType::Utf8));
            let columns = columns.collect::<Result<Vec<_>, _>>().map_err(DataFusionError::from)?;
            for row in 0..batch.num_rows() {
                for column in &columns {
                    text.push_str(column.as_string::<i32>().value(row).trim_end());
                    text.push('\n');
                }
            }
        }
        self.say(&text)
    }

    /// Runs a planned query and shows its rows.
    pub(super) async fn show(&mut self, planned: Planned, asked: Asked, vertical: bool) -> Result<()> {
        let on_screen = !self.settings.writes_file();
        let showing = self.settings.showing(vertical, self.watched, self.workers.clone())?;
        if on_screen {
            if self.printed && !self.watched {
                self.say("\n")?;
            }
            self.printed = true;
        }
        self.show_as(planned, asked, showing).await
    }

    async fn show_as(&mut self, planned: Planned, asked: Asked, showing: Showing) -> Result<()> {
        self.note_unnarrowed(planned.logical());
        let snapshot = Arc::clone(planned.snapshot());
        let files = measure::files_known(planned.logical(), &snapshot);
        match run::run(planned, showing).await? {
            Ended::Ran(ran) => {
                if self.settings.timer {
                    self.note(&format!("{:.3} s", ran.elapsed.as_secs_f64()));
                }
                let run::Ran { rows, elapsed, plan, kept } = ran;
                self.recent = Some(Recent { asked, snapshot, kept, rows, elapsed, plan, files });
            }
            Ended::Stopped(after) => self.note(&format!("stopped after {}", seconds(after))),
        }
        Ok(())
    }

    /// Says where what narrows the session cannot hold.
    fn note_unnarrowed(&self, plan: &LogicalPlan) {
        let narrowing = self.session.narrowing();
        if narrowing.is_empty() {
            return;
        }
        let mut told: Vec<String> = Vec::new();
        let _ = plan.apply_with_subqueries(|node| {
            if let LogicalPlan::TableScan(scan) = node {
                let missing = narrowing.without_column(&scan.source.schema());
                let name = scan.table_name.table();
                let lakes = scan.table_name.schema().is_none_or(|schema| schema == "public");
                let line = format!("{name} has no {}, so all of it is read", missing.join(" and no "));
                // What other functions read is narrowed, or is no part of the lake.
                let function = name.ends_with("()") && !matches!(name, "activity()" | "assume_chain()");
                let other = function || matches!(name, "reports" | "mitre");
                if !missing.is_empty() && lakes && !other && !told.contains(&line) {
                    told.push(line);
                }
            }
            Ok(TreeNodeRecursion::Continue)
        });
        told.iter().for_each(|line| self.note(line));
    }

    /// Prints a text: through the pager, where it is longer than the screen.
    pub(super) fn say(&self, text: &str) -> Result<()> {
        let text = output::visible_lines(text);
        let mut sink =
            Sink { out: self.settings.screen(self.watched), link: Arc::new(Link::default()), progress: None };
        let written = sink.write_all(text.as_bytes());
        written.map_err(|error| Error::storage("cannot write the output").caused_by(error))?;
        sink.finish()
    }

    /// Says something beside the results.
    pub(super) fn note(&self, text: &str) {
        // Nothing is lost if nobody reads it.
        let _ = writeln!(std::io::stderr(), "{}", output::visible_lines(text));
    }

    /// Tells what went wrong.
    pub(super) fn complain(&self, error: &Error) {
        self.note(&error.told());
    }

    /// Limits everything that follows.
    pub(super) fn narrow(&mut self, narrowing: Narrowing) {
        self.session = self.session.narrowed(narrowing);
    }

    /// Goes to another lake.
    ///
    /// # Errors
    /// The session is broken.
    pub(super) async fn enter(&mut self, session: Session) -> Result<()> {
        *self.names.write().unwrap_or_else(PoisonError::into_inner) = names::known(&session).await?;
        if self.watched {
            self.workers.spawn(names::look_up(session.clone(), Arc::clone(&self.names)));
        }
        self.session = session;
        self.recent = None;
        Ok(())
    }
}

/// A statement behind as many lines and blanks as there is text before it.
pub(super) fn placed(before: &str, sql: &str) -> String {
    let lines = before.matches('\n').count();
    let last = before.rsplit('\n').next().unwrap_or_default().chars().count();
    let (sql, last) = match sql.strip_prefix('\n') {
        // What follows a semicolon at the end of a line.
        Some(_) => (sql, 0),
        None => (sql, last),
    };
    format!("{}{}{sql}", "\n".repeat(lines), " ".repeat(last))
}

/// A length of time as people say it.
fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
