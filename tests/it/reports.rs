//! Every report of `sql/`, one by one: it finds the attack made for it, and nothing where nothing happened.
//!
//! The attack on a report is `tests/data/reports/<group>/<name>.ndjson`: one CloudTrail event, or one line of an S3
//! access log, per line; `# --param NAME=VALUE` gives a value for a parameter that has no default, and other lines
//! that begin with `#` are remarks. `<name>.quiet.ndjson` beside it holds ordinary events that the report must not
//! list; `# --verdict {...}` makes up a row of file_verdicts. `TRAILQL_REPORT=iam/` narrows the tests to the reports whose path holds that text.

use std::fmt::Write;
use std::ops::ControlFlow;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::util::pretty::pretty_format_batches;
use datafusion::sql::parser::DFParser;
use datafusion::sql::parser::Statement;
use datafusion::sql::resolve::resolve_table_references;
use datafusion::sql::sqlparser::ast::TableFactor;
use datafusion::sql::sqlparser::ast::Visit;
use datafusion::sql::sqlparser::ast::Visitor;
use futures::StreamExt;
use futures::TryStreamExt;
use futures::stream;
use object_store::memory::InMemory;
use trailql::incident;
use trailql::ingest;
use trailql::ingest::Options;
use trailql::ingest::Progress;
use trailql::ingest::Source;
use trailql::lake::Lake;
use trailql::logs::LOGS;
use trailql::reports::NARROWING;
use trailql::reports::Registry;
use trailql::reports::Report;
use trailql::reports::param::Type;
use trailql::session::Session;
use trailql::storage::Location;
use url::Url;

use crate::verdicts;

const MEMORY: usize = 1 << 28;

/// What the parameters that most reports have are for, in the same words everywhere.
const STANDARD: [&str; 4] = [
    "since timestamp = NULL -- Only events at or after this time",
    "until timestamp = NULL -- Only events before this time",
    "account text = NULL -- Only this account",
    "region text = NULL -- Only this region",
];

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The reports as they lie in the folder now: the binary of the tests may be older.
pub(crate) async fn registry() -> Arc<Registry> {
    let folder = top().join("sql");
    Arc::new(Registry::bundled().with_folder(folder.to_str().unwrap()).await.unwrap())
}

fn wanted(registry: &Registry) -> Vec<Arc<Report>> {
    let only = std::env::var("TRAILQL_REPORT").unwrap_or_default();
    let path = |report: &Report| format!("{}/{}", report.group, report.name);
    registry.iter().filter(|report| path(report).contains(&only)).cloned().collect()
}

/// An empty lake in memory.
pub(crate) async fn lake() -> Lake {
    let url = Url::parse("memory:///lake").unwrap();
    let location = Location::in_store(url, Arc::new(InMemory::new())).unwrap();
    Lake::open_or_create(&location, LOGS).await.unwrap()
}

async fn bring(lake: &Lake, objects: Vec<Source>) -> u64 {
    let summary = ingest::run(lake, objects, &Options::default(), &Arc::new(Progress::default())).await;
    let summary = summary.unwrap();
    assert!(summary.failed == 0 && summary.ignored.is_empty(), "{summary:?}");
    summary.rows
}

/// The events made for a report, and the values of its parameters.
struct Fixture {
    values: Vec<(String, String)>,
    objects: Vec<Source>,
    records: u64,
    text: String,
}

impl Fixture {
    fn read(path: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(path).ok()?;
        let value = |line: &str| {
            let (name, value) = line.strip_prefix("# --param ")?.split_once('=')?;
            Some((name.to_owned(), value.to_owned()))
        };
        let values = text.lines().filter_map(value).collect();
        let records = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
        let (events, lines): (Vec<_>, Vec<_>) = records.partition(|line| line.starts_with('{'));
        let object = |name: &str, records: &[&str]| {
            (!records.is_empty())
                .then(|| Source::inline(name, format!("{}\n", records.join("\n")).into_bytes()))
        };
        let objects = [object("events", &events), object("lines", &lines)].into_iter().flatten().collect();
        let records = (events.len() + lines.len()) as u64;
        Some(Self { values, objects, records, text })
    }
}

fn fixture(report: &Report, ending: &str) -> PathBuf {
    top().join("tests/data/reports").join(&report.group).join(format!("{}{ending}", report.name))
}

async fn rows(
    session: &Session,
    report: &Report,
    values: &[(String, String)],
) -> Result<Vec<RecordBatch>, String> {
    let told = |error: trailql::Error| format!("{}/{}: {error}", report.group, report.name);
    let stream = session.report(&report.name, values).await.map_err(told)?;
    stream.try_collect().await.map_err(|error| told(error.into()))
}

fn count(batches: &[RecordBatch]) -> usize {
    batches.iter().map(RecordBatch::num_rows).sum()
}

/// A value for every parameter; that the report runs with it is all that is asked.
fn every_value(report: &Report, required: &[(String, String)]) -> Vec<(String, String)> {
    let value = |name: &str, kind| match (name, kind) {
        ("since", _) => "2000-01-01",
        ("until", _) => "2100-01-01",
        (_, Type::Text) => "it's; -- $since",
        (_, Type::Timestamp | Type::Date) => "2026-09-17",
        (_, Type::Interval) => "1h",
        (_, Type::Integer | Type::Float) => "1",
        (_, Type::Boolean) => "true",
    };
    let given = |name: &str| required.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let params = report.header.params.iter();
    params
        .map(|param| {
            let value = given(&param.name).unwrap_or_else(|| value(&param.name, param.kind).to_owned());
            (param.name.clone(), value)
        })
        .collect()
}

/// The tables a report needs that no lake of this version has.
fn missing_tables(report: &Report, snapshot: &[&str]) -> Vec<String> {
    let statement = DFParser::parse_sql(report.sql()).unwrap().pop_back().unwrap();
    let (tables, _) = resolve_table_references(&statement, true).unwrap();
    let mut calls = Calls::default();
    if let Statement::Statement(query) = &statement {
        let _ = query.visit(&mut calls);
    }
    let names = tables.iter().filter(|table| table.schema().is_none()).map(|table| table.table().to_owned());
    let made = ["cloudtrail_json", "cloudtrail_verified", "s3_access_raw", "reports", "mitre"];
    names
        .filter(|name| !snapshot.contains(&name.as_str()) && !made.contains(&name.as_str()))
        .filter(|name| !calls.0.contains(name))
        .collect()
}

/// The table functions of a query, which look like tables but for their arguments.
#[derive(Default)]
struct Calls(Vec<String>);

impl Visitor for Calls {
    type Break = ();

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table { name, args: Some(_), .. } = factor {
            self.0.push(name.to_string().to_lowercase());
        }
        ControlFlow::Continue(())
    }
}

/// What one report shows on the events made for it; or why it cannot be told.
enum Shown {
    Rows(String),
    Skipped(String),
    Wrong(String),
}

async fn show(report: &Report, registry: &Arc<Registry>) -> Shown {
    let path = fixture(report, ".ndjson");
    let lake = lake().await;
    let snapshot = lake.snapshot();
    let missing = missing_tables(report, &snapshot.tables().map(|(name, _)| name).collect::<Vec<_>>());
    if !missing.is_empty() {
        return Shown::Skipped(missing.join(", "));
    }
    let Some(attack) = Fixture::read(&path) else {
        let path = path.strip_prefix(top()).unwrap().display();
        return Shown::Wrong(format!("write {path}: events in which {} finds something", report.name));
    };
    let records = attack.records;
    let stored = bring(&lake, attack.objects).await;
    verdicts::bring(&lake, &attack.text).await;
    if stored != records {
        return Shown::Wrong(format!("{}: {records} lines gave {stored} rows", path.display()));
    }
    let session = Session::with_reports(lake, MEMORY, Arc::clone(registry)).unwrap();
    let found = async {
        let found = rows(&session, report, &attack.values).await?;
        if count(&found) == 0 {
            return Err(format!("{}/{} finds nothing in its fixture", report.group, report.name));
        }
        rows(&session, report, &every_value(report, &attack.values)).await?;
        Ok(pretty_format_batches(&found).unwrap().to_string())
    };
    match found.await {
        Ok(text) => Shown::Rows(text),
        Err(wrong) => Shown::Wrong(wrong),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_report_finds_its_attack() {
    let registry = registry().await;
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let shown: Vec<_> = futures::stream::iter(wanted(&registry))
        .map(|report| {
            let registry = Arc::clone(&registry);
            // A task of its own, so that the cores share the work.
            tokio::spawn(async move {
                let shown = show(&report, &registry).await;
                (report, shown)
            })
        })
        .buffered(2 * cores)
        .map(Result::unwrap)
        .collect()
        .await;
    let mut wrong = String::new();
    for (report, shown) in shown {
        match shown {
            Shown::Rows(text) => {
                let mut settings = insta::Settings::clone_current();
                settings.set_snapshot_path(format!("snapshots/reports/{}", report.group));
                settings.set_prepend_module_to_snapshot(false);
                settings.set_omit_expression(true);
                settings.bind(|| insta::assert_snapshot!(report.name.as_str(), text));
            }
            Shown::Skipped(tables) => println!("skipped: {}/{} needs {tables}", report.group, report.name),
            Shown::Wrong(what) => writeln!(wrong, "{what}").unwrap(),
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[tokio::test]
async fn reports_find_nothing_on_a_quiet_day() {
    let registry = registry().await;
    let mut wrong = String::new();
    for report in wanted(&registry) {
        let Some(quiet) = Fixture::read(&fixture(&report, ".quiet.ndjson")) else { continue };
        let attack = Fixture::read(&fixture(&report, ".ndjson"));
        let lake = lake().await;
        assert_eq!(bring(&lake, quiet.objects).await, quiet.records, "{}", report.name);
        verdicts::bring(&lake, &quiet.text).await;
        let session = Session::with_reports(lake, MEMORY, Arc::clone(&registry)).unwrap();
        let values = attack.map(|attack| attack.values).unwrap_or_default();
        match rows(&session, &report, &values).await {
            Ok(found) if count(&found) == 0 => {}
            Ok(found) => writeln!(
                wrong,
                "{}/{} is a false alarm on its quiet day:\n{}",
                report.group,
                report.name,
                pretty_format_batches(&found).unwrap()
            )
            .unwrap(),
            Err(error) => writeln!(wrong, "{error}").unwrap(),
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_report_runs_on_the_incident() {
    let registry = registry().await;
    let lake = lake().await;
    let deliveries = incident::deliveries().into_iter().filter(|delivery| !delivery.path.contains("Digest"));
    let found = deliveries.map(|delivery| Source::inline(&delivery.path, delivery.bytes)).collect();
    bring(&lake, found).await;
    let session = Session::with_reports(lake, MEMORY, Arc::clone(&registry)).unwrap();
    let snapshot: Vec<_> = LOGS.iter().map(|log| log.name()).chain(["sources", "rejects"]).collect();
    let asked = wanted(&registry)
        .into_iter()
        .filter(|report| missing_tables(report, &snapshot).is_empty())
        .map(|report| {
            let session = session.clone();
            tokio::spawn(async move {
                let required: Vec<_> = report.required().map(|param| param.name.clone()).collect();
                let mut values = every_value(&report, &[]);
                values.retain(|(name, _)| required.contains(name));
                rows(&session, &report, &values).await.err()
            })
        });
    // They share the memory of a session, so only some are asked at a time.
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let wrong: Vec<_> =
        stream::iter(asked).buffered(cores).filter_map(async |asked| asked.unwrap()).collect().await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn headers_are_right_and_parameters_named_alike() {
    let registry = registry().await;
    let told = registry.problems().chain(registry.remarks());
    let mut wrong: String = told.map(|problem| format!("{problem}\n")).collect();
    for report in registry.iter() {
        for (name, standard) in NARROWING.iter().zip(STANDARD) {
            let Some(param) = report.header.params.iter().find(|param| param.name == *name) else { continue };
            let default = param.default.as_ref().map(ToString::to_string).unwrap_or_default();
            let said = format!("{name} {} = {default} -- {}", param.kind.name(), param.help);
            if said != standard {
                writeln!(wrong, "{}: write `-- param: {standard}`", report.file).unwrap();
            }
        }
        if !report.header.description.ends_with('.') || report.header.title.ends_with('.') {
            writeln!(wrong, "{}: a description is a sentence, a title is none", report.file).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[tokio::test]
async fn nothing_is_left_of_reports_that_are_gone() {
    let registry = registry().await;
    let mut strangers = Vec::new();
    let folders = [
        ("tests/data/reports", &[".quiet.ndjson", ".ndjson"][..]),
        ("tests/it/snapshots/reports", &[".snap"]),
    ];
    for (folder, endings) in folders {
        for path in glob::glob(top().join(folder).join("*/*").to_str().unwrap()).unwrap() {
            let path = path.unwrap();
            let group = path.parent().unwrap().file_name().unwrap().to_str().unwrap();
            let file = path.file_name().unwrap().to_str().unwrap();
            let name = endings.iter().find_map(|ending| file.strip_suffix(ending)).unwrap_or(file);
            if registry.find(&format!("{group}/{name}")).is_err() {
                strangers.push(path.clone());
            }
        }
    }
    assert!(strangers.is_empty(), "these belong to no report: {strangers:?}");
}
