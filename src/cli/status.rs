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
use crate::lake::TableSummary;
use crate::lake::upkeep::Expired;
use crate::output;
use crate::session::Session;

mod document;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  trailql status\n  trailql --lake ./case-7 status --format json\n\n\
    --format json prints one document, for monitoring; the README says what its fields mean.")]
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
    if format.name == "json" {
        let document = document::document(&lake).await?;
        super::print(&format!("{document:#}\n"))?;
        return Ok(Ending::Done);
    }
    super::print(&overview(&lake.location().to_string(), &lake.snapshot(), &lake.expired().await))?;
    for hold in lake.holds().await? {
        super::print(&format!("  hold {}", super::hold::line(&hold)))?;
    }
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
fn overview(url: &str, snapshot: &Snapshot, expired: &[(&'static str, Expired)]) -> String {
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
        let days = Days::of(name, &table, expired);
        if let (Some(first), Some(last)) = (days.dates.first(), days.dates.last()) {
            let _ =
                writeln!(text, "  {:<12} {} days with events from {first} to {last}", "", days.dates.len());
        }
        for (what, ranges) in [("gap: no event on", &days.gaps), ("expired:", &days.expired)] {
            for (from, to) in ranges.iter().take(MOST_GAPS) {
                let span = if from == to { from.to_string() } else { format!("{from} to {to}") };
                let _ = writeln!(text, "  {:<12} {what} {span}", "");
            }
            if ranges.len() > MOST_GAPS {
                let more = ranges.len() - MOST_GAPS;
                let kind = what.split(':').next().unwrap_or(what);
                let _ = writeln!(text, "  {:<12} ... and {more} more of {kind}", "");
            }
        }
        if let Some(rows) = table.days.get(&None).filter(|_| name == "cloudtrail") {
            let _ = writeln!(text, "  {:<12} {} rows without a readable time", "", HumanCount(*rows));
        }
    }
    text
}

/// The days of a log's table: with events, without, and those whose events were removed by rule.
struct Days {
    dates: Vec<NaiveDate>,
    gaps: Vec<(NaiveDate, NaiveDate)>,
    expired: Vec<(NaiveDate, NaiveDate)>,
}

impl Days {
    fn of(name: &str, table: &TableSummary, expired: &[(&'static str, Expired)]) -> Self {
        let dates: Vec<NaiveDate> = table.days.keys().flatten().filter_map(|day| date(*day)).collect();
        let expired = expired.iter().filter(|(log, expired)| *log == name && expired.account.is_none());
        let expired: Vec<_> = expired.flat_map(|(_, expired)| expired.days.clone()).collect();
        let gaps = gaps(&dates).into_iter().flat_map(|gap| without(gap, &expired)).collect();
        Self { dates, gaps, expired }
    }
}

/// What is left of a range of days without others, which are in order.
fn without(gap: (NaiveDate, NaiveDate), others: &[(NaiveDate, NaiveDate)]) -> Vec<(NaiveDate, NaiveDate)> {
    let (mut from, to) = gap;
    let mut left = Vec::new();
    for (first, last) in others.iter().filter(|(first, last)| *last >= gap.0 && *first <= to) {
        if let Some(before) = first.pred_opt().filter(|before| *before >= from) {
            left.push((from, before));
        }
        let Some(next) = last.succ_opt() else { return left };
        from = from.max(next);
    }
    if from <= to {
        left.push((from, to));
    }
    left
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

    #[test]
    fn days_that_expired_are_no_gap() {
        let day = |day: u32| NaiveDate::from_ymd_opt(2026, 9, day).unwrap();
        let gap = (day(5), day(9));
        assert_eq!(without(gap, &[]), [gap]);
        assert_eq!(without(gap, &[(day(1), day(9))]), []);
        assert_eq!(without(gap, &[(day(1), day(5)), (day(7), day(7))]), [(day(6), day(6)), (day(8), day(9))]);
        assert_eq!(without(gap, &[(day(8), day(20))]), [(day(5), day(7))]);
        assert_eq!(without(gap, &[(day(1), day(4)), (day(10), day(20))]), [gap]);
    }
}
