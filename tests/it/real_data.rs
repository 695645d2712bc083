//! Real log data that nobody of this project wrote: all of it gets in, and all of it comes out again.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::Path;
use std::path::PathBuf;

use serde_json::Value;

use crate::available;
use crate::program::ingest;
use crate::program::number;
use crate::program::rows;
use crate::program::run;
use crate::records;

const INVICTUS: &str = "invictus-ir__aws_dataset";
const SENTRY: &str = "yashlad1__cloudtrail-sentry";
const CATALOG: &str = "opensearch-project__opensearch-catalog";

/// The folder of the data, which lies beside the checkout, or beside what the checkout lies in.
pub(crate) fn data() -> Option<PathBuf> {
    let mut above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().skip(1);
    let data = above.find_map(|folder| folder.join("shared/data/cloudtrail").canonicalize().ok());
    available("folder ../shared/data/cloudtrail", data.is_some()).then_some(data).flatten()
}

/// A lake of one folder of the data.
struct Case {
    temporary: tempfile::TempDir,
    summary: String,
}

impl Case {
    fn of(source: &Path) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let summary = ingest(temporary.path(), "lake", source.to_str().unwrap());
        Self { temporary, summary }
    }

    fn rows(&self, query: &str) -> Vec<Value> {
        rows(self.temporary.path(), "lake", query)
    }

    fn number(&self, query: &str) -> u64 {
        number(self.temporary.path(), "lake", query)
    }

    /// The versions of all tables, as their logs tell.
    fn versions(&self) -> Vec<PathBuf> {
        let mut files = files(&self.temporary.path().join("lake"));
        files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
        files
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { all.push(path) }
        }
    }
    all.sort();
    all
}

fn folders(data: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(data).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn real_deliveries_get_in_once_and_whole() {
    let Some(source) = data().map(|data| data.join(INVICTUS).join("CloudTrail")) else { return };
    let case = Case::of(&source);
    assert!(case.summary.starts_with("objects  55 = 55 read\nrecords  2,900 = 2,900 rows + 0 rejected\n"));

    let events: Vec<Value> = files(&source).iter().flat_map(|file| records::of_file(file)).collect();
    let ids: BTreeSet<&str> = events.iter().filter_map(|event| event["eventID"].as_str()).collect();
    assert_eq!(case.number("SELECT count(*) FROM cloudtrail"), events.len() as u64);
    assert_eq!(case.number("SELECT count(DISTINCT event_id) FROM cloudtrail"), ids.len() as u64);

    let all =
        "SELECT * FROM cloudtrail ORDER BY source_file, source_index; SELECT * FROM sources ORDER BY url";
    let content = |case: &Case| run(case.temporary.path(), &["--lake", "lake", "sql", all]);
    let (before, versions) = (content(&case), case.versions());
    assert_eq!(before.code, Some(0));
    let again = ingest(case.temporary.path(), "lake", source.to_str().unwrap());
    assert!(
        again
            .starts_with("objects  55 = 0 read + 55 already in the lake\nrecords  0 = 0 rows + 0 rejected\n")
    );
    assert!(content(&case) == before, "the second ingest changed rows");
    assert_eq!(case.versions(), versions, "the second ingest made commits");
}

#[test]
fn the_records_of_every_source_add_up() {
    let Some(data) = data() else { return };
    for folder in folders(&data) {
        let case = Case::of(&folder);
        assert_eq!(case.number("SELECT count(*) FROM sources"), files(&folder).len() as u64, "{folder:?}");
        let wrong = case.rows(
            "SELECT url, status, records, rejected, n, r FROM sources
             LEFT JOIN (
                SELECT source_file AS f, count(*) AS n
                FROM (SELECT source_file FROM cloudtrail UNION ALL SELECT source_file FROM s3_access) GROUP BY 1
             ) ON url = f
             LEFT JOIN (SELECT source_file AS g, count(*) AS r FROM rejects GROUP BY 1) ON url = g
             WHERE records <> coalesce(n, 0) + rejected OR rejected <> coalesce(r, 0)
                OR status NOT IN ('read', 'ignored') OR (status = 'ignored') <> (detail IS NOT NULL)",
        );
        assert!(wrong.is_empty(), "{wrong:#?}");
        let strangers = case.number(
            "SELECT count(*) FROM (
                SELECT source_file FROM cloudtrail UNION ALL SELECT source_file FROM s3_access
                UNION ALL SELECT source_file FROM rejects
             )
             WHERE source_file NOT IN (SELECT url FROM sources)",
        );
        assert_eq!(strangers, 0, "rows of no source");
    }
}

#[test]
fn a_file_that_is_not_json_as_a_whole_gives_its_good_events() {
    let Some(source) = data().map(|data| data.join(CATALOG)) else { return };
    let case = Case::of(&source);
    let large = "SELECT count(*) FROM cloudtrail WHERE source_file LIKE '%/samples-large.json'";
    assert_eq!(case.number(large), 840);
    let lost = "SELECT rejected FROM sources WHERE url LIKE '%/samples-large.json'";
    assert!(case.number(lost) > 0, "the damage is accounted for");
}

#[test]
fn malformed_files_give_clear_rejects() {
    let Some(source) = data().map(|data| data.join(SENTRY)) else { return };
    let case = Case::of(&source);
    let rejects = case.rows(
        "SELECT regexp_replace(source_file, '^.*/', '') AS file, position, reason, content FROM rejects
         WHERE source_file LIKE '%/malformed/%' ORDER BY file",
    );
    let rejects: Vec<String> = rejects.iter().map(Value::to_string).collect();
    insta::assert_snapshot!(rejects.join("\n"));
}

/// How often each value occurs. Values have no order, so their texts stand for them: equal values, equal texts.
fn multiset(values: impl IntoIterator<Item = Value>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for value in values {
        *counts.entry(value.to_string()).or_default() += 1;
    }
    counts
}

#[test]
fn every_record_comes_out_as_the_json_it_was() {
    let Some(data) = data() else { return };
    let (mut compared, mut wrong) = (0, String::new());
    for folder in folders(&data) {
        let case = Case::of(&folder);
        let mut source = Vec::new();
        let mut counts = BTreeMap::new();
        for file in files(&folder) {
            let records = records::of_file(&file);
            if !records.is_empty() {
                counts.insert(format!("file://{}", file.display()), records.len() as u64);
            }
            source.extend(records);
        }
        let rows = case.rows("SELECT source_file, count(*) AS n FROM cloudtrail GROUP BY 1");
        let rows = rows
            .iter()
            .map(|row| (row["source_file"].as_str().unwrap().to_owned(), row["n"].as_u64().unwrap()));
        let rows: BTreeMap<_, _> = rows.collect();
        if rows != counts {
            wrong += &format!("rows of each file: {rows:#?}\nrecords of each file: {counts:#?}\n");
        }

        let rebuilt =
            case.rows("SELECT event FROM cloudtrail_json").into_iter().map(|row| match &row["event"] {
                Value::String(text) => serde_json::from_str(text).unwrap(),
                event => event.clone(),
            });
        compared += source.len();
        let (source, rebuilt) = (multiset(source), multiset(rebuilt));
        let lost: Vec<_> =
            source.iter().filter(|(event, count)| rebuilt.get(*event) != Some(count)).collect();
        let made: Vec<_> =
            rebuilt.iter().filter(|(event, count)| source.get(*event) != Some(count)).collect();
        if !lost.is_empty() || !made.is_empty() {
            wrong += &format!("{folder:?}\nlost: {lost:#?}\nmade up: {made:#?}\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(compared > 4_000, "only {compared} records were compared");
}
