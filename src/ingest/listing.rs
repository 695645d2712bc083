//! Lists the objects of a source: folders of known kinds one by one and in parallel, everything else plainly.
//!
//! Folders of accounts, regions, years, months and days that are not asked for are never listed. Names of S3 access
//! logs lie in the order of time, so a bucket of millions of them is entered where the time that is asked for
//! begins. Memory is that of the folders, not of the objects.

use std::collections::BTreeSet;

use chrono::Datelike;
use chrono::NaiveDate;
use chrono::Utc;
use futures::StreamExt;
use futures::TryStreamExt;
use futures::stream;
use futures::stream::BoxStream;
use object_store::ObjectMeta;
use object_store::ObjectStoreExt;
use object_store::path::Path;
use tokio::sync::mpsc::Sender;

use crate::error::Error;
use crate::ingest::names::Flat;
use crate::ingest::names::Part;
use crate::ingest::scope::Window;
use crate::ingest::source::Found;
use crate::ingest::source::Place;
use crate::ingest::source::Source;
use crate::ingest::source::matches;
use crate::storage;
use crate::storage::Location;

/// What a listing meets.
#[derive(Debug)]
pub(super) enum Met {
    /// An object.
    Object(Found),
    /// A folder that cannot be listed; the others are.
    Refused(String, Error),
    /// A folder of the logs of another service, which is not looked into.
    Passed(String),
}

/// So many requests are under way at once.
const REQUESTS: usize = 32;
/// So many folders of unknown names below each other are looked at one by one.
const UNKNOWN_DEPTH: usize = 3;
/// So many folders and runs of names are skipped over in one folder.
const MOST_SKIPS: usize = 1_000;
/// No key that begins with some text sorts behind the text with this letter.
const LAST_LETTER: char = '\u{10FFFF}';
/// Folders beside `CloudTrail` in an account's folder.
const OTHER_SERVICES: [&str; 10] = [
    "Config",
    "GuardDuty",
    "WAFLogs",
    "elasticloadbalancing",
    "redshift",
    "vpcdnsquerylogs",
    "vpcflowlogs",
    "network-firewall",
    "ElasticLoadBalancing",
    "CloudFront",
];

/// Lists a source and sends what is met. It ends early when nobody receives any more.
pub(super) async fn list(source: Source, window: Window, sender: Sender<Met>) {
    let (location, pattern) = match source.place {
        Place::Given(objects) => {
            for found in objects {
                if sender.send(Met::Object(found)).await.is_err() {
                    return;
                }
            }
            return;
        }
        Place::Stored(location, pattern) => (location, pattern),
    };
    let walk = Walk { location, pattern, window, sender };
    if walk.pattern.is_none()
        && !walk.location.path.as_ref().is_empty()
        && let Ok(meta) = walk.location.store.head(&walk.location.path).await
    {
        walk.send(meta).await;
        return;
    }
    if let Some(leaves) = walk.survey().await {
        walk.list_leaves(leaves).await;
    }
}

struct Walk {
    location: Location,
    pattern: Option<glob::Pattern>,
    window: Window,
    sender: Sender<Met>,
}

/// A folder that is looked into.
#[derive(Clone, Debug)]
struct Folder {
    path: Path,
    part: Part,
    /// What it lies in.
    parent: Part,
    /// How many folders of unknown names lead to it.
    unknown: usize,
}

/// A stretch of keys that is listed as a whole, in this order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Leaf {
    /// The day of all of it, where that is known; others come last.
    no_day: bool,
    day: Option<NaiveDate>,
    folder: Path,
    /// Only keys behind this one.
    offset: Option<Path>,
    /// Only up to the last key that begins so and goes on with a digit.
    head: Option<String>,
}

/// What a folder holds.
#[derive(Default)]
struct Looked {
    folders: Vec<Folder>,
    leaves: Vec<Leaf>,
}

type Listed<T> = Result<T, object_store::Error>;

impl Leaf {
    fn whole(folder: Path, day: Option<NaiveDate>) -> Self {
        Self { no_day: day.is_none(), day, folder, offset: None, head: None }
    }
}

impl Walk {
    /// Finds the stretches of keys that are to be listed, level by level; `None` if nobody listens any more.
    async fn survey(&self) -> Option<Vec<Leaf>> {
        let mut leaves = Vec::new();
        let path = self.location.path.clone();
        let mut kinds = path.parts().scan(Part::Other, |part, name| {
            *part = part.child(name.as_ref());
            Some(*part)
        });
        let mut kinds: Vec<Part> = kinds.by_ref().collect();
        let part = kinds.pop().unwrap_or(Part::Other);
        let parent = kinds.pop().unwrap_or(Part::Other);
        let mut level = vec![Folder { path, part, parent, unknown: 0 }];
        while !level.is_empty() {
            let mut next = Vec::new();
            let mut looks = stream::iter(level)
                .map(|folder| async move { (self.look(&folder).await, folder) })
                .buffer_unordered(REQUESTS);
            while let Some((looked, folder)) = looks.next().await {
                match looked {
                    Ok(looked) => {
                        next.extend(looked.folders);
                        leaves.extend(looked.leaves);
                    }
                    Err(error) => self.refuse(&folder.path, error).await?,
                }
            }
            level = next;
        }
        leaves.sort_unstable();
        Some(leaves)
    }

    async fn look(&self, folder: &Folder) -> Listed<Looked> {
        if let Part::Day(day) = folder.part {
            return Ok(Looked {
                leaves: vec![Leaf::whole(folder.path.clone(), Some(day))],
                ..Looked::default()
            });
        }
        if folder.unknown > UNKNOWN_DEPTH || (self.pattern.is_some() && !folder.part.is_known()) {
            return Ok(Looked { leaves: vec![Leaf::whole(folder.path.clone(), None)], ..Looked::default() });
        }
        if folder.part == Part::Region
            && folder.parent == Part::Trail
            && let Some(days) = self.window.days(Utc::now())
        {
            let leaf = |day: NaiveDate| {
                let path = day.format("%Y/%m/%d").to_string();
                let path = path.split('/').fold(folder.path.clone(), |path, part| path.join(part));
                Leaf::whole(path, Some(day))
            };
            return Ok(Looked { leaves: days.into_iter().map(leaf).collect(), ..Looked::default() });
        }
        if folder.part.is_known() || !self.location.lists_in_order() {
            return self.look_at_all(folder).await;
        }
        self.skip_through(folder).await
    }

    /// Lists what lies directly in a folder.
    async fn look_at_all(&self, folder: &Folder) -> Listed<Looked> {
        let listed = self.location.store.list_with_delimiter(Some(&folder.path)).await?;
        for meta in listed.objects {
            self.send(meta).await;
        }
        let mut looked = Looked::default();
        for path in listed.common_prefixes {
            self.child(folder, path, &mut looked).await;
        }
        Ok(looked)
    }

    /// Finds what lies directly in a folder that may hold millions of objects, by skipping over folders and over
    /// names in the order of time.
    async fn skip_through(&self, folder: &Folder) -> Listed<Looked> {
        let mut looked = Looked::default();
        let mut offset: Option<Path> = None;
        let mut skipped = BTreeSet::new();
        for _ in 0..MOST_SKIPS {
            let mut keys = self.keys(&folder.path, offset.as_ref());
            let skip = loop {
                let Some(meta) = keys.try_next().await? else { return Ok(looked) };
                let name = below(&folder.path, &meta.location);
                if let Some((child, _)) = name.split_once('/') {
                    self.child(folder, inside(&folder.path, child), &mut looked).await;
                    break format!("{child}/{LAST_LETTER}");
                }
                if let Some(flat) = Flat::of(name) {
                    looked.leaves.push(Leaf {
                        offset: offset.clone(),
                        head: Some(flat.head.to_owned()),
                        ..Leaf::whole(folder.path.clone(), None)
                    });
                    break format!("{}9{LAST_LETTER}", flat.head);
                }
                offset = Some(meta.location.clone());
                self.send(meta).await;
            };
            if !skipped.insert(skip.clone()) {
                // A store that does not begin behind the key it is given cannot be skipped through.
                return Ok(Looked {
                    leaves: vec![Leaf::whole(folder.path.clone(), None)],
                    ..Looked::default()
                });
            }
            offset = Some(inside(&folder.path, &skip));
        }
        // So many folders are no layout that anything could be skipped in.
        looked.leaves.push(Leaf { offset, ..Leaf::whole(folder.path.clone(), None) });
        Ok(looked)
    }

    /// Notes a folder in a folder, if it is wanted.
    async fn child(&self, folder: &Folder, path: Path, looked: &mut Looked) {
        let name = path.filename().unwrap_or_default();
        let part = folder.part.child(name);
        if folder.part == Part::Account && OTHER_SERVICES.contains(&name) {
            // That nobody listens any more is noticed with the next object.
            let _ = self.sender.send(Met::Passed(self.location.url_of(&path))).await;
            return;
        }
        if !self.window.wants_folder(part, name) {
            return;
        }
        match part {
            Part::Other if folder.part.is_known() => looked.leaves.push(Leaf::whole(path, None)),
            _ => {
                let unknown = folder.unknown + usize::from(!part.is_known());
                looked.folders.push(Folder { path, part, parent: folder.part, unknown });
            }
        }
    }

    /// Lists the stretches: days in parallel and in order, then the others one by one.
    async fn list_leaves(&self, leaves: Vec<Leaf>) {
        let (days, others): (Vec<_>, Vec<_>) = leaves.into_iter().partition(|leaf| leaf.day.is_some());
        let mut days = stream::iter(days)
            .map(|leaf| async move {
                let keys: Listed<Vec<_>> = self.keys(&leaf.folder, None).try_collect().await;
                (keys, leaf)
            })
            .buffered(REQUESTS);
        while let Some((keys, leaf)) = days.next().await {
            match keys {
                Ok(keys) => {
                    for meta in keys {
                        if self.send(meta).await.is_none() {
                            return;
                        }
                    }
                }
                Err(error) => {
                    if self.refuse(&leaf.folder, error).await.is_none() {
                        return;
                    }
                }
            }
        }
        for leaf in others {
            match self.list_run(&leaf).await {
                Ok(Some(())) => {}
                Ok(None) => return,
                Err(error) => {
                    if self.refuse(&leaf.folder, error).await.is_none() {
                        return;
                    }
                }
            }
        }
    }

    /// Lists a stretch of keys, from the first day that is wanted on where the names tell the time.
    async fn list_run(&self, leaf: &Leaf) -> Listed<Option<()>> {
        let mut offset = leaf.offset.clone();
        let mut skipped = BTreeSet::new();
        'skip: loop {
            let mut keys = self.keys(&leaf.folder, offset.as_ref());
            while let Some(meta) = keys.try_next().await? {
                let name = below(&leaf.folder, &meta.location);
                if leaf.head.as_ref().is_some_and(|head| !is_in_run(name, head)) {
                    return Ok(Some(()));
                }
                let skip = self.skip_from(name).filter(|_| self.location.lists_in_order());
                if let Some(skip) = skip.filter(|skip| skipped.insert(skip.clone())) {
                    offset = Some(inside(&leaf.folder, &skip));
                    continue 'skip;
                }
                if self.send(meta).await.is_none() {
                    return Ok(None);
                }
            }
            return Ok(Some(()));
        }
    }

    /// Where to go on behind a name whose time is not wanted: where the wanted time begins, or with the next year.
    ///
    /// Names that begin with a day, but are no deliveries, are taken for as old or as young as those around them.
    fn skip_from(&self, name: &str) -> Option<String> {
        let flat = Flat::of(name)?;
        let day = flat.time()?.date_naive();
        let first = self.window.first_day().filter(|first| day < *first);
        if let Some(before) =
            first.filter(|first| first.year() == day.year()).and_then(|first| first.pred_opt())
        {
            return Some(format!("{}{before}{LAST_LETTER}", flat.head));
        }
        let late = self.window.last_day().is_some_and(|last| day > last);
        (late || first.is_some()).then(|| format!("{}{}-12-31-{LAST_LETTER}", flat.head, day.year()))
    }

    fn keys(&self, folder: &Path, offset: Option<&Path>) -> BoxStream<'static, Listed<ObjectMeta>> {
        match offset {
            Some(offset) => self.location.store.list_with_offset(Some(folder), offset),
            None => self.location.store.list(Some(folder)),
        }
    }

    async fn send(&self, meta: ObjectMeta) -> Option<()> {
        if self.pattern.as_ref().is_some_and(|pattern| !matches(pattern, &meta.location)) {
            return Some(());
        }
        self.sender.send(Met::Object(Found::stored(&self.location, meta))).await.ok()
    }

    async fn refuse(&self, folder: &Path, error: object_store::Error) -> Option<()> {
        let url = self.location.url_of(folder);
        let error = storage::failed(format!("cannot list {url}"), error);
        self.sender.send(Met::Refused(url, error)).await.ok()
    }
}

/// A key without the folder.
fn below<'a>(folder: &Path, key: &'a Path) -> &'a str {
    let rest = key.as_ref().strip_prefix(folder.as_ref()).unwrap_or(key.as_ref());
    rest.strip_prefix('/').unwrap_or(rest)
}

/// The path of a name in a folder. To join them would escape what is part of the name.
fn inside(folder: &Path, name: &str) -> Path {
    let key = if folder.as_ref().is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
    Path::parse(&key).unwrap_or_else(|_| Path::from(key))
}

/// Tells whether a name belongs to a run of names that begin with `head` and a digit.
fn is_in_run(name: &str, head: &str) -> bool {
    name.strip_prefix(head).is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_digit()))
}
