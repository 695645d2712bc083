//! `trailql status`

use std::fmt::Write as _;

use chrono::Duration;
use chrono::NaiveDate;
use clap::Args;
use indicatif::BinaryBytes;
use indicatif::HumanCount;

use crate::cli::Ending;
use crate::cli::open;
use crate::cli::sql::Printing;
use crate::error::Error;
use crate::error::Result;
use crate::lake::Snapshot;
use crate::output;
use crate::session::Session;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  trailql status\n  trailql --lake ./case-7 status --format json")]
pub(super) struct Status {
    #[command(flatten)]
    printing: Printing,
}

/// What a query of the status may use.
const MEMORY: usize = 1 << 30;

/// So many gaps are listed one by one.
const MOST_GAPS: usize = 20;

/// The sections that are answered by SQL: a heading and the question.
const SECTIONS: [(&str, &str); 3] = [
    (
        "Sources",
        "SELECT status, log, count(*) AS objects, sum(size) AS bytes, sum(records) AS records, \
         sum(rejected) AS rejected, min(first_event_time) AS first_event, max(last_event_time) AS last_event, \
         max(ingested_at) AS last_ingest FROM sources GROUP BY status, log ORDER BY status, log",
    ),
    (
        "Accounts, with the days between their first and last event that have none",
        "SELECT account_id, sum(events) AS events, count(*) AS days, min(event_date) AS first_day, \
         max(event_date) AS last_day, max(event_date) - min(event_date) + 1 - count(*) AS days_without \
         FROM (SELECT account_id, event_date, count(*) AS events FROM cloudtrail \
         WHERE event_date IS NOT NULL GROUP BY account_id, event_date) GROUP BY account_id ORDER BY account_id",
    ),
    (
        "Rejects by reason",
        "SELECT regexp_replace(reason, ',? (at|near) (compressed )?byte [0-9]+', '') AS why, count(*) AS rejects, \
         min(source_file) AS for_example FROM rejects GROUP BY why ORDER BY rejects DESC LIMIT 10",
    ),
];

pub(super) async fn run(arguments: Status, lake: &str) -> Result<Ending> {
    let format = arguments.printing.format()?;
    if format.is_binary() {
        return Err(Error::user(format!("status has several results, and {format} holds one"))
            .hinted("use --format table, csv, json ..."));
    }
    let lake = open(lake).await?;
    super::print(&overview(&lake.location().to_string(), &lake.snapshot()))?;
    let session = Session::new(lake, MEMORY)?;
    for (heading, question) in SECTIONS {
        super::print(&format!("\n{heading}\n"))?;
        for statement in Session::parse(question)? {
            let rows = session.run(statement).await?;
            output::write_as(rows, format, &arguments.printing.look(), &mut std::io::stdout()).await?;
        }
    }
    Ok(Ending::Done)
}

/// What the snapshot itself tells: tables, rows, bytes, days and gaps.
fn overview(url: &str, snapshot: &Snapshot) -> String {
    let mut text = format!("Lake {url}\n");
    for (name, table) in snapshot.tables() {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "  {name:<12} {:>12} rows  {:>10}  {:>5} files  version {}",
            HumanCount(table.rows).to_string(),
            BinaryBytes(table.bytes).to_string(),
            HumanCount(table.files as u64).to_string(),
            table.version
        );
        let days: Vec<NaiveDate> = table.days.keys().flatten().filter_map(|day| date(*day)).collect();
        if let (Some(first), Some(last)) = (days.first(), days.last()) {
            let _ = writeln!(text, "  {:<12} {} days with events from {first} to {last}", "", days.len());
            let gaps = gaps(&days);
            for (from, to) in gaps.iter().take(MOST_GAPS) {
                let span = if from == to { from.to_string() } else { format!("{from} to {to}") };
                let _ = writeln!(text, "  {:<12} gap: no event on {span}", "");
            }
            if gaps.len() > MOST_GAPS {
                let _ = writeln!(text, "  {:<12} ... and {} more gaps", "", gaps.len() - MOST_GAPS);
            }
        }
        if let Some(rows) = table.days.get(&None).filter(|_| name == "cloudtrail") {
            let _ = writeln!(text, "  {:<12} {} rows without a readable time", "", HumanCount(*rows));
        }
    }
    text
}

fn date(days_since_1970: i32) -> Option<NaiveDate> {
    NaiveDate::default().checked_add_signed(Duration::days(days_since_1970.into()))
}

/// The stretches between days that are missing, first and last day included.
fn gaps(days: &[NaiveDate]) -> Vec<(NaiveDate, NaiveDate)> {
    let neighbours =
        days.windows(2).filter_map(|pair| Some((pair.first()?.succ_opt()?, pair.get(1)?.pred_opt()?)));
    neighbours.filter(|(from, to)| from <= to).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_the_days_between() {
        let day = |day: u32| NaiveDate::from_ymd_opt(2026, 9, day).unwrap();
        assert_eq!(gaps(&[day(1), day(2), day(4), day(9)]), [(day(3), day(3)), (day(5), day(8))]);
        assert_eq!(gaps(&[day(1)]), []);
    }
}
