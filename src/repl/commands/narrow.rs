//! `.from`, `.to`, `.account` and `.region`: limits that hold for everything that follows.

use super::Command;
use super::Completes;
use crate::error::Result;
use crate::repl::shell::Flow;
use crate::repl::shell::Shell;
use crate::repl::words;
use crate::session::Narrowing;
use crate::time;

const GROUP: &str = "Narrow";

pub(super) const FROM: Command = Command {
    name: "from",
    aliases: &["since"],
    arguments: "[TIME]",
    group: GROUP,
    about: "Limits everything that follows to events at or after a time: 2026-09-17, 2026-09-17T08:00:00Z, 7d, 24h. \
        Without a time the limit is gone. The prompt shows what holds. It reaches tables, views and reports, and what \
        functions list; files and row groups outside are not read. Tables without a time, such as sources, stay whole.",
    example: ".from 2026-09-17\n.from",
    completes: Completes::Nothing,
    run: |shell, text| {
        Box::pin(async move {
            let from = read_time(&FROM, text)?;
            set(shell, |narrowing| narrowing.from = from);
            Ok(Flow::On)
        })
    },
};

pub(super) const TO: Command = Command {
    name: "to",
    aliases: &["until"],
    arguments: "[TIME]",
    group: GROUP,
    about: "Limits everything that follows to events before a time, as .from does to those after one.",
    example: ".to 2026-09-18\n.to",
    completes: Completes::Nothing,
    run: |shell, text| {
        Box::pin(async move {
            let to = read_time(&TO, text)?;
            set(shell, |narrowing| narrowing.to = to);
            Ok(Flow::On)
        })
    },
};

pub(super) const ACCOUNT: Command = Command {
    name: "account",
    aliases: &["accounts"],
    arguments: "[ID]...",
    group: GROUP,
    about: "Limits everything that follows to events of some accounts. Without any the limit is gone. S3 access logs name \
        no account; the shell says so when a query reads them.",
    example: ".account 111122223333 444455556666\n.account",
    completes: Completes::Values("account_id"),
    run: |shell, text| {
        Box::pin(async move {
            let accounts = list(text);
            let digits = |id: &&String| id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit());
            if let Some(wrong) = accounts.iter().find(|id| !digits(id)) {
                return Err(ACCOUNT.wrong(format!("{wrong} is no account; an account has twelve digits")));
            }
            set(shell, |narrowing| narrowing.accounts = accounts);
            Ok(Flow::On)
        })
    },
};

pub(super) const REGION: Command = Command {
    name: "region",
    aliases: &["regions"],
    arguments: "[NAME]...",
    group: GROUP,
    about: "Limits everything that follows to events of some regions. Without any the limit is gone. Global services log \
        in us-east-1.",
    example: ".region eu-central-1 us-east-1\n.region",
    completes: Completes::Values("aws_region"),
    run: |shell, text| {
        Box::pin(async move {
            let regions = list(text);
            set(shell, |narrowing| narrowing.regions = regions);
            Ok(Flow::On)
        })
    },
};

fn read_time(command: &Command, text: &str) -> Result<Option<chrono::DateTime<chrono::Utc>>> {
    let text = text.trim_matches(['\'', '"']);
    if text.is_empty() || text == "off" {
        return Ok(None);
    }
    time::parse(text).map(Some).map_err(|wrong| command.wrong(format!("{text:?} is {wrong}")))
}

fn list(text: &str) -> Vec<String> {
    let words = words::arguments(text);
    let all = words.iter().flat_map(|word| word.split(',')).filter(|word| !word.is_empty());
    let mut all: Vec<String> = all.map(str::to_owned).collect();
    if all.first().is_some_and(|first| first == "off") {
        all.clear();
    }
    all
}

fn set(shell: &mut Shell, change: impl FnOnce(&mut Narrowing)) {
    let mut narrowing = shell.session.narrowing().clone();
    change(&mut narrowing);
    let empty = matches!((narrowing.from, narrowing.to), (Some(from), Some(to)) if from >= to);
    shell.narrow(narrowing);
    if empty {
        shell.note(
            "the end is not after the start, so nothing is left; .from and .to alone take a limit away",
        );
    }
}
