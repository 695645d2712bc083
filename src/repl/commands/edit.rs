//! `.read`, `.edit` and `.watch`: statements that are not typed.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::process::Command as Process;
use std::time::Duration;

use chrono::SecondsFormat;
use chrono::Utc;
use uuid::Uuid;

use super::Command;
use super::Completes;
use crate::error::Error;
use crate::error::Result;
use crate::repl::recent::Asked;
use crate::repl::run::interrupted;
use crate::repl::shell::Flow;
use crate::repl::shell::Shell;
use crate::repl::words;

/// So many files may read each other.
const DEEPEST: usize = 16;

pub(super) const READ: Command = Command {
    name: "read",
    aliases: &["i"],
    arguments: "FILE",
    group: "Files",
    about: "Runs the statements and commands of a file, and stops at the first that fails.",
    example: ".read questions.sql",
    completes: Completes::Files,
    run: |shell, text| {
        Box::pin(async move {
            let names = words::arguments(text);
            let [name] = names.as_slice() else { return Err(READ.wrong("it takes the name of a file")) };
            let text = std::fs::read_to_string(name)
                .map_err(|error| Error::user(format!("cannot read {name}")).caused_by(error))?;
            if shell.depth >= DEEPEST {
                return Err(Error::user(format!("{name}: files read each other {DEEPEST} deep")));
            }
            shell.depth += 1;
            let done = shell.obey(&text).await;
            shell.depth -= 1;
            // Quitting is for the shell, not for a file that somebody reads.
            done.map(|_| Flow::On).map_err(|error| error.in_file(name))
        })
    },
};

pub(super) const EDIT: Command = Command {
    name: "edit",
    aliases: &["e"],
    arguments: "[FILE]",
    group: "Files",
    about: "Opens the last statement, or a file, in $VISUAL, else $EDITOR, else vi, and runs what is in it then.",
    example: ".edit\n.edit questions.sql",
    completes: Completes::Files,
    run: |shell, text| {
        Box::pin(async move {
            if !shell.watched {
                return Err(EDIT.wrong("there is no terminal to edit on"));
            }
            let names = words::arguments(text);
            let text = match names.first() {
                Some(name) => {
                    edit(Path::new(name))?;
                    read(Path::new(name))?
                }
                None => edit_text(&last_statement(shell))?,
            };
            if text.trim().is_empty() {
                return Ok(Flow::On);
            }
            shell.say(&format!("{}\n", text.trim_end()))?;
            shell.obey(&text).await
        })
    },
};

pub(super) const WATCH: Command = Command {
    name: "watch",
    aliases: &[],
    arguments: "[SECONDS [TIMES]]",
    group: "Result",
    about: "Asks the last question again and again, every 2 seconds unless it is said, over the newest snapshot each time, \
        until Ctrl-C or as often as it is said.",
    example: "SELECT count(*), max(event_time) FROM cloudtrail;\n.watch 5",
    completes: Completes::Nothing,
    run: |shell, text| {
        Box::pin(async move {
            let numbers = words::arguments(text);
            let number = |place: usize, otherwise: u64| match numbers.get(place) {
                Some(text) => text.parse().map_err(|_| WATCH.wrong(format!("{text} is no number"))),
                None => Ok(otherwise),
            };
            let (pause, times) = (Duration::from_secs(number(0, 2)?.clamp(1, 86_400)), number(1, u64::MAX)?);
            let Some(asked) = shell.recent.as_ref().map(|recent| recent.asked.clone()) else {
                return Err(WATCH.wrong("there is no query to ask again"));
            };
            if times == u64::MAX && !shell.watched {
                return Err(WATCH.wrong("it would never end; say how many times"));
            }
            let stop = interrupted();
            tokio::pin!(stop);
            for turn in 0..times {
                if turn > 0 {
                    tokio::select! {
                        () = &mut stop, if shell.watched => break,
                        () = tokio::time::sleep(pause) => {}
                    }
                }
                let now = Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true);
                shell.note(&format!("{now}, every {} s", pause.as_secs()));
                let planned = shell.plan(&asked, &shell.session).await?;
                let before = shell.recent.take();
                shell.show(planned, asked.clone(), false).await?;
                if shell.recent.is_none() {
                    // It was stopped.
                    shell.recent = before;
                    break;
                }
            }
            Ok(Flow::On)
        })
    },
};

fn last_statement(shell: &Shell) -> String {
    match shell.recent.as_ref().map(|recent| &recent.asked) {
        Some(Asked::Sql(sql)) => format!("{sql};\n"),
        Some(Asked::Report(name, given)) => {
            let values: Vec<_> = given.iter().map(|(name, value)| format!(" {name}='{value}'")).collect();
            format!(".report {name}{}\n", values.concat())
        }
        None => String::new(),
    }
}

/// Lets a text be edited in a file of its own that nobody else can read.
fn edit_text(text: &str) -> Result<String> {
    let file = std::env::temp_dir().join(format!("trailql-{}.sql", Uuid::new_v4().simple()));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let failed = |error| Error::storage(format!("cannot write {}", file.display())).caused_by(error);
    options.open(&file).and_then(|mut open| open.write_all(text.as_bytes())).map_err(failed)?;
    let edited = edit(&file).and_then(|()| read(&file));
    // The folder is for what can be lost.
    let _ = std::fs::remove_file(&file);
    edited
}

fn edit(file: &Path) -> Result<()> {
    let chosen = ["VISUAL", "EDITOR"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|it| !it.is_empty()));
    let editor = chosen.unwrap_or_else(|| "vi".to_owned());
    // The variable may hold arguments; the file is an argument of the shell, not part of its text.
    let mut process = Process::new("sh");
    process.arg("-c").arg(format!("{editor} \"$1\"")).arg("sh").arg(file);
    let ended = tokio::task::block_in_place(|| process.status());
    match ended {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Error::user(format!("{editor} ended with {status}, so nothing is run"))),
        Err(error) => Err(Error::user(format!("cannot start {editor}")).caused_by(error)),
    }
}

fn read(file: &Path) -> Result<String> {
    std::fs::read_to_string(file)
        .map_err(|error| Error::user(format!("cannot read {}", file.display())).caused_by(error))
}
