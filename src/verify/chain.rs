//! The digests of each chain, from the newest to the oldest, as each proves the one before it.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::Arc;

use futures::TryStreamExt;

use crate::error::Result;
use crate::logs::digest::sibling;
use crate::session::Session;
use crate::verify::Range;
use crate::verify::Sink;
use crate::verify::digest::Digest;
use crate::verify::digest::Id;
use crate::verify::digest::read;
use crate::verify::rows::Texts;
use crate::verify::rows::ask;
use crate::verify::signature::Keyring;

/// A digest is delivered each hour, also when it names no file.
pub(super) const HOUR: i64 = 3_600_000_000;
/// So many missing hours in a row are named one by one; more are one long time.
const MOST_HOURS: i64 = 31 * 24;

const DIGESTS: &str = "SELECT url, account_id, aws_region, trail, backfill, start_time, end_time, signed_time, s3_bucket, \
    s3_object, sha256, signature, key_fingerprint, digest_algorithm, previous_s3_bucket, previous_s3_object, \
    previous_sha256, previous_signature, problem FROM digests \
    ORDER BY account_id, aws_region, trail, backfill, end_time DESC, s3_object, url";

/// A time for which no digest vouches, and why.
#[derive(Clone, Debug)]
pub(super) struct Hole {
    pub(super) start: i64,
    pub(super) end: i64,
    pub(super) digest: Option<Arc<str>>,
    pub(super) why: &'static str,
}

/// What the digests of an account and region cover.
#[derive(Clone, Debug)]
pub(super) struct Coverage {
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) holes: Vec<Hole>,
}

/// An account and a region, as far as they are known.
type Place = (Option<Arc<str>>, Option<Arc<str>>);

/// What checking the log files needs of the digests.
#[derive(Debug, Default)]
pub(super) struct Walked {
    /// By account and region.
    pub(super) coverage: BTreeMap<Place, Coverage>,
    /// The URLs of digests that do not hold, so that what they name is not proven.
    pub(super) bad: HashSet<String>,
}

/// A digest that should be there.
#[derive(Clone, Debug)]
struct Missing {
    id: Id,
    url: String,
    start: i64,
    end: i64,
    named_by: Arc<str>,
    detail: &'static str,
}

const NAMED: &str = "the next digest names it";
const IN_BETWEEN: &str = "no digest for this hour, between two of the chain";
const BEFORE: &str = "no digest for this hour, though the chain goes further back";
const BEHIND: &str = "no digest for this hour, while others of the trail go on";

/// What is missing among the digests.
#[derive(Debug, Default)]
struct Gaps {
    missing: Vec<Missing>,
    offs: Vec<(Id, i64, i64)>,
}

/// The walk through one chain, from the newest digest to the oldest.
#[derive(Debug, Default)]
struct Walk {
    id: Id,
    /// The last that was met, in whatever state.
    neighbour: Option<Digest>,
    /// The last that was met that has a place in the chain.
    last: Option<Digest>,
    /// The one that was met before that.
    before: Option<Digest>,
    newest: Option<Digest>,
    /// The first time that it covers.
    first: Option<i64>,
}

/// Checks all digests, and tells what they cover.
pub(super) async fn walk(
    session: &Session,
    range: &Range,
    keys: &Keyring,
    sink: &mut Sink,
) -> Result<Walked> {
    let mut walked = Walked::default();
    let mut gaps = Gaps::default();
    let mut strays = HashSet::new();
    let mut chains: Vec<Walk> = Vec::new();
    let mut walk = Walk::default();
    let mut stream = ask(session, DIGESTS).await?;
    while let Some(batch) = stream.try_next().await? {
        for (id, mut digest) in read(&batch)? {
            if !range.wants_place(id.account.as_deref(), id.region.as_deref()) {
                continue;
            }
            if walk.id != id {
                walk.end(range, &mut gaps);
                chains.push(std::mem::replace(&mut walk, Walk { id: id.clone(), ..Walk::default() }));
            }
            let (verdict, detail) = walk.step(&mut digest, keys, &mut gaps);
            let start = digest.start.or(digest.end.map(|end| end - HOUR));
            if verdict == "out_of_place" {
                strays.insert(digest.url.clone());
            } else if verdict != "verified" {
                walked.bad.insert(digest.url.clone());
                walked.hole(&id, start, digest.end, Some(&digest.url), "its digest does not hold");
            }
            let said = id.verdict("digest", verdict, Some(digest.url), start, digest.end, detail);
            if range.wants(&said) {
                sink.note(said).await?;
            }
        }
    }
    walk.end(range, &mut gaps);
    chains.push(walk);
    behind(&chains, &mut gaps);
    for chain in &chains {
        walked.cover(chain);
    }
    for (id, start, end) in gaps.offs {
        walked.hole(&id, Some(start), Some(end), None, "logging or validation was off");
        let detail = "logging or validation was off: a chain begins at its end, without a digest before it";
        let said = id.verdict("chain", "off", None, Some(start), Some(end), Some(detail.to_owned()));
        if range.wants(&said) {
            sink.note(said).await?;
        }
    }
    note_missing(session, gaps.missing, &strays, range, &mut walked, sink).await?;
    Ok(walked)
}

impl Walk {
    /// Takes the next older digest; says what is to be said of it.
    fn step(
        &mut self,
        digest: &mut Digest,
        keys: &Keyring,
        gaps: &mut Gaps,
    ) -> (&'static str, Option<String>) {
        let again =
            self.last.as_ref().is_some_and(|last| last.object.is_some() && last.object == digest.object);
        let next = if again { self.before.as_ref() } else { self.last.as_ref() };
        let later: Vec<&Digest> = [next, self.neighbour.as_ref()].into_iter().flatten().collect();
        let (verdict, detail) = digest.judge(&later, keys);
        digest.holds = matches!(verdict, "verified" | "out_of_place");
        // What an altered digest says of itself, its time among it, is worth nothing.
        if verdict != "altered" && !again {
            match self.last.take() {
                Some(last) => {
                    self.between(&last, digest, gaps);
                    self.before = Some(last);
                }
                None => self.newest = Some(digest.clone()),
            }
            self.last = Some(digest.clone());
            self.first = digest.start.or(digest.end).or(self.first);
        }
        self.neighbour = Some(digest.clone());
        (verdict, detail)
    }

    /// Finds what is missing between two digests that follow each other in the lake.
    fn between(&self, later: &Digest, earlier: &Digest, gaps: &mut Gaps) {
        if later.follows(earlier) {
            return;
        }
        let Some((start, until)) = later.start.zip(earlier.end) else { return };
        match &later.previous_object {
            None if start > until && !self.id.backfill => gaps.offs.push((self.id.clone(), until, start)),
            None => {}
            Some(previous) => {
                self.hours(until, start, later, earlier, IN_BETWEEN, gaps);
                self.named(later, previous, gaps);
            }
        }
    }

    /// Adds the digest that another names as the one before it.
    fn named(&self, later: &Digest, previous: &str, gaps: &mut Gaps) {
        let Some(end) = later.start.or(later.end) else { return };
        gaps.missing.push(Missing {
            id: self.id.clone(),
            url: later.beside(later.previous_bucket.as_deref(), previous),
            start: end - HOUR,
            end,
            named_by: later.url.as_str().into(),
            detail: NAMED,
        });
    }

    /// Adds the hours of a time without a digest, but for the last, which is named by the digest behind it.
    fn hours(
        &self,
        from: i64,
        until: i64,
        later: &Digest,
        like: &Digest,
        why: &'static str,
        gaps: &mut Gaps,
    ) {
        // Digests of later deliveries come when there are some, not every hour.
        if self.id.backfill || until - from > MOST_HOURS * HOUR {
            return;
        }
        let mut end = until - HOUR;
        while end > from {
            let url = like.object.as_deref().and_then(|object| sibling(object, end));
            gaps.missing.push(Missing {
                id: self.id.clone(),
                url: url.map_or_else(String::new, |key| like.beside(like.bucket.as_deref(), &key)),
                start: (end - HOUR).max(from),
                end,
                named_by: later.url.as_str().into(),
                detail: why,
            });
            end -= HOUR;
        }
    }

    /// Finds what is missing before the oldest digest, as far as that is asked for.
    fn end(&self, range: &Range, gaps: &mut Gaps) {
        let Some(oldest) = &self.last else { return };
        let Some(start) = oldest.start else { return };
        let since = range.since.map(|since| since.timestamp_micros());
        match (&oldest.previous_object, since) {
            (Some(previous), since) if since.is_none_or(|since| start > since) => {
                if let Some(since) = since {
                    self.hours(since, start, oldest, oldest, BEFORE, gaps);
                }
                self.named(oldest, previous, gaps);
            }
            (None, Some(since)) if start > since && !self.id.backfill => {
                gaps.offs.push((self.id.clone(), since, start));
            }
            _ => {}
        }
    }
}

/// Finds the hours behind the newest digest of a chain, while others of the same trail go on.
///
/// Nothing names a digest that was the last of its chain. That a chain ends hours before its kin is the only trace.
fn behind(chains: &[Walk], gaps: &mut Gaps) {
    let mut ends: HashMap<&Option<Arc<str>>, i64> = HashMap::new();
    for chain in chains.iter().filter(|chain| !chain.id.backfill) {
        if let Some(end) = chain.newest.as_ref().and_then(|newest| newest.end) {
            let last = ends.entry(&chain.id.trail).or_insert(end);
            *last = end.max(*last);
        }
    }
    for chain in chains.iter().filter(|chain| !chain.id.backfill) {
        let Some(newest) = &chain.newest else { continue };
        let Some((end, last)) = newest.end.zip(ends.get(&chain.id.trail).copied()) else { continue };
        // The hours of two chains need not begin at the same minute.
        if last - end < HOUR {
            continue;
        }
        if last - end > MOST_HOURS * HOUR {
            gaps.offs.push((chain.id.clone(), end, last));
            continue;
        }
        let whole = end + (last - end) / HOUR * HOUR;
        chain.hours(end, whole + HOUR, newest, newest, BEHIND, gaps);
    }
}

/// Notes the missing digests, but for those in whose place something lies, which has its own verdict.
async fn note_missing(
    session: &Session,
    missing: Vec<Missing>,
    strays: &HashSet<String>,
    range: &Range,
    walked: &mut Walked,
    sink: &mut Sink,
) -> Result<()> {
    let mut absent: HashSet<&str> = missing.iter().map(|missing| missing.url.as_str()).collect();
    if !absent.is_empty() {
        let mut stream = ask(session, "SELECT url FROM digests").await?;
        while let Some(batch) = stream.try_next().await? {
            let urls = Texts::of(&batch, "url")?;
            for url in (0..batch.num_rows()).filter_map(|row| urls.get(row)) {
                if !strays.contains(url) {
                    absent.remove(url);
                }
            }
        }
    }
    let mut noted = HashSet::new();
    for lost in missing.iter().filter(|lost| absent.contains(lost.url.as_str())) {
        let place = (lost.url.as_str(), if lost.url.is_empty() { lost.end } else { 0 });
        if !noted.insert(place) {
            continue;
        }
        walked.hole(&lost.id, Some(lost.start), Some(lost.end), Some(&lost.url), "its digest is missing");
        let (start, end) = (Some(lost.start), Some(lost.end));
        let mut said = lost.id.verdict(
            "digest",
            "missing",
            Some(lost.url.clone()),
            start,
            end,
            Some(lost.detail.to_owned()),
        );
        said.digest = Some(Arc::clone(&lost.named_by));
        if range.wants(&said) {
            sink.note(said).await?;
        }
    }
    Ok(())
}

impl Walked {
    /// Notes what a chain covers.
    fn cover(&mut self, chain: &Walk) {
        let newest = chain.newest.as_ref().and_then(|newest| newest.end);
        let (Some(first), Some(last)) = (chain.first, newest) else { return };
        if chain.id.backfill {
            return;
        }
        let covered = self.of(&chain.id, first);
        covered.first = covered.first.min(first);
        covered.last = covered.last.max(last);
    }

    fn hole(
        &mut self,
        id: &Id,
        start: Option<i64>,
        end: Option<i64>,
        digest: Option<&str>,
        why: &'static str,
    ) {
        let Some((start, end)) = start.zip(end) else { return };
        self.of(id, end).holes.push(Hole { start, end, digest: digest.map(Into::into), why });
    }

    fn of(&mut self, id: &Id, time: i64) -> &mut Coverage {
        let place = (id.account.clone(), id.region.clone());
        self.coverage.entry(place).or_insert(Coverage { first: time, last: time, holes: Vec::new() })
    }
}
