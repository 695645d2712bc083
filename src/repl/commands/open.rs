//! `.open`: another lake.

use std::sync::Arc;

use super::Command;
use super::Completes;
use crate::lake::Lake;
use crate::logs::LOGS;
use crate::repl::shell::Flow;
use crate::repl::words;
use crate::session::Session;
use crate::storage;

pub(super) const OPEN: Command = Command {
    name: "open",
    aliases: &[],
    arguments: "[LAKE]",
    group: "Shell",
    about: "Goes to another lake, a path or a URL, with the same settings and limits. Without one it says where it is.",
    example: ".open s3://my-lake/case-7",
    completes: Completes::Files,
    run: |shell, text| {
        Box::pin(async move {
            let places = words::arguments(text);
            let Some(place) = places.first() else {
                shell.say(&format!("{}\n", shell.session.lake().location()))?;
                return Ok(Flow::On);
            };
            let lake = Lake::open(&storage::open(place).await?, LOGS).await?;
            let session = Session::with_reports(lake, shell.memory, Arc::clone(shell.session.reports()))?;
            shell.enter(session.narrowed(shell.session.narrowing().clone())).await?;
            Ok(Flow::On)
        })
    },
};
