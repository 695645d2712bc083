//! Follows credentials from one to the next, in both directions.
//!
//! Each step is one scan that asks for all credentials of the last step at once, so that a walk costs as many
//! scans as the chain is long, and no memory but for what it reaches.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::collections::HashSet;

use datafusion::common::Result;
use datafusion::logical_expr::Expr;

use crate::error::Error;
use crate::functions::tables::credentials::Credential;
use crate::functions::tables::credentials::Events;
use crate::functions::tables::credentials::Issue;
use crate::functions::tables::credentials::Met;
use crate::functions::tables::credentials::SLACK;
use crate::functions::tables::credentials::Use;
use crate::functions::tables::credentials::is_one_of;
use crate::functions::tables::credentials::limit;
use crate::functions::tables::credentials::opens;
use crate::functions::tables::credentials::opens_unseen;
use crate::functions::tables::failed;
use crate::functions::tables::held::Held;
use crate::functions::tables::held::Marks;

/// The most steps a walk takes: sessions that renew themselves hourly make a month-long chain of 720.
const MOST_STEPS: i64 = 2_000;

/// One event that issued one credential.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) issue: Issue,
    /// The credential the event was called with; none for whoever has none.
    pub(super) parent: Option<usize>,
    pub(super) child: usize,
    /// Whether keys tell that the credential comes from the event; else the session's name and start do.
    pub(super) by_key: bool,
}

/// What a walk has reached.
#[derive(Debug, Default)]
pub(super) struct Walk {
    pub(super) held: Held,
    /// How many steps each credential comes before the start, by its number; none if it does not.
    before: Vec<Option<i64>>,
    /// How many steps it comes after the start.
    after: Vec<Option<i64>>,
    pub(super) links: Vec<Link>,
    met: Met,
}

impl Walk {
    /// Adds a credential with which the walk starts; gives its number.
    pub(super) fn start(&mut self, credential: Credential) -> Result<usize> {
        let number = self.add(credential)?;
        Self::reach(&mut self.before, number, 0);
        Self::reach(&mut self.after, number, 0);
        Ok(number)
    }

    /// How many steps a credential is from the start; negative for those before it. Where there are two ways, it is
    /// the one that goes on from `parent`, else the nearer one.
    pub(super) fn depth(&self, number: usize, parent: Option<usize>) -> Option<i64> {
        let steps = |of: &[Option<i64>], number: usize| of.get(number).copied().flatten();
        let from_parent = |of: &[Option<i64>]| parent.and_then(|parent| steps(of, parent));
        match (steps(&self.before, number), steps(&self.after, number)) {
            (Some(before), Some(after)) => {
                let goes_back = from_parent(&self.before) == Some(before + 1);
                let goes_on = from_parent(&self.after) == Some(after - 1);
                let nearer = before < after;
                Some(if goes_back || (nearer && !goes_on) { -before } else { after })
            }
            (Some(before), None) => Some(-before),
            (None, after) => after,
        }
    }

    fn add(&mut self, credential: Credential) -> Result<usize> {
        let (number, new) = self.held.add(credential);
        if new {
            limit(self.held.all.len())?;
            self.before.push(None);
            self.after.push(None);
        }
        Ok(number)
    }

    /// Notes how far a credential is; tells whether it was not reached before in this direction.
    fn reach(steps: &mut [Option<i64>], number: usize, step: i64) -> bool {
        match steps.get_mut(number) {
            Some(reached @ None) => {
                *reached = Some(step);
                true
            }
            _ => false,
        }
    }

    fn link(&mut self, link: Link) -> Result<()> {
        if self.met.first(&link.issue.call, link.child, link.by_key) {
            self.links.push(link);
            limit(self.links.len())?;
        }
        Ok(())
    }

    /// Follows everything that was issued with some credentials, and by the events that `first` adds to them.
    pub(super) async fn forward(
        &mut self,
        events: &Events,
        starts: &[usize],
        mut first: Option<First>,
    ) -> Result<()> {
        let mut frontier = starts.to_vec();
        let mut depth = 0;
        while !frontier.is_empty() || first.is_some() {
            depth += 1;
            steps(depth)?;
            let first = first.take();
            let front = self.front(&frontier);
            let mut found = Vec::new();
            let filters = front.held.filters().into_iter();
            for filter in filters.chain(first.as_ref().map(|first| first.filter.clone())) {
                let keep = |issue| {
                    found.push(issue);
                    limit(found.len())
                };
                events.issues(opens().and(filter), keep).await?;
            }
            frontier = self.take_issued(found, &front, first.as_ref(), depth)?;
        }
        Ok(())
    }

    /// The credentials of a step as a set of their own, with the sessions of their keys.
    fn front(&self, frontier: &[usize]) -> Front {
        let mut front = Front::default();
        for number in frontier {
            let Some(credential) = self.held.all.get(*number) else { continue };
            let (own, new) = front.held.add(credential.clone());
            if new {
                front.numbers.push(*number);
            }
            for (arn, start) in self.held.names(*number) {
                front.held.opened(own, arn, *start);
            }
        }
        front
    }

    fn take_issued(
        &mut self,
        mut found: Vec<Issue>,
        front: &Front,
        first: Option<&First>,
        depth: i64,
    ) -> Result<Vec<usize>> {
        found.sort_by(|left, right| {
            let order = |issue: &Issue| (issue.time, std::cmp::Reverse(issue.detail()));
            order(left).cmp(&order(right)).then_with(|| left.event_id.cmp(&right.event_id))
        });
        let mut reached = Vec::new();
        for issue in found {
            let marks = Marks {
                key: issue.access_key_id.as_deref(),
                user_arn: issue.user_arn.as_deref(),
                session_start: issue.session_start,
            };
            let owner = front.held.owner(marks).and_then(|number| front.numbers.get(number).copied());
            let Some(credential) = issue.credential() else { continue };
            let parent = match (owner, first) {
                (Some(owner), _) => Some(owner),
                (None, Some(First { root: None, .. })) => None,
                (None, Some(First { root, .. })) if issue.access_key_id.is_none() => *root,
                // A session of the same name, opened at another time.
                (None, _) => continue,
            };
            let by_key = issue.issued.is_some();
            let child = match (by_key, self.met.unnamed(&issue.call)) {
                // On the way back the event was seen to have opened the session of a key.
                (false, Some(child)) => child,
                _ => self.add(credential)?,
            };
            if let (true, Some(arn), Some(start)) = (by_key, issue.session.as_deref(), issue.time) {
                self.held.opened(child, arn, start);
            }
            if Self::reach(&mut self.after, child, depth) {
                reached.push(child);
            }
            self.link(Link { issue, parent, child, by_key })?;
        }
        Ok(reached)
    }

    /// Follows some credentials back to the events that issued them, and those to what they were called with.
    pub(super) async fn backward(&mut self, events: &Events, starts: &[usize]) -> Result<()> {
        let mut frontier = starts.to_vec();
        let mut step = 0;
        while !frontier.is_empty() {
            step += 1;
            steps(step)?;
            let mut found = self.issuers(events, &frontier).await?;
            found.extend(self.openers(events, &frontier, &found).await?);
            frontier = Vec::new();
            for (child, issue, by_key) in found {
                let parent = match issue.caller() {
                    Some(caller) => {
                        let parent = self.add(caller)?;
                        if Self::reach(&mut self.before, parent, step) {
                            frontier.push(parent);
                        }
                        Some(parent)
                    }
                    None => None,
                };
                if let (true, Some(arn), Some(start)) = (by_key, issue.session.as_deref(), issue.time) {
                    self.held.opened(child, arn, start);
                }
                self.link(Link { issue, parent, child, by_key })?;
            }
        }
        Ok(())
    }

    /// The events that handed out the keys among some credentials: of several copies the one that tells most.
    async fn issuers(&self, events: &Events, frontier: &[usize]) -> Result<Vec<(usize, Issue, bool)>> {
        let mut keys: BTreeMap<&String, usize> = BTreeMap::new();
        for number in frontier {
            if let Some(Credential::Key(key)) = self.held.all.get(*number) {
                keys.insert(key, *number);
            }
        }
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let mut found: BTreeMap<(usize, String), Issue> = BTreeMap::new();
        events
            .issues(is_one_of("issued_access_key_id", keys.keys().copied()), |issue| {
                let Some(number) = issue.issued.as_ref().and_then(|key| keys.get(key)) else { return Ok(()) };
                keep_best(&mut found, *number, issue);
                limit(found.len())
            })
            .await?;
        Ok(found.into_iter().map(|((number, _), issue)| (number, issue, true)).collect())
    }

    /// The events that opened the other sessions without naming a key: by the session's name and start.
    async fn openers(
        &self,
        events: &Events,
        frontier: &[usize],
        found: &[(usize, Issue, bool)],
    ) -> Result<Vec<(usize, Issue, bool)>> {
        let mut wanted: HashMap<String, Vec<(i64, usize)>> = HashMap::new();
        let mut want = |name: Option<&String>, start: Option<i64>, number: usize| {
            if let (Some(name), Some(start)) = (name, start) {
                wanted.entry(name.clone()).or_default().push((start, number));
            }
        };
        let mut keys = BTreeMap::new();
        let known: HashSet<usize> = found.iter().map(|(number, ..)| *number).collect();
        for number in frontier.iter().filter(|number| !known.contains(number)) {
            match self.held.all.get(*number) {
                Some(Credential::Key(key)) => {
                    keys.insert(key, *number);
                }
                Some(Credential::Session { arn, start }) => want(Some(arn), Some(*start), *number),
                _ => {}
            }
        }
        if !keys.is_empty() {
            for used in events.uses(is_one_of("access_key_id", keys.keys().copied())).await? {
                let Some(number) = used.key.as_ref().and_then(|key| keys.get(key)) else { continue };
                want(used.user_arn.as_ref(), used.session_start, *number);
            }
        }
        let starts = || wanted.values().flatten().map(|(start, _)| *start);
        let (Some(first), Some(last)) = (starts().min(), starts().max()) else { return Ok(Vec::new()) };
        let mut found: BTreeMap<(usize, String), Issue> = BTreeMap::new();
        events
            .issues(opens_unseen(first, last), |issue| {
                let Some(time) = issue.time else { return Ok(()) };
                // A sign-in is the signed-in user's own call.
                let name = if issue.is_sign_in() { &issue.user_arn } else { &issue.session };
                let sessions = name.as_ref().and_then(|name| wanted.get(name));
                for (start, number) in sessions.into_iter().flatten() {
                    let keyed = matches!(self.held.all.get(*number), Some(Credential::Key(_)));
                    // An event that names another key opened another session of that name.
                    let other = keyed && issue.issued.is_some();
                    if !other && start.abs_diff(time) <= SLACK.unsigned_abs() {
                        keep_best(&mut found, *number, issue.clone());
                        limit(found.len())?;
                    }
                }
                Ok(())
            })
            .await?;
        Ok(found.into_iter().map(|((number, _), issue)| (number, issue, false)).collect())
    }

    /// What was done with each credential, by its number.
    pub(super) async fn uses(&self, events: &Events) -> Result<HashMap<usize, Use>> {
        let mut all: HashMap<usize, Use> = HashMap::new();
        for filter in self.held.filters() {
            for used in events.uses(filter).await? {
                let marks = Marks {
                    key: used.key.as_deref(),
                    user_arn: used.user_arn.as_deref(),
                    session_start: used.session_start,
                };
                if let Some(number) = self.held.owner(marks) {
                    all.entry(number).or_default().add(&used);
                }
            }
        }
        Ok(all)
    }
}

/// Events that a walk begins with, besides those of its first credentials.
#[derive(Debug)]
pub(super) struct First {
    pub(super) filter: Expr,
    /// The credential that stands for those of them that carry none; without it, all of them count.
    pub(super) root: Option<usize>,
}

/// The credentials of one step.
#[derive(Debug, Default)]
struct Front {
    held: Held,
    /// Their numbers in the walk.
    numbers: Vec<usize>,
}

fn keep_best(found: &mut BTreeMap<(usize, String), Issue>, number: usize, issue: Issue) {
    let kept = found.entry((number, issue.call.clone())).or_insert_with(|| issue.clone());
    let order = |issue: &Issue| (issue.detail(), std::cmp::Reverse(issue.event_id.clone()));
    if order(&issue) > order(kept) {
        *kept = issue;
    }
}

fn steps(step: i64) -> Result<()> {
    if step <= MOST_STEPS {
        return Ok(());
    }
    let message = format!("the chain has more than {MOST_STEPS} steps, too many to follow");
    Err(failed(Error::sql(message).hinted("ask about an access key further along the chain")))
}
