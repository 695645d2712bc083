//! `.chart`: the last result as a picture.

use super::Command;
use super::Completes;
use crate::error::Error;
use crate::repl::chart;
use crate::repl::chart::Kind;
use crate::repl::settings;
use crate::repl::shell::Flow;
use crate::repl::words;

/// How wide a chart is where there is no terminal.
const WIDTH: usize = 80;

pub(super) const CHART: Command = Command {
    name: "chart",
    aliases: &[],
    arguments: "[bar|line|timeline] [X [Y]]",
    group: "Result",
    about: "Draws the last result. A bar chart shows a number for each name, a line chart a number over time or over \
        another number, a timeline how many rows fall into each stretch of time, or the sum of a number there. Kind and \
        columns are guessed from the result where they are not given.",
    example: "SELECT event_name, count(*) AS calls FROM cloudtrail GROUP BY 1 ORDER BY 2 DESC LIMIT 10;\n.chart\n.chart bar event_name calls",
    completes: Completes::Words(&["bar", "line", "timeline"]),
    run: |shell, text| {
        Box::pin(async move {
            let Some(recent) = &shell.recent else {
                return Err(Error::user(".chart: there is no result yet").hinted("run a query first"));
            };
            let mut arguments = words::arguments(text);
            let kind = arguments.first().and_then(|word| Kind::named(word));
            if kind.is_some() {
                arguments.remove(0);
            }
            let batches = recent.kept.batches();
            let width = settings::terminal().map_or(WIDTH, |(columns, _)| columns).clamp(40, 200);
            let mut text = chart::draw(&batches, kind, &arguments, width)?;
            let kept: usize = batches.iter().map(|batch| batch.num_rows()).sum();
            if (kept as u64) < recent.rows {
                text.push_str(&format!("(the first {kept} of {} rows)\n", recent.rows));
            }
            shell.say(&text)?;
            Ok(Flow::On)
        })
    },
};
