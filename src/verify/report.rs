//! What a check found: counts, findings, and the document that says it all.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use chrono::DateTime;
use chrono::SecondsFormat;
use chrono::Utc;
use serde_json::Value;
use serde_json::json;

use crate::lake::Key;
use crate::lake::Snapshot;
use crate::lake::Verdict;
use crate::verify::Range;

/// So many findings are named; the table `file_verdicts` has all.
const MOST_FINDINGS: usize = 10_000;
/// So many lines of findings are printed.
const MOST_LINES: usize = 200;

/// The words that verdicts are made of, with what they mean.
pub(super) const WORDS: [(&str, &str); 12] = [
    ("verified", "the signature or the hash holds"),
    ("altered", "the bytes are not those that were signed or hashed"),
    ("altered_later", "the object was written anew after it was read"),
    ("missing", "it should be there, and is not"),
    ("out_of_place", "a signed digest lies where it was not written to"),
    ("unsigned", "nobody has the signature of the digest"),
    ("key_unknown", "the public key of the digest is not in the lake"),
    ("not_in_any_digest", "the digests of its time do not name it"),
    ("unchecked", "no digest that holds covers its time"),
    ("pending", "delivered after the newest digest"),
    ("unread", "it could not be fetched"),
    ("off", "logging or validation was off"),
];

/// The word of a verdict as it is held in memory.
pub(super) fn word(text: Option<&str>) -> &'static str {
    WORDS.iter().map(|(word, _)| *word).find(|word| Some(*word) == text).unwrap_or("unchecked")
}

/// The word of a kind as it is held in memory.
pub(super) fn kind(text: Option<&str>) -> &'static str {
    ["log", "digest"].into_iter().find(|word| Some(*word) == text).unwrap_or("chain")
}

/// The digests of one account, region and trail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    /// The start of the oldest, in microseconds since 1970.
    pub first: Option<i64>,
    /// The end of the newest.
    pub last: Option<i64>,
    /// How many have each verdict.
    pub verdicts: BTreeMap<&'static str, u64>,
}

/// Account, region, and trail.
type Name = (String, String, String);

/// What a check found.
#[derive(Clone, Debug)]
pub struct Report {
    lake: String,
    versions: BTreeMap<&'static str, u64>,
    range: Range,
    checked_at: DateTime<Utc>,
    keys: Vec<Key>,
    /// The chains by account, region and trail.
    pub chains: BTreeMap<Name, Chain>,
    /// Log files by account and region, and their verdicts.
    pub logs: BTreeMap<(String, String), BTreeMap<&'static str, u64>>,
    /// What is not as it should be: digests, times, and log files that are known to be wrong. Those that can only not
    /// be checked are counted.
    pub findings: Vec<Verdict>,
    /// How many findings there are, also those that are not named.
    pub found: u64,
}

impl Report {
    pub(super) fn new(
        lake: String,
        snapshot: &Snapshot,
        range: Range,
        checked_at: DateTime<Utc>,
        keys: &[Key],
    ) -> Self {
        let versions = snapshot.tables().map(|(name, table)| (name, table.version)).collect();
        Self {
            lake,
            versions,
            range,
            checked_at,
            keys: keys.to_vec(),
            chains: BTreeMap::new(),
            logs: BTreeMap::new(),
            findings: Vec::new(),
            found: 0,
        }
    }

    pub(super) fn count(&mut self, verdict: &Verdict) {
        let text = |part: &Option<Arc<str>>| part.as_deref().unwrap_or("unknown").to_owned();
        let (account, region) = (text(&verdict.account), text(&verdict.region));
        match verdict.kind {
            "log" => {
                *self.logs.entry((account, region)).or_default().entry(verdict.verdict).or_default() += 1;
            }
            _ => {
                let chain = self.chains.entry((account, region, text(&verdict.trail))).or_default();
                if verdict.kind == "digest" {
                    *chain.verdicts.entry(verdict.verdict).or_default() += 1;
                    chain.first = chain.first.into_iter().chain(verdict.start).min();
                    chain.last = chain.last.max(verdict.end);
                }
            }
        }
        if matches!(verdict.verdict, "verified" | "unchecked" | "pending") {
            return;
        }
        self.found += 1;
        if self.findings.len() < MOST_FINDINGS {
            self.findings.push(verdict.clone());
        }
    }

    pub(super) fn finish(&mut self) {
        self.findings.sort_by(|a, b| {
            let order = |verdict: &Verdict| (verdict.kind == "log", verdict.start);
            order(a).cmp(&order(b)).then_with(|| a.source_file.cmp(&b.source_file))
        });
    }

    /// How many digests have each verdict.
    pub fn digests(&self) -> BTreeMap<&'static str, u64> {
        sum(self.chains.values().map(|chain| &chain.verdicts))
    }

    /// How many log files have each verdict.
    pub fn files(&self) -> BTreeMap<&'static str, u64> {
        sum(self.logs.values())
    }

    /// Tells whether everything in the range is verified, and there is something.
    pub fn is_whole(&self) -> bool {
        let all = |counts: BTreeMap<&str, u64>| counts.keys().all(|word| *word == "verified");
        let digests = self.digests();
        self.found == 0 && !digests.is_empty() && all(digests) && all(self.files())
    }

    /// The report for people.
    pub fn text(&self) -> String {
        let mut text = format!("Lake {}\n", self.lake);
        // Writing to a String cannot fail.
        let _ = writeln!(text, "digests  {}", counts(&self.digests()));
        let _ = writeln!(text, "logs     {}", counts(&self.files()));
        if !self.chains.is_empty() {
            text.push_str("\nChains\n");
        }
        for ((account, region, trail), chain) in &self.chains {
            let (first, last) = (time(chain.first), time(chain.last));
            let said = counts(&chain.verdicts);
            let _ = writeln!(text, "  {account} {region} {trail}: {first} to {last}, {said}");
        }
        if self.found > 0 {
            text.push_str("\nFindings\n");
        }
        for finding in self.findings.iter().take(MOST_LINES) {
            let _ = writeln!(text, "  {}", line(finding));
        }
        if self.found > MOST_LINES as u64 {
            let _ = writeln!(
                text,
                "  ... {} in all: trailql sql \"SELECT * FROM file_verdicts WHERE verdict <> 'verified'\"",
                self.found
            );
        }
        text.push_str(&self.conclusion());
        text
    }

    fn conclusion(&self) -> String {
        let digests = self.digests();
        if digests.is_empty() {
            return "\nThere are no digests in this range: nothing proves that its logs are whole. Ingest the folders \
                    CloudTrail-Digest, too.\n"
                .to_owned();
        }
        let mut text = String::new();
        if digests.contains_key("key_unknown") {
            text.push_str(
                "\nKeys are missing: `trailql keys fetch` or `trailql keys import FILE` brings them.\n",
            );
        }
        if digests.contains_key("unsigned") {
            text.push_str(
                "\nA copy of a bucket lacks the metadata that signs the newest digest of each chain: ingest from the \
                 bucket, or check up to the digest before it with --until.\n",
            );
        }
        text.push_str(match self.is_whole() {
            true => "\nEverything in the range is verified.\n",
            false => "\nNot everything in the range is verified.\n",
        });
        text
    }

    /// The report as a document to be attached to a case.
    pub fn json(&self) -> Value {
        let times =
            |time: Option<DateTime<Utc>>| time.map(|time| time.to_rfc3339_opts(SecondsFormat::Secs, true));
        let key = |key: &Key| {
            json!({
                "fingerprint": key.fingerprint, "region": key.region, "value": key.value, "source": key.source,
                "validFrom": key.valid_from.map(|at| time(Some(at))),
                "validUntil": key.valid_until.map(|at| time(Some(at))),
            })
        };
        let chain = |((account, region, trail), chain): (&Name, &Chain)| {
            json!({
                "account": account, "region": region, "trail": trail, "from": time(chain.first),
                "until": time(chain.last), "digests": chain.verdicts,
            })
        };
        let logs = |((account, region), verdicts): (&(String, String), &BTreeMap<&str, u64>)| json!({"account": account, "region": region, "files": verdicts});
        let words: BTreeMap<_, _> = WORDS.iter().copied().collect();
        json!({
            "tool": {"name": "trailql", "version": env!("CARGO_PKG_VERSION")},
            "method": {
                "signature": "RSA PKCS #1 v1.5 with SHA-256 over: end time, bucket/key, SHA-256 of the uncompressed \
                              digest, signature of the digest before it; parted by line feeds",
                "logFiles": "SHA-256 of the uncompressed file against the value in a digest that holds",
                "verdicts": words,
            },
            "lake": {"url": self.lake, "versions": self.versions},
            "checkedAt": self.checked_at.to_rfc3339_opts(SecondsFormat::Secs, true),
            "range": {
                "since": times(self.range.since), "until": times(self.range.until),
                "accounts": self.range.accounts, "regions": self.range.regions,
            },
            "verified": self.is_whole(),
            "counts": {"digests": self.digests(), "logFiles": self.files(), "findings": self.found},
            "chains": self.chains.iter().map(chain).collect::<Vec<_>>(),
            "logFiles": self.logs.iter().map(logs).collect::<Vec<_>>(),
            "findings": self.findings.iter().map(finding).collect::<Vec<_>>(),
            "keys": self.keys.iter().map(key).collect::<Vec<_>>(),
        })
    }
}

fn finding(verdict: &Verdict) -> Value {
    json!({
        "kind": verdict.kind, "verdict": verdict.verdict, "url": verdict.source_file,
        "digest": verdict.digest.as_deref(), "account": verdict.account.as_deref(),
        "region": verdict.region.as_deref(), "trail": verdict.trail.as_deref(),
        "from": verdict.start.map(|at| time(Some(at))), "until": verdict.end.map(|at| time(Some(at))),
        "detail": verdict.detail,
    })
}

/// One finding in a line.
fn line(finding: &Verdict) -> String {
    let what = match finding.kind {
        "chain" => "logging",
        kind => kind,
    };
    let mut line = format!("{what} {}", finding.verdict);
    if let Some(start) = finding.start {
        let _ = write!(line, " {}", time(Some(start)));
        if let Some(end) = finding.end {
            let _ = write!(line, " to {}", time(Some(end)));
        }
    }
    if finding.source_file.is_none() {
        let part = |part: &Option<Arc<str>>| part.as_deref().unwrap_or("unknown").to_owned();
        let _ =
            write!(line, " {} {} {}", part(&finding.account), part(&finding.region), part(&finding.trail));
    }
    if let Some(url) = &finding.source_file {
        let _ = write!(line, " {url}");
    }
    if let Some(detail) = &finding.detail {
        let _ = write!(line, ": {detail}");
    }
    line
}

fn time(micros: Option<i64>) -> String {
    let time = micros.and_then(DateTime::from_timestamp_micros);
    time.map_or_else(|| "?".to_owned(), |time| time.to_rfc3339_opts(SecondsFormat::Secs, true))
}

fn sum<'a>(all: impl Iterator<Item = &'a BTreeMap<&'static str, u64>>) -> BTreeMap<&'static str, u64> {
    let mut total = BTreeMap::new();
    for (word, count) in all.flatten() {
        *total.entry(*word).or_default() += count;
    }
    total
}

/// `72 = 71 verified + 1 missing`
fn counts(verdicts: &BTreeMap<&'static str, u64>) -> String {
    let total: u64 = verdicts.values().sum();
    let mut parts: Vec<_> = verdicts.iter().collect();
    parts.sort_by_key(|(word, _)| (**word != "verified", **word));
    let parts: Vec<_> =
        parts.iter().map(|(word, count)| format!("{count} {}", word.replace('_', " "))).collect();
    if parts.is_empty() { "0".to_owned() } else { format!("{total} = {}", parts.join(" + ")) }
}
