//! What kind of caller acted, and whether a name is that of an AWS service.

use crate::logs::arn::Arn;
use crate::logs::cloudtrail::derive::is_account;
use crate::logs::cloudtrail::derive::is_anonymous;
use crate::logs::cloudtrail::derive::said;
use crate::logs::cloudtrail::facts::Facts;

/// What CloudTrail writes instead of a service's name or address when the caller was part of AWS.
pub const AWS_INTERNAL: &str = "AWS Internal";

/// The kind of caller an event names: one of a closed set.
///
/// | kind | who |
/// |---|---|
/// | `root` | the root user of an account |
/// | `user` | an IAM user |
/// | `role` | a session of a role, or the role itself |
/// | `federated` | a federated user's session, a SAML or web identity that assumes a role, a directory's user |
/// | `identity_center` | a user of IAM Identity Center |
/// | `service` | an AWS service |
/// | `account` | another account, of which no more is told |
/// | `anonymous` | nobody: a request without credentials |
/// | `unknown` | the event does not say |
///
/// Where the type is missing the other fields decide, in the order in which
/// [`principal`](crate::logs::cloudtrail::derive::principal) looks at them, so that the two speak of the same caller.
pub fn principal_kind(facts: &Facts<'_>) -> &'static str {
    if is_anonymous(facts) {
        return "anonymous";
    }
    let by_type = said(&facts.principal_type).and_then(kind_of_type);
    by_type.unwrap_or_else(|| kind_of_the_rest(facts))
}

/// The kind of caller that a name stands for, as `principal` and other fields write names: an ARN, a service, an
/// account, a type of `userIdentity`. `None` if the name does not say.
pub fn kind_of_name(name: &str) -> Option<&'static str> {
    match name {
        "anonymous" | "Anonymous" | "ANONYMOUS_PRINCIPAL" => Some("anonymous"),
        "Unknown" => Some("unknown"),
        name if is_account(name) => Some("account"),
        name if is_service(name) => Some("service"),
        name => kind_of_type(name).or_else(|| kind_of_arn(name)),
    }
}

fn kind_of_type(name: &str) -> Option<&'static str> {
    Some(match name {
        "Root" => "root",
        "IAMUser" => "user",
        "AssumedRole" | "Role" => "role",
        "FederatedUser" | "SAMLUser" | "WebIdentityUser" | "Directory" => "federated",
        "IdentityCenterUser" => "identity_center",
        "AWSService" => "service",
        "AWSAccount" => "account",
        _ => return None,
    })
}

fn kind_of_arn(text: &str) -> Option<&'static str> {
    let arn = Arn::parse(text)?;
    Some(match (arn.service, arn.resource_type().unwrap_or(arn.resource)) {
        ("iam", "root") => "root",
        ("iam", "user") => "user",
        ("iam", "role") | ("sts", "assumed-role") => "role",
        ("iam", "saml-provider" | "oidc-provider") | ("sts", "federated-user") => "federated",
        ("identitystore", _) => "identity_center",
        _ => return None,
    })
}

fn kind_of_the_rest(facts: &Facts<'_>) -> &'static str {
    if let Some(kind) = said(&facts.user_arn).and_then(kind_of_arn) {
        return kind;
    }
    let by_id = said(&facts.user_principal_id).and_then(|id| match id.get(..4) {
        Some("AIDA") => Some("user"),
        Some("AROA") => Some("role"),
        _ => None,
    });
    match (said(&facts.on_behalf_of_user_id), by_id) {
        (Some(_), _) => "identity_center",
        (None, Some(kind)) => kind,
        // A bare name may be a user's or a role's.
        (None, None) if said(&facts.user_name).is_some() => "unknown",
        (None, None) if said(&facts.invoked_by).is_some() => "service",
        (None, None) if said(&facts.user_account_id).is_some() => "account",
        (None, None) => "unknown",
    }
}

/// The ends of service names in the partitions of AWS.
const DOMAINS: [&str; 7] = [
    ".amazonaws.com",
    ".amazonaws.com.cn",
    ".amazonaws.eu",
    ".c2s.ic.gov",
    ".sc2s.sgov.gov",
    ".cloud.adc-e.uk",
    ".csp.hci.ic.gov",
];

/// Labels under which AWS gives its customers' machines a name: `ec2-192-0-2-1.compute-1.amazonaws.com`.
const CUSTOMERS: [&str; 5] = ["compute", "compute-1", "elb", "execute-api", "vpce"];

/// Tells whether a text is the name of an AWS service, as `invokedBy`, `sourceIPAddress` and a service's principal
/// write it: `ec2.amazonaws.com`, `logs.us-east-1.amazonaws.com`, or `AWS Internal`.
pub fn is_service(name: &str) -> bool {
    if name == AWS_INTERNAL {
        return true;
    }
    let Some(labels) = DOMAINS.iter().find_map(|domain| name.strip_suffix(domain)) else { return false };
    labels.split('.').all(|label| {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !label.is_empty() && label.bytes().all(plain) && !CUSTOMERS.contains(&label)
    })
}

/// Tells whether an ARN is that of a role that only a service can assume: AWS alone makes roles under that path.
pub fn is_service_linked_role(arn: &str) -> bool {
    Arn::parse(arn)
        .is_some_and(|arn| arn.service == "iam" && arn.resource.starts_with("role/aws-service-role/"))
}
