//! `.output`, `.once` and `.copy`: results in files.

use std::path::PathBuf;
use std::sync::Arc;

use super::Command;
use super::Completes;
use crate::error::Error;
use crate::error::Result;
use crate::output::count;
use crate::repl::out;
use crate::repl::shell::Flow;
use crate::repl::shell::Shell;
use crate::repl::words;

const GROUP: &str = "Files";

const ENDINGS: &str = "The ending of its name decides the format: csv, tsv, json, ndjson, md, html, parquet, arrow; with any \
    other it is that of .mode.";

pub(super) const OUTPUT: Command = Command {
    name: "output",
    aliases: &["o"],
    arguments: "[FILE]",
    group: GROUP,
    about: "Sends all results that follow to a file, one behind the other; what was in it is lost. Without a name they come \
        to the screen again. The ending of the name decides the format, as for .copy.",
    example: ".output findings.csv\nSELECT * FROM reports.root_console_sign_ins;\n.output",
    completes: Completes::Files,
    run: |shell, text| {
        Box::pin(async move {
            shell.settings.output = match text {
                "" | "stdout" | "-" => None,
                _ => {
                    let file = file(shell, &OUTPUT, text)?;
                    // Whether it can be written shows now, not after a long query.
                    drop(out::file(&file, false)?);
                    Some(file)
                }
            };
            Ok(Flow::On)
        })
    },
};

pub(super) const ONCE: Command = Command {
    name: "once",
    aliases: &[],
    arguments: "FILE",
    group: GROUP,
    about: "Sends the next result to a file. The ending of the name decides the format, as for .copy.",
    example: ".once keys.parquet\nSELECT * FROM reports.access_keys_created;",
    completes: Completes::Files,
    run: |shell, text| {
        Box::pin(async move {
            shell.settings.once = Some(file(shell, &ONCE, text)?);
            Ok(Flow::On)
        })
    },
};

pub(super) const COPY: Command = Command {
    name: "copy",
    aliases: &["save"],
    arguments: "FILE",
    group: "Result",
    about: "Writes the last result to a file, all rows of it: the question is asked again over the very snapshot that it \
        was asked over. The ending of the name decides the format: csv, tsv, json, ndjson, md, html, parquet, arrow; with \
        any other it is that of .mode.",
    example: "SELECT * FROM cloudtrail WHERE source_ip = '203.0.113.77';\n.copy evidence.parquet",
    completes: Completes::Files,
    run: |shell, text| {
        Box::pin(async move {
            let file = file(shell, &COPY, text)?;
            let Some(recent) = &shell.recent else {
                return Err(Error::user(".copy: there is no result yet").hinted("run a query first"));
            };
            let (asked, pinned) = (recent.asked.clone(), Arc::clone(&recent.snapshot));
            let planned = shell.plan(&asked, &shell.session.pinned(pinned)).await?;
            let before = shell.recent.take();
            shell.settings.once = Some(file.clone());
            let done = shell.show(planned, asked, false).await;
            shell.settings.once = None;
            match &shell.recent {
                Some(copied) => {
                    shell.note(&format!("{} in {}", count(copied.rows, "row"), file.display()));
                }
                // It was stopped or failed: the result is still the one on the screen.
                None => shell.recent = before,
            }
            done.map(|()| Flow::On)
        })
    },
};

/// The file of a name: local, and not within the lake.
fn file(shell: &Shell, command: &Command, text: &str) -> Result<PathBuf> {
    let mut names = words::arguments(text);
    let (Some(name), true) = (names.pop(), names.is_empty()) else {
        return Err(command.wrong("it takes the name of a file").hinted(ENDINGS));
    };
    shell.session.may_write(&name)?;
    Ok(PathBuf::from(name))
}
