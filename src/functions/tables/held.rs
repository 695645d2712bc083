//! A set of credentials, and whose of them an event is.

use std::collections::HashMap;

use datafusion::logical_expr::Expr;
use datafusion::logical_expr::col;

use crate::functions::tables::credentials::Credential;
use crate::functions::tables::credentials::SLACK;
use crate::functions::tables::credentials::is_one_of;

/// Credentials, numbered in the order in which they were found.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub(super) all: Vec<Credential>,
    numbers: HashMap<Credential, usize>,
    /// The same numbers by key alone, to be asked for each row.
    keys: HashMap<String, usize>,
    /// By ARN: sessions, among them those whose key is known, since some of their events carry none.
    sessions: HashMap<String, Vec<Opened>>,
    /// By number: under which names and since when the credential was used.
    names: HashMap<usize, Vec<(String, i64)>>,
}

/// A session that was opened.
#[derive(Clone, Copy, Debug)]
struct Opened {
    start: i64,
    credential: usize,
    /// Its key is known, so an event with another key is none of it.
    keyed: bool,
}

/// What tells to which credential an event belongs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Marks<'a> {
    pub(super) key: Option<&'a str>,
    pub(super) user_arn: Option<&'a str>,
    pub(super) session_start: Option<i64>,
}

impl Held {
    /// Adds a credential; gives its number, and whether it is new.
    pub(super) fn add(&mut self, credential: Credential) -> (usize, bool) {
        if let Some(number) = self.numbers.get(&credential) {
            return (*number, false);
        }
        let number = self.all.len();
        if let Credential::Session { arn, start } = &credential {
            self.remember(arn, *start, number, false);
        }
        if let Credential::Key(key) = &credential {
            self.keys.insert(key.clone(), number);
        }
        self.all.push(credential.clone());
        self.numbers.insert(credential, number);
        (number, true)
    }

    /// Tells under which ARN and since when the session of a key was used.
    pub(super) fn opened(&mut self, number: usize, arn: &str, start: i64) {
        self.remember(arn, start, number, true);
    }

    fn remember(&mut self, arn: &str, start: i64, credential: usize, keyed: bool) {
        let sessions = self.sessions.entry(arn.to_owned()).or_default();
        if !sessions.iter().any(|session| session.credential == credential && session.start == start) {
            sessions.push(Opened { start, credential, keyed });
            self.names.entry(credential).or_default().push((arn.to_owned(), start));
        }
    }

    pub(super) fn number(&self, credential: &Credential) -> Option<usize> {
        self.numbers.get(credential).copied()
    }

    /// Under which ARNs, and since which microsecond, a credential was used.
    pub(super) fn names(&self, number: usize) -> &[(String, i64)] {
        self.names.get(&number).map(Vec::as_slice).unwrap_or_default()
    }

    /// Filters that together let all events of the credentials pass, and no event twice. They may let others
    /// pass; [`Held::owner`] decides.
    pub(super) fn filters(&self) -> Vec<Expr> {
        let mut filters = Vec::new();
        let by_key = (!self.keys.is_empty()).then(|| is_one_of("access_key_id", self.keys.keys()));
        filters.extend(by_key.clone());
        if !self.sessions.is_empty() {
            let named =
                is_one_of("user_arn", self.sessions.keys()).and(col("session_created_at").is_not_null());
            filters.push(match by_key {
                Some(by_key) => named.and(by_key.is_not_true()),
                None => named,
            });
        }
        filters
    }

    /// The number of the credential an event was made with. A key decides; only where the event or the session
    /// has none, the session's ARN and the time it was opened do.
    pub(super) fn owner(&self, event: Marks<'_>) -> Option<usize> {
        if let Some(number) = event.key.and_then(|key| self.keys.get(key)) {
            return Some(*number);
        }
        let (sessions, start) = (self.sessions.get(event.user_arn?)?, event.session_start?);
        let apart = |session: &Opened| session.start.abs_diff(start);
        sessions
            .iter()
            .filter(|session| event.key.is_none() || !session.keyed)
            .filter(|session| apart(session) <= SLACK.unsigned_abs())
            .min_by_key(|session| apart(session))
            .map(|session| session.credential)
    }
}
