//! Verdicts that a fixture of a report makes up: `# --verdict {"verdict": ..., "kind": ..., "url": ..., ...}`.

use chrono::DateTime;
use serde_json::Value;
use trailql::lake::Lake;
use trailql::lake::Verdict;

/// Brings the verdicts of a fixture's text into a lake.
pub(crate) async fn bring(lake: &Lake, text: &str) {
    let lines = text.lines().filter_map(|line| line.strip_prefix("# --verdict "));
    let made: Vec<Verdict> = lines.map(|line| read(&serde_json::from_str(line).unwrap())).collect();
    if made.is_empty() {
        return;
    }
    let at = DateTime::parse_from_rfc3339("2026-09-18T00:00:00Z").unwrap().to_utc();
    let mut verdicts = lake.verdicts(at).await.unwrap();
    for verdict in made {
        verdicts.push(verdict).await.unwrap();
    }
    verdicts.commit().await.unwrap();
}

fn read(line: &Value) -> Verdict {
    let text = |name: &str| line[name].as_str().map(str::to_owned);
    // A few words in a test's life.
    let word = |name: &str| -> &'static str { text(name).unwrap().leak() };
    let time =
        |name: &str| Some(DateTime::parse_from_rfc3339(line[name].as_str()?).unwrap().timestamp_micros());
    Verdict {
        source_file: text("url"),
        verdict: word("verdict"),
        digest: text("digest").map(Into::into),
        kind: word("kind"),
        account: text("account").map(Into::into),
        region: text("region").map(Into::into),
        trail: text("trail").map(Into::into),
        start: time("start"),
        end: time("end"),
        detail: text("detail"),
    }
}
