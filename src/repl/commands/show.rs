//! How results look.

use super::Command;
use super::Completes;
use super::ON_OFF;
use crate::error::Result;
use crate::output::FORMATS;
use crate::output::Format;
use crate::repl::settings::Expanded;
use crate::repl::shell::Flow;
use crate::reports;

const GROUP: &str = "Show";

pub(super) const MODE: Command = Command {
    name: "mode",
    aliases: &["format"],
    arguments: "[FORMAT]",
    group: GROUP,
    about: "Chooses how results are printed: table, csv, tsv, json, ndjson, markdown, vertical, html, and for files \
        parquet and arrow. Without a format it says which it is, and lists them.",
    example: ".mode json",
    completes: Completes::Formats,
    run: |shell, name| {
        Box::pin(async move {
            if name.is_empty() {
                let current = shell.settings.format.name;
                let line = |format: &Format| {
                    let mark = if format.name == current { '*' } else { ' ' };
                    format!("{mark} {:<9} {}\n", format.name, format.about)
                };
                shell.say(&FORMATS.iter().map(line).collect::<String>())?;
                return Ok(Flow::On);
            }
            shell.settings.format = Format::named(&name.to_ascii_lowercase()).ok_or_else(|| {
                let near = reports::nearest(name, FORMATS.iter().map(|format| format.name));
                let error = MODE.wrong(format!("there is no format {name}"));
                match near.is_empty() {
                    true => error.hinted(".mode lists them"),
                    false => error.hinted(format!("did you mean {}?", near.join(", "))),
                }
            })?;
            Ok(Flow::On)
        })
    },
};

pub(super) const EXPANDED: Command = Command {
    name: "expanded",
    aliases: &["x"],
    arguments: "on|off|auto",
    group: GROUP,
    about: "Shows each record one field a line: always, never, or where the rows are wider than the screen. \\G behind \
        a statement does it once.",
    example: ".expanded auto",
    completes: Completes::Words(&["auto", "off", "on"]),
    run: |shell, text| {
        Box::pin(async move {
            let now = shell.settings.expanded != Expanded::Off;
            shell.settings.expanded = match text {
                "auto" => Expanded::Auto,
                text if EXPANDED.switch(text, now)? => Expanded::On,
                _ => Expanded::Off,
            };
            Ok(Flow::On)
        })
    },
};

pub(super) const MAXROWS: Command = Command {
    name: "maxrows",
    aliases: &[],
    arguments: "N|auto",
    group: GROUP,
    about: "Chooses how many rows a table shows: the first and last half of them, with the number of those between. \
        With auto, as many as fit the screen. Other formats always print all.",
    example: ".maxrows 200",
    completes: Completes::Words(&["auto"]),
    run: |shell, text| {
        Box::pin(async move {
            shell.settings.rows = number(&MAXROWS, text)?;
            Ok(Flow::On)
        })
    },
};

pub(super) const MAXWIDTH: Command = Command {
    name: "maxwidth",
    aliases: &[],
    arguments: "N|auto",
    group: GROUP,
    about: "Chooses how wide a column of text may be in a table. With auto, as wide as the screen allows.",
    example: ".maxwidth 30",
    completes: Completes::Words(&["auto"]),
    run: |shell, text| {
        Box::pin(async move {
            shell.settings.widest = number(&MAXWIDTH, text)?.filter(|width| *width > 0);
            Ok(Flow::On)
        })
    },
};

pub(super) const NULLVALUE: Command = Command {
    name: "nullvalue",
    aliases: &["null"],
    arguments: "[TEXT]",
    group: GROUP,
    about: "Chooses what stands for null in tables and records. Without a text it is as at first: nothing, and a dim NULL \
        where there is colour.",
    example: ".nullvalue -",
    completes: Completes::Nothing,
    run: |shell, text| {
        Box::pin(async move {
            shell.settings.null = crate::repl::words::arguments(text).into_iter().next();
            Ok(Flow::On)
        })
    },
};

pub(super) const TIMER: Command = Command {
    name: "timer",
    aliases: &["timing"],
    arguments: "on|off",
    group: GROUP,
    about: "Says after each query how long it took. .profile says more.",
    example: ".timer on",
    completes: ON_OFF,
    run: |shell, text| {
        Box::pin(async move {
            shell.settings.timer = TIMER.switch(text, shell.settings.timer)?;
            Ok(Flow::On)
        })
    },
};

pub(super) const PAGER: Command = Command {
    name: "pager",
    aliases: &[],
    arguments: "on|off",
    group: GROUP,
    about: "Shows what is longer than the screen in a pager: $TRAILQL_PAGER, else $PAGER, else less.",
    example: ".pager off",
    completes: ON_OFF,
    run: |shell, text| {
        Box::pin(async move {
            shell.settings.pager = PAGER.switch(text, shell.settings.pager)?;
            Ok(Flow::On)
        })
    },
};

fn number(command: &Command, text: &str) -> Result<Option<usize>> {
    match text {
        "auto" | "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| command.wrong(format!("{text} is no number"))),
    }
}
