//! Other engines open the lake: Python's `deltalake` and `polars`, and DuckDB over the Parquet files alone.

use std::process::Command;

use serde_json::Value;

use crate::program::ingest;
use crate::program::number;
use crate::program::run;
use crate::python;

/// What is installed into the test's own environment; exact versions, so that every run asks the same engines.
pub(crate) const PACKAGES: &[&str] = &["deltalake==1.6.6", "polars==2.1.0", "duckdb==2.0.0"];

/// Counts the rows of every table in every engine, and of one day, and of no day.
const COUNT: &str = r#"
import json, sys
import deltalake, duckdb, polars
lake = sys.argv[1]
result = {"deltalake": {}, "polars": {}}
for table in ["cloudtrail", "sources", "rejects"]:
    path = f"{lake}/{table}"
    dataset = deltalake.DeltaTable(path)
    result["deltalake"][table] = dataset.count()
    result["polars"][table] = polars.scan_delta(path).select(polars.len()).collect().item()
cloudtrail = polars.scan_delta(f"{lake}/cloudtrail")
day = polars.date(2026, 9, 17)
result["polars"]["day"] = cloudtrail.filter(polars.col("event_date") == day).select(polars.len()).collect().item()
result["polars"]["no day"] = cloudtrail.filter(polars.col("event_date").is_null()).select(polars.len()).collect().item()
files = f"read_parquet('{lake}/cloudtrail/event_date=*/*.parquet', hive_partitioning = true)"
count = lambda where: duckdb.sql(f"SELECT count(*) FROM {files} WHERE {where}").fetchall()[0][0]
result["duckdb"] = {
    "cloudtrail": count("true"),
    "day": count("event_date = DATE '2026-09-17'"),
    "no day": count("event_time IS NULL"),
}
print(json.dumps(result))
"#;

#[test]
fn other_engines_count_the_same_rows() {
    let Some(python) = python::with_packages("engines", PACKAGES) else { return };
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    // The demo has thousands of rows over days, the samples a record without a time and rejects.
    let demo = run(folder, &["demo", "--folder", "demo"]);
    assert_eq!(demo.code, Some(0), "{}", demo.err);
    ingest(folder, "demo/lake", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/cloudtrail"));

    let lake = folder.join("demo/lake");
    let output = Command::new(python).args(["-c", COUNT]).arg(&lake).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let counts: Value = serde_json::from_slice(&output.stdout).unwrap();
    let expect = |engines: &[&str], name: &str, query: &str| {
        let expected = number(folder, "demo/lake", query);
        assert!(expected > 0, "{query} gives nothing to compare");
        for engine in engines {
            assert_eq!(counts[engine][name], expected, "{engine}, {name}");
        }
    };
    expect(&["deltalake", "polars", "duckdb"], "cloudtrail", "SELECT count(*) FROM cloudtrail");
    expect(&["deltalake", "polars"], "sources", "SELECT count(*) FROM sources");
    expect(&["deltalake", "polars"], "rejects", "SELECT count(*) FROM rejects");
    let day = "SELECT count(*) FROM cloudtrail WHERE event_date = DATE '2026-09-17'";
    expect(&["polars", "duckdb"], "day", day);
    expect(&["polars", "duckdb"], "no day", "SELECT count(*) FROM cloudtrail WHERE event_time IS NULL");
}
