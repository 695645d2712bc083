//! Which resources an event touched, as ARNs.

mod table;

use std::ops::ControlFlow;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::logs::arn::Arn;
use crate::logs::arn::is_plain;
use crate::logs::cloudtrail::derive::HIDDEN;
use crate::logs::cloudtrail::derive::is_account;
use crate::logs::cloudtrail::derive::partition;
use crate::logs::cloudtrail::derive::said;
use crate::logs::cloudtrail::facts::Facts;
use crate::logs::cloudtrail::resources::table::Rule;
use crate::logs::cloudtrail::walk::Place;
use crate::logs::cloudtrail::walk::texts;
use crate::logs::json::text;

/// The most ARNs that are taken from one event. A Describe call may name thousands of instances.
pub const MOST: usize = 1000;

static ARN: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\"arn:"));

/// Fills `found`, emptied first, with the ARNs of the resources an event names: each once, in order of
/// appearance, at most [`MOST`].
///
/// They are, in this order: every ARN in `resources`; then, in request, response and service event details,
/// every text that is an ARN as a whole, and every name for which the table of rules has one; then every ARN in the
/// additional event data. An ARN made from a name has the partition of the caller, the event's region and
/// the recipient's account, and is left out if those it needs are missing. Where only AWS knows the rest
/// of an ARN (a role's path, the ending of a secret, the id of a stack) it is the part that is known.
///
/// Not searched: the statements of policies, and JSON inside texts, which is where policy
/// documents mostly stand. Who a policy speaks of is not what the call touched.
pub fn resource_arns(facts: &Facts<'_>, found: &mut Vec<String>) {
    found.clear();
    let service = said(&facts.event_source).and_then(|source| source.split('.').next()).unwrap_or_default();
    let event = said(&facts.event_name).unwrap_or_default();
    let mut search =
        Search { scope: None, facts, event, is_s3: service == "s3", rules: table::rules(service), found };
    if let Some(json) = facts.resources {
        search.take_arns(json);
    }
    for json in
        [facts.request_parameters, facts.response_elements, facts.service_event_details].into_iter().flatten()
    {
        search.take_names(json);
    }
    if let Some(json) = facts.additional_event_data {
        search.take_arns(json);
    }
}

/// What an ARN needs besides the name.
#[derive(Clone, Copy, Debug)]
struct Scope<'f> {
    partition: &'f str,
    region: &'f str,
    account: &'f str,
}

impl<'f> Scope<'f> {
    fn of(facts: &'f Facts<'_>) -> Self {
        let account = [&facts.recipient_account_id, &facts.user_account_id];
        let account = account.into_iter().find_map(|field| said(field).filter(|text| is_account(text)));
        let region = said(&facts.aws_region).filter(|region| is_plain(region)).unwrap_or_default();
        Self { partition: partition(facts), region, account: account.unwrap_or_default() }
    }

    /// Fills a pattern such as `kms:R:A:key/{}`; `None` if it needs a region or account that is not known.
    fn fill(&self, pattern: &str, name: &str) -> Option<String> {
        let mut arn = String::with_capacity(64 + pattern.len() + name.len());
        arn.extend(["arn:", self.partition]);
        // A list of one looks at each letter, which for so short a text is faster than a search.
        for part in pattern.split([':']) {
            arn.push(':');
            match part {
                "R" if self.region.is_empty() => return None,
                "A" if self.account.is_empty() => return None,
                "R" => arn.push_str(self.region),
                "A" => arn.push_str(self.account),
                part => match part.split_once("{}") {
                    Some((before, after)) => arn.extend([before, name, after]),
                    None => arn.push_str(part),
                },
            }
        }
        Some(arn)
    }
}

struct Search<'f, 'a> {
    /// Worked out when the first name is found.
    scope: Option<Scope<'f>>,
    facts: &'f Facts<'a>,
    event: &'f str,
    is_s3: bool,
    rules: &'static [Rule],
    found: &'f mut Vec<String>,
}

impl<'a> Search<'_, 'a> {
    /// Takes only what is an ARN already.
    fn take_arns(&mut self, json: &'a [u8]) {
        // The search is far cheaper than the walk, and often finds nothing.
        if ARN.find(json).is_some() {
            texts(json, |_, raw| {
                self.take_arn(raw);
                self.go_on()
            });
        }
    }

    fn take_names(&mut self, json: &'a [u8]) {
        let (mut bucket, mut object) = (None, None);
        texts(json, |place, raw| {
            if self.is_s3 && place.parent.is_empty() {
                match place.key {
                    b"bucketName" => bucket = text(raw),
                    b"key" => object = text(raw),
                    _ => {}
                }
            }
            if !self.take_arn(raw) {
                self.take_name(place, raw);
            }
            self.go_on()
        });
        if let (Some(bucket), Some(object)) = (bucket, object)
            && is_name(&bucket)
            && is_name(&object)
        {
            self.take_object(&bucket, &object);
        }
    }

    /// Takes the text if it is an ARN; tells whether it was.
    fn take_arn(&mut self, raw: &[u8]) -> bool {
        if !raw.starts_with(b"\"arn:") {
            return false;
        }
        let Some(arn) = text(raw).filter(|arn| Arn::parse(arn).is_some()) else { return false };
        if self.found.len() < MOST && !self.found.iter().any(|known| *known == arn) {
            self.found.push(arn.into_owned());
        }
        true
    }

    fn take_name(&mut self, place: Place<'_>, raw: &[u8]) {
        let rule = table::rule_for(self.rules, place, self.event);
        let id = if rule.is_none() { table::ec2_pattern(place, raw) } else { None };
        if rule.is_none() && id.is_none() {
            return;
        }
        let Some(name) = text(raw).filter(|name| is_name(name)) else { return };
        let scope = *self.scope.get_or_insert_with(|| Scope::of(self.facts));
        let arn = match (rule, id) {
            (Some(rule), _) => rule.arn(&scope, &name),
            (None, Some(pattern)) => scope.fill(pattern, &name),
            (None, None) => None,
        };
        self.push(arn);
    }

    fn take_object(&mut self, bucket: &str, object: &str) {
        // The ARN of an access point may stand for the bucket.
        let arn = match (bucket.starts_with("arn:"), Arn::parse(bucket)) {
            (true, Some(_)) => Some(format!("{bucket}/object/{object}")),
            (true, None) => None,
            (false, _) => {
                let scope = *self.scope.get_or_insert_with(|| Scope::of(self.facts));
                scope.fill("s3:::{}", &format!("{bucket}/{object}"))
            }
        };
        self.push(arn);
    }

    fn push(&mut self, arn: Option<String>) {
        if let Some(arn) = arn.filter(|arn| self.found.len() < MOST && !self.found.contains(arn)) {
            self.found.push(arn);
        }
    }

    fn go_on(&self) -> ControlFlow<()> {
        if self.found.len() < MOST { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }
}

/// Tells whether a text can be part of an ARN.
fn is_name(name: &str) -> bool {
    let printable = !name.bytes().fold(false, |found, byte| found | byte.is_ascii_control());
    !name.is_empty() && name.len() <= 1024 && printable && name != HIDDEN
}

#[cfg(test)]
mod tests;
