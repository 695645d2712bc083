//! Which conditions of a policy keep everyone out who is not named.

use std::net::IpAddr;

use serde_json::Value;

use crate::functions::policies::grants::account_of;
use crate::functions::policies::grants::texts;
use crate::logs::arn::Arn;

/// What the condition of a statement does to those it lets in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Limits {
    /// Only who belongs to something that is named can come in.
    pub(super) restrict: bool,
    /// The accounts it names while it restricts.
    pub(super) accounts: Vec<String>,
}

impl Limits {
    /// Reads the `Condition` of a statement: an object of operators, each an object of keys.
    pub(super) fn read(condition: Option<&Value>) -> Self {
        let mut limits = Self::default();
        let operators = condition.and_then(Value::as_object).into_iter().flatten();
        for (operator, keys) in operators {
            for (key, value) in keys.as_object().into_iter().flatten() {
                limits.add(operator, key, value);
            }
        }
        limits
    }

    /// Adds one comparison. All that stand in a condition must hold, so one that restricts is enough.
    pub(super) fn add(&mut self, operator: &str, key: &str, value: &Value) {
        let key = key.to_ascii_lowercase();
        let Some((_, fixed)) = KEYS.iter().find(|(known, _)| *known == key) else { return };
        let operator = operator.to_ascii_lowercase();
        let operator = operator.strip_prefix("foranyvalue:").unwrap_or(&operator);
        let compares = match fixed {
            Fixed::Network => operator == "ipaddress",
            Fixed::True => operator == "bool",
            _ => COMPARISONS.contains(&operator),
        };
        let values = texts(value);
        if compares && !values.is_empty() && values.iter().all(|value| fixed.holds(value)) {
            self.restrict = true;
            self.accounts.extend(values.iter().filter_map(|value| account_of(value)));
        }
    }
}

/// The operators that ask for the value itself. With `IfExists`, or of `ForAllValues`, a caller comes in who has
/// no value at all; negations let in whoever is not named.
const COMPARISONS: [&str; 5] =
    ["stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike"];

/// What of a value must be fixed for it to name somebody.
#[derive(Clone, Copy, Debug)]
enum Fixed {
    /// All of it.
    All,
    /// The account of an ARN; if it has none, the bucket or resource.
    Arn,
    /// What stands before the first `/`: an organisation.
    Organisation,
    /// What stands before the first `:`: a user's or role's id.
    Id,
    /// A block of addresses that is no good part of the internet.
    Network,
    /// It is true.
    True,
}

/// Keys whose value a caller cannot choose, in lower case. Not among them: `sts:ExternalId` and tags, which anyone
/// can send; `aws:Referer`; `aws:VpcSourceIp`, since private addresses are the same everywhere.
const KEYS: [(&str, Fixed); 24] = [
    ("aws:sourcearn", Fixed::Arn),
    ("aws:sourceaccount", Fixed::All),
    ("aws:sourceowner", Fixed::All),
    ("aws:sourceorgid", Fixed::All),
    ("aws:sourceorgpaths", Fixed::Organisation),
    ("aws:sourcevpc", Fixed::All),
    ("aws:sourcevpcarn", Fixed::Arn),
    ("aws:sourcevpce", Fixed::All),
    ("aws:sourceip", Fixed::Network),
    ("aws:vpceaccount", Fixed::All),
    ("aws:vpceorgid", Fixed::All),
    ("aws:vpceorgpaths", Fixed::Organisation),
    ("aws:principalarn", Fixed::Arn),
    ("aws:principalaccount", Fixed::All),
    ("aws:principalorgid", Fixed::All),
    ("aws:principalorgpaths", Fixed::Organisation),
    ("aws:principalservicename", Fixed::All),
    ("aws:principalservicenameslist", Fixed::All),
    ("aws:principalisawsservice", Fixed::True),
    ("aws:userid", Fixed::Id),
    ("kms:calleraccount", Fixed::All),
    ("s3:dataaccesspointarn", Fixed::Arn),
    ("s3:dataaccesspointaccount", Fixed::All),
    ("elasticfilesystem:accessedviamounttarget", Fixed::True),
];

impl Fixed {
    fn holds(self, value: &str) -> bool {
        match self {
            Self::All => is_fixed(value),
            Self::Organisation => value.split('/').next().is_some_and(is_fixed),
            Self::Id => value.split(':').next().is_some_and(is_fixed),
            Self::Arn => Arn::parse(value).is_some_and(|arn| match (arn.account, arn.service) {
                ("", "s3") => arn.resource.split('/').next().is_some_and(is_fixed),
                ("", _) => is_fixed(arn.resource),
                (account, _) => is_fixed(account),
            }),
            Self::Network => is_small(value),
            Self::True => value.eq_ignore_ascii_case("true"),
        }
    }
}

/// `${aws:...}` stands for whatever the caller is.
fn is_fixed(value: &str) -> bool {
    !value.is_empty() && !value.contains(['*', '?', '$'])
}

/// What S3 itself still takes for a restriction.
fn is_small(block: &str) -> bool {
    let (address, bits) =
        block.split_once('/').map_or((block, None), |(address, bits)| (address, Some(bits)));
    let bits = bits.map_or(Ok(128), str::parse::<u8>);
    match (address.parse(), bits) {
        (Ok(IpAddr::V4(_)), Ok(bits)) => bits >= 8,
        (Ok(IpAddr::V6(_)), Ok(bits)) => bits >= 32,
        _ => false,
    }
}
