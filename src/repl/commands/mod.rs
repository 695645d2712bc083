//! The commands of the shell: one subject per file, one list, which gives help, completion and dispatch.

mod ask;
mod chart;
mod edit;
mod help;
mod look;
mod narrow;
mod open;
mod output;
mod plan;
mod show;

use futures::future::LocalBoxFuture;

use crate::error::Error;
use crate::error::Result;
use crate::repl::shell::Flow;
use crate::repl::shell::Shell;
use crate::reports;

/// Every command, in the order in which help shows them.
pub(super) static COMMANDS: &[Command] = &[
    look::TABLES,
    look::SCHEMA,
    look::DESCRIBE,
    look::REPORTS,
    ask::REPORT,
    ask::SEARCH,
    ask::ACTIVITY,
    ask::CHAIN,
    narrow::FROM,
    narrow::TO,
    narrow::ACCOUNT,
    narrow::REGION,
    show::MODE,
    show::EXPANDED,
    show::MAXROWS,
    show::MAXWIDTH,
    show::NULLVALUE,
    show::TIMER,
    show::PAGER,
    chart::CHART,
    output::COPY,
    edit::WATCH,
    plan::PROFILE,
    plan::EXPLAIN,
    output::OUTPUT,
    output::ONCE,
    edit::READ,
    edit::EDIT,
    open::OPEN,
    help::HELP,
    help::QUIT,
];

/// One command.
pub(super) struct Command {
    /// The name, typed behind a dot.
    pub(super) name: &'static str,
    /// Other names, which people know from other shells.
    pub(super) aliases: &'static [&'static str],
    /// What it takes, as help shows it.
    pub(super) arguments: &'static str,
    /// Under which heading help shows it.
    pub(super) group: &'static str,
    /// What it does: a sentence, and more where there is more to say.
    pub(super) about: &'static str,
    /// Lines to type.
    pub(super) example: &'static str,
    /// What its argument can be.
    pub(super) completes: Completes,
    pub(super) run: Run,
}

/// Does what the command does, with the text behind its name.
pub(super) type Run = for<'a> fn(&'a mut Shell, &'a str) -> LocalBoxFuture<'a, Result<Flow>>;

/// What the Tab key offers behind a command.
#[derive(Clone, Copy, Debug)]
pub(super) enum Completes {
    Nothing,
    Words(&'static [&'static str]),
    Commands,
    Formats,
    Tables,
    Reports,
    Files,
    /// Values of a column.
    Values(&'static str),
    /// A statement.
    Sql,
}

/// A switch.
pub(super) const ON_OFF: Completes = Completes::Words(&["on", "off"]);

/// The command of a name, whatever its case, with or without its dot.
pub(super) fn find(name: &str) -> Option<&'static Command> {
    let name = name.trim_start_matches(['.', '\\']);
    let is = |other: &str| other.eq_ignore_ascii_case(name);
    let exact = COMMANDS.iter().find(|command| is(command.name));
    exact.or_else(|| COMMANDS.iter().find(|command| command.aliases.iter().any(|alias| is(alias))))
}

/// The error for a command that there is not.
pub(super) fn unknown(name: &str) -> Error {
    let lower = name.to_ascii_lowercase();
    let begins: Vec<_> = COMMANDS
        .iter()
        .map(|command| command.name)
        .filter(|it| lower.len() > 1 && it.starts_with(&lower))
        .collect();
    let mut near = begins;
    if near.is_empty() {
        let names = COMMANDS
            .iter()
            .flat_map(|command| [command.name].into_iter().chain(command.aliases.iter().copied()));
        near = reports::nearest(&lower, names.filter(|name| name.len() > 2));
        near = near.into_iter().filter_map(|name| Some(find(name)?.name)).collect();
        near.dedup();
    }
    let error = Error::user(format!("there is no command .{name}"));
    match near.is_empty() {
        true => error.hinted(".help shows all"),
        false => error.hinted(format!("did you mean .{}?", near.join(", ."))),
    }
}

impl Command {
    /// How it is written: its name and what it takes.
    fn usage(&self) -> String {
        format!(".{} {}", self.name, self.arguments).trim_end().to_owned()
    }

    /// The error for a wrong argument.
    fn wrong(&self, what: impl Into<String>) -> Error {
        Error::user(format!(".{}: {}", self.name, what.into())).hinted(format!("write {}", self.usage()))
    }

    /// Reads `on` or `off`; without either it is turned over.
    fn switch(&self, text: &str, now: bool) -> Result<bool> {
        match text {
            "on" | "true" | "yes" | "1" => Ok(true),
            "off" | "false" | "no" | "0" => Ok(false),
            "" => Ok(!now),
            other => Err(self.wrong(format!("{other} is neither on nor off"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::repl::words;
    use crate::repl::words::Input;

    #[test]
    fn every_command_has_help_with_an_example_that_is_its_own() {
        let mut taken = BTreeSet::new();
        for command in COMMANDS {
            for name in [command.name].iter().chain(command.aliases) {
                assert!(taken.insert(*name), "{name} is taken");
            }
            assert!(command.about.ends_with('.') && !command.group.is_empty(), "{}", command.name);
            let own = command.example.lines().filter(|line| match words::first(line) {
                Input::Command(typed, _) => {
                    let name = typed.split_whitespace().next().unwrap();
                    find(name).unwrap().name == command.name
                }
                _ => false,
            });
            assert!(own.count() > 0, "the example of {} does not use it", command.name);
        }
    }

    #[test]
    fn a_mistyped_command_suggests_the_right_one() {
        for (typed, meant) in [
            ("tabels", "tables"),
            ("discribe", "describe"),
            ("qiut", "quit"),
            ("reprot", "report"),
            ("timing_", "timer"),
            ("chrat", "chart"),
            ("maxrow", "maxrows"),
            ("desc", "describe"),
        ] {
            let error = unknown(typed);
            assert!(error.hint().unwrap().contains(&format!(".{meant}")), "{typed}: {:?}", error.hint());
        }
        assert_eq!(unknown("xyzzy").hint(), Some(".help shows all"));
        for (alias, name) in
            [("q", "quit"), ("x", "expanded"), ("TIMING", "timer"), ("\\d", "describe"), ("?", "help")]
        {
            assert_eq!(find(alias).unwrap().name, name);
        }
    }
}
