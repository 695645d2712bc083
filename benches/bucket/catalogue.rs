//! Which calls there are, how often who makes them, and what they say: read from the files in `templates/`.
//!
//! ```text
//! word bucket: <pool bucket-name 60>          a word for the templates that follow
//! generic Create Put request: {...}           what calls with such names say when they say nothing themselves;
//!                                             ~noun and ~Noun stand for the rest of the call's name
//! [s3.amazonaws.com d=300 pha=8 api:2006-03-01 ids:upper global]
//! host: <bucket#>.s3.<region>.amazonaws.com   a service: weights by habit, and what all its calls share
//! via: athena.amazonaws.com                   services that call it on somebody's behalf
//! error: 5 AccessDenied | Access Denied       weight, code, message
//! GetObject d=900 read data                   a call, or several in a line: weights, and flags
//!   request: {...}                            what it says; likewise response, additional, resources, details
//! ```

use super::callers::Kind;
use super::random::Random;
use super::random::Weighted;
use super::template::Template;
use super::template::Words;
use std::sync::Arc;

/// All there is to call.
pub(super) struct Catalogue {
    pub(super) services: Vec<Service>,
    pub(super) words: Words,
    tables: Vec<Table>,
}

/// One service.
#[derive(Default)]
pub(super) struct Service {
    /// Such as `ec2.amazonaws.com`.
    pub(super) source: String,
    pub(super) global: bool,
    /// Whether request ids are 16 capital letters instead of UUIDs.
    pub(super) short_ids: bool,
    pub(super) api_version: Option<String>,
    pub(super) host: Option<Template>,
    pub(super) via: Vec<String>,
    pub(super) errors: Vec<Failure>,
    pub(super) chances: Option<Weighted>,
    pub(super) additional: Option<Template>,
    pub(super) resources: Option<Template>,
    pub(super) weights: Vec<(char, f64)>,
    pub(super) calls: usize,
}

/// A way to fail.
pub(super) struct Failure {
    pub(super) code: String,
    pub(super) message: Template,
    pub(super) weight: f64,
}

/// One call of a service.
#[derive(Default)]
pub(super) struct Call {
    /// Its place among the services.
    pub(super) service: usize,
    pub(super) name: String,
    pub(super) weights: Vec<(char, f64)>,
    pub(super) read: bool,
    pub(super) data: bool,
    /// Whether programs make the same few requests of it all the time.
    pub(super) repeats: bool,
    pub(super) nature: Nature,
    pub(super) request: Option<Arc<Template>>,
    pub(super) response: Option<Arc<Template>>,
    pub(super) additional: Option<Arc<Template>>,
    pub(super) resources: Option<Arc<Template>>,
    pub(super) details: Option<Arc<Template>>,
}

/// What kind of event a call leaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Nature {
    #[default]
    Api,
    ServiceEvent,
    SignIn,
}

/// What somebody usually calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Habit {
    Machine,
    Data,
    Pipeline,
    Human,
    Audit,
    Service,
    Foreign,
    Federation,
    Portal,
}

/// The letters that the templates know the habits by, in the order of [`Habit`].
const HABITS: [char; 9] = ['m', 'd', 'p', 'h', 'a', 's', 'x', 'f', 'o'];

struct Table {
    calls: Vec<Arc<Call>>,
    chances: Weighted,
}

impl Catalogue {
    /// Sorts what was read by who calls it and where.
    pub(super) fn new(services: Vec<Service>, calls: Vec<Call>, words: Words) -> Self {
        let calls: Vec<Arc<Call>> = calls.into_iter().map(Arc::new).collect();
        let table = |habit: char, globals: bool| {
            let wanted = calls.iter().filter(|call| globals || !services[call.service].global);
            let weight =
                |call: &Call| call.weights.iter().find(|(who, _)| *who == habit).map_or(0.0, |(_, w)| *w);
            let (calls, weights): (Vec<_>, Vec<_>) = wanted
                .map(|call| (Arc::clone(call), weight(call)))
                .filter(|(_, weight)| *weight > 0.0)
                .unzip();
            Table { calls, chances: Weighted::new(weights.into_iter()) }
        };
        let tables = HABITS.iter().flat_map(|&habit| [table(habit, false), table(habit, true)]).collect();
        Self { services, words, tables }
    }

    /// Draws a call that somebody of this habit makes in a region; the global services live in `us-east-1`.
    pub(super) fn call(&self, habit: Habit, region: &str, random: &mut Random) -> &Arc<Call> {
        let regional = &self.tables[habit as usize * 2];
        let everywhere = &self.tables[habit as usize * 2 + 1];
        let table = if region == "us-east-1" || regional.calls.is_empty() { everywhere } else { regional };
        &table.calls[table.chances.pick(random)]
    }

    /// Gives the user agents of a kind of caller.
    pub(super) fn agent(&self, kind: Kind, console: bool) -> &Template {
        let name = match kind {
            Kind::Pipeline => "agent-pipeline",
            Kind::Function | Kind::Task | Kind::Pod | Kind::Instance | Kind::Foreign => "agent-machine",
            Kind::Vendor => "agent-vendor",
            Kind::KeyUser | Kind::Federated => "agent-tool",
            _ if console => "agent-console",
            _ => "agent-person",
        };
        self.word(name)
    }

    /// Gives a word that the templates define.
    pub(super) fn word(&self, name: &str) -> &Template {
        self.words.get(name).unwrap_or_else(|| panic!("no template is called {name}"))
    }
}
