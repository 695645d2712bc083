//! The rows of `assume_chain`: what a walk has reached, as a tree from the first credentials to the last.

use std::collections::BTreeSet;
use std::collections::HashMap;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::LazyLock;

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::array::Int64Array;
use datafusion::arrow::array::StringArray;
use datafusion::arrow::array::TimestampMicrosecondArray;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::Result;

use crate::functions::tables::credentials::Credential;
use crate::functions::tables::credentials::Issue;
use crate::functions::tables::credentials::Use;
use crate::functions::tables::walk::Link;
use crate::functions::tables::walk::Walk;
use crate::logs::Column;
use crate::logs::ColumnType;
use crate::logs::arn::Arn;

/// Steps of a path that are written out at its start and at its end; those between are left out.
const PATH_STARTS: usize = 3;
const PATH_ENDS: usize = 7;

const fn column(name: &'static str, kind: ColumnType, comment: &'static str) -> Column {
    Column { name, kind, comment, needle: false }
}

const COLUMNS: [Column; 17] = [
    column("depth", ColumnType::Long, "Steps from the start, which is 0; below 0 is what came before"),
    column(
        "path",
        ColumnType::Text,
        "The way from the first known caller to this credential, for people to read",
    ),
    column(
        "issued_access_key_id",
        ColumnType::Text,
        "The credential: an access key; null where no event names one",
    ),
    column("event_time", ColumnType::Timestamp, "When it was issued"),
    column("event_name", ColumnType::Text, "The call that issued it"),
    column("principal", ColumnType::Text, "Who made that call"),
    column("access_key_id", ColumnType::Text, "With which key"),
    column("source_ip", ColumnType::Text, "From where"),
    column("account_id", ColumnType::Text, "In whose log the call stands"),
    column("acts_as", ColumnType::Text, "Whose rights it has: the role that was taken, or the user"),
    column("session_name", ColumnType::Text, "The name of the session it belongs to"),
    column("outcome", ColumnType::Text, "How the call ended"),
    column("linked_by", ColumnType::Text, "key, or session and time where no event names the key"),
    column("first_use", ColumnType::Timestamp, "The first event that was made with it"),
    column("last_use", ColumnType::Timestamp, "The last one"),
    column("events", ColumnType::Long, "How many events were made with it"),
    column("event_id", ColumnType::Text, "The id of the call that issued it"),
];

/// The columns of `assume_chain`.
pub(super) fn schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| crate::logs::schema(&COLUMNS));
    Arc::clone(&SCHEMA)
}

/// One row: a credential and one event that issued it.
struct Row<'a> {
    number: usize,
    depth: i64,
    path: String,
    link: Option<&'a Link>,
}

/// Makes the rows, each after the row it was issued from, and those of one caller in the order of time.
pub(super) fn rows(walk: &Walk, uses: &HashMap<usize, Use>, who: &str) -> Result<RecordBatch> {
    let tree = Tree::new(walk, uses, who);
    let rows = tree.rows();
    let text = |of: &dyn Fn(&Row<'_>) -> Option<String>| -> ArrayRef {
        Arc::new(rows.iter().map(of).collect::<StringArray>())
    };
    let issue = |of: fn(&Issue) -> &Option<String>| {
        text(&move |row| row.link.and_then(|link| of(&link.issue).clone()))
    };
    let time = |of: &dyn Fn(&Row<'_>) -> Option<i64>| -> ArrayRef {
        Arc::new(rows.iter().map(of).collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
    };
    let used = |row: &Row<'_>| uses.get(&row.number);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(rows.iter().map(|row| row.depth).collect::<Int64Array>()),
        text(&|row| Some(row.path.clone())),
        text(&|row| match walk.held.all.get(row.number)? {
            Credential::Key(key) => Some(key.clone()),
            _ => row.link?.issue.issued.clone(),
        }),
        time(&|row| row.link?.issue.time),
        issue(|issue| &issue.name),
        issue(|issue| &issue.principal),
        issue(|issue| &issue.access_key_id),
        issue(|issue| &issue.source_ip),
        issue(|issue| &issue.account_id),
        text(&|row| tree.acts_as(row.number, row.link).map(str::to_owned)),
        text(&|row| tree.session_name(row.number, row.link).map(str::to_owned)),
        issue(|issue| &issue.outcome),
        text(&|row| Some(if row.link?.by_key { "key" } else { "session and time" }.to_owned())),
        time(&|row| used(row)?.first),
        time(&|row| used(row)?.last),
        Arc::new(rows.iter().map(|row| used(row).map_or(0, |used| used.events)).collect::<Int64Array>()),
        issue(|issue| &issue.event_id),
    ];
    Ok(RecordBatch::try_new(schema(), columns)?)
}

struct Tree<'a> {
    walk: &'a Walk,
    uses: &'a HashMap<usize, Use>,
    who: &'a str,
    /// The links to what was issued with a credential, and those that no credential was used for.
    issued_with: HashMap<Option<usize>, Vec<&'a Link>>,
}

/// A credential that is still to be shown, and how it was come to.
struct Next<'a> {
    number: usize,
    link: Option<&'a Link>,
    path: Path,
}

impl<'a> Tree<'a> {
    fn new(walk: &'a Walk, uses: &'a HashMap<usize, Use>, who: &'a str) -> Self {
        let mut issued_with: HashMap<Option<usize>, Vec<&Link>> = HashMap::new();
        for link in &walk.links {
            issued_with.entry(link.parent).or_default().push(link);
        }
        for links in issued_with.values_mut() {
            let order = |link: &Link| (link.issue.time, link.issue.event_id.clone(), link.child);
            links.sort_by_cached_key(|link| order(link));
        }
        Self { walk, uses, who, issued_with }
    }

    fn rows(&self) -> Vec<Row<'a>> {
        let mut shown = BTreeSet::new();
        let mut rows = Vec::new();
        let mut next: Vec<Next<'a>> = self.roots();
        next.reverse();
        let issued = self.issued();
        let mut left = 0..self.walk.held.all.len();
        loop {
            let Some(Next { number, link, path }) = next.pop() else {
                // Where all have a parent there is a cycle: it is entered where the question starts.
                let mut unseen =
                    left.by_ref().filter(|number| issued.contains(number) && !shown.contains(number));
                let Some(number) = unseen.next() else { return rows };
                next.push(Next { number, link: None, path: Path::default() });
                continue;
            };
            let again = !shown.insert(number);
            let path = path.to(self.label(number, link));
            let mut text = path.text();
            if again {
                text.push_str(" (again)");
            }
            let depth = self.walk.depth(number, link.and_then(|link| link.parent)).unwrap_or_default();
            rows.push(Row { number, depth, path: text, link });
            if !again {
                let children = self.issued_with.get(&Some(number)).map(Vec::as_slice).unwrap_or_default();
                let children = children.iter().rev().map(|link| Next {
                    number: link.child,
                    link: Some(link),
                    path: path.clone(),
                });
                next.extend(children);
            }
        }
    }

    /// What was issued by callers without a credential, and what nobody is known to have issued, by time.
    fn roots(&self) -> Vec<Next<'a>> {
        let links = self.issued_with.get(&None).into_iter().flatten();
        let mut roots: Vec<Next<'a>> = links
            .map(|link| {
                let caller = link.issue.principal.as_deref().unwrap_or("unknown caller");
                Next { number: link.child, link: Some(link), path: Path::default().to(caller.to_owned()) }
            })
            .collect();
        let issued = self.issued();
        // A key that nothing is known of at all is no answer.
        let is_known =
            |number: &usize| self.uses.contains_key(number) || self.issued_with.contains_key(&Some(*number));
        let unknown =
            (0..self.walk.held.all.len()).filter(|number| !issued.contains(number)).filter(is_known);
        roots.extend(unknown.map(|number| Next { number, link: None, path: Path::default() }));
        let time = |root: &Next<'_>| match root.link {
            Some(link) => link.issue.time,
            None => self.uses.get(&root.number).and_then(|used| used.first),
        };
        // Their numbers are those of a scan, which has no order.
        roots.sort_by_key(|root| (time(root), self.walk.held.all.get(root.number)));
        roots
    }

    /// The credentials that an event in the lake issued.
    fn issued(&self) -> BTreeSet<usize> {
        self.walk.links.iter().map(|link| link.child).collect()
    }

    /// Whose rights a credential has: what its uses say, else the event that issued it.
    fn acts_as(&self, number: usize, link: Option<&'a Link>) -> Option<&str> {
        let used = self.uses.get(&number).and_then(|used| used.principal.as_deref());
        let said = || link.and_then(|link| link.issue.target.as_deref());
        // GetSessionToken makes a key for its caller.
        let own = || {
            link.filter(|link| link.issue.session.is_none()).and_then(|link| link.issue.principal.as_deref())
        };
        used.or_else(said).or_else(own)
    }

    fn session_name(&self, number: usize, link: Option<&'a Link>) -> Option<&str> {
        let used = self.uses.get(&number).and_then(|used| used.session_name.as_deref());
        used.or_else(|| link.and_then(|link| link.issue.session_name.as_deref()))
    }

    /// `ASIA... (Role/session)`.
    fn label(&self, number: usize, link: Option<&'a Link>) -> String {
        let name = |arn| Arn::parse(arn).map_or(arn, |arn| arn.name());
        match self.walk.held.all.get(number) {
            Some(Credential::Key(key)) => {
                let owner = self.acts_as(number, link).map(name);
                match (owner, self.session_name(number, link)) {
                    (Some(owner), Some(session)) => format!("{key} ({owner}/{session})"),
                    (Some(owner), None) => format!("{key} ({owner})"),
                    (None, _) => key.clone(),
                }
            }
            Some(Credential::Session { arn, .. }) => arn.clone(),
            Some(Credential::Keyless) | None => self.who.to_owned(),
        }
    }
}

/// A way through the tree. Of a long one only the first and the last steps are kept.
#[derive(Clone, Debug, Default)]
struct Path {
    starts: Vec<String>,
    left_out: usize,
    ends: VecDeque<String>,
}

impl Path {
    fn to(&self, step: String) -> Self {
        let mut path = self.clone();
        if path.starts.len() < PATH_STARTS {
            path.starts.push(step);
            return path;
        }
        path.ends.push_back(step);
        if path.ends.len() > PATH_ENDS {
            path.ends.pop_front();
            path.left_out += 1;
        }
        path
    }

    fn text(&self) -> String {
        let gap = (self.left_out > 0).then(|| format!("({} more)", self.left_out));
        let steps: Vec<&str> = self.starts.iter().chain(&gap).chain(&self.ends).map(String::as_str).collect();
        steps.join(" > ")
    }
}
