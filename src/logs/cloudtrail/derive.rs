//! The derived columns: who acted, in which session, how it ended, and which key was handed out.
//!
//! An ingest and the SQL functions of the same names call these very functions, so they cannot disagree.
//! An empty text counts as absent everywhere.

use std::borrow::Cow;
use std::ops::ControlFlow;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::logs::arn::Arn;
use crate::logs::arn::partition_of_region;
use crate::logs::arn::role_of_session;
use crate::logs::cloudtrail::facts::Facts;
use crate::logs::cloudtrail::walk::members;
use crate::logs::cloudtrail::walk::texts;
use crate::logs::json::text;

pub use crate::logs::cloudtrail::resources::resource_arns;

/// Rises whenever a derivation changes, so that a compaction knows which files to compute anew.
pub const DERIVATIONS_VERSION: u32 = 1;

// To prepare a search costs more than to search one event, so it is done once.
static FAILURE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\"Failure\""));
static KEY_ID: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"ccessKeyId\""));

/// What CloudTrail writes for a name it must not show, such as a password typed into the name field.
pub(super) const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";

/// One stable name for who acted, the same over sessions, keys and regions.
///
/// | identity | name |
/// |---|---|
/// | IAM user | the user's ARN; without one, made from account and user name (then it lacks the user's path) |
/// | assumed role | the role's ARN, from the session's issuer; without one, made from the session's ARN (then it lacks the role's path) |
/// | root | `arn:<partition>:iam::<account>:root` |
/// | service | the service, as `ec2.amazonaws.com` |
/// | federated user | the federated user's ARN |
/// | SAML, web identity | `principalId`, else `<identity provider>:<user name>` |
/// | Identity Center user | `<identity store ARN>/user/<user id>` |
/// | another account | the ARN if told, else `<account>:<principalId>`, without the session; the account alone if that is all |
/// | nobody | `anonymous` |
///
/// Any other type, none, or one that lacks what its row needs: the first of ARN, Identity Center user, `<account>:<user name>`,
/// `<account>:<principalId>`, the invoking service, the account, the access key. A call that a service made *on behalf of*
/// somebody (`invokedBy` beside a user or role) is that somebody's.
pub fn principal<'f>(facts: &'f Facts<'_>) -> Option<Cow<'f, str>> {
    let by_type = match said(&facts.principal_type) {
        Some("IAMUser") => user(facts),
        Some("AssumedRole") => role(facts),
        Some("Role") => said(&facts.user_arn).map(Cow::Borrowed).or_else(|| iam_arn(facts, "role")),
        Some("Root") => root(facts),
        Some("AWSService") => service(facts),
        Some("AWSAccount") => account(facts),
        Some("SAMLUser" | "WebIdentityUser") => federated(facts),
        Some("IdentityCenterUser") => identity_center(facts),
        _ => None,
    };
    by_type.or_else(|| whatever_is_said(facts))
}

/// The text, unless it is absent or empty.
pub(super) fn said<'f>(field: &'f Option<Cow<'_, str>>) -> Option<&'f str> {
    field.as_deref().filter(|text| !text.is_empty())
}

/// The partition the event belongs to: the caller's, else the region's.
pub(super) fn partition<'f>(facts: &'f Facts<'_>) -> &'f str {
    let told = [&facts.user_arn, &facts.issuer_arn].into_iter().find_map(|arn| Arn::parse(said(arn)?));
    told.map_or_else(|| partition_of_region(said(&facts.aws_region).unwrap_or_default()), |arn| arn.partition)
}

/// Tells whether it is an account's number.
pub(super) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn user<'f>(facts: &'f Facts<'_>) -> Option<Cow<'f, str>> {
    said(&facts.user_arn).map(Cow::Borrowed).or_else(|| iam_arn(facts, "user"))
}

/// Makes an ARN from the account and the user name.
fn iam_arn<'f>(facts: &'f Facts<'_>, kind: &str) -> Option<Cow<'f, str>> {
    let name = said(&facts.user_name).filter(|name| *name != HIDDEN)?;
    let account = said(&facts.user_account_id).filter(|account| is_account(account))?;
    Some(Cow::Owned(format!("arn:{}:iam::{account}:{kind}/{name}", partition(facts))))
}

fn role<'f>(facts: &'f Facts<'_>) -> Option<Cow<'f, str>> {
    said(&facts.issuer_arn)
        .map(Cow::Borrowed)
        .or_else(|| role_of_session(said(&facts.user_arn)?).map(Cow::Owned))
}

fn root<'f>(facts: &'f Facts<'_>) -> Option<Cow<'f, str>> {
    if let Some(arn) = said(&facts.user_arn).filter(|arn| arn.ends_with(":root")) {
        return Some(Cow::Borrowed(arn));
    }
    let account = said(&facts.user_account_id).filter(|account| is_account(account))?;
    Some(Cow::Owned(format!("arn:{}:iam::{account}:root", partition(facts))))
}

fn service<'f>(facts: &'f Facts<'_>) -> Option<Cow<'f, str>> {
    let is_service = |name: &&str| name.ends_with(".amazonaws.com") || name.ends_with(".amazonaws.com.cn");
    let from_elsewhere = || {
        [&facts.user_principal_id, &facts.source_ip]
            .into_iter()
            .find_map(|field| said(field).filter(is_service))
    };
    said(&facts.invoked_by).or_else(from_elsewhere).map(Cow::Borrowed)
}

fn account<'f>(facts: &'f Facts<'_>) -> Option<Cow<'f, str>> {
    if is_anonymous(facts) {
        return Some(Cow::Borrowed("anonymous"));
    }
    let named = || in_account(facts, principal_id(facts));
    said(&facts.user_arn).map(stable).or_else(named)
}

fn federated<'f>(facts: &'f Facts<'_>) -> Option<Cow<'f, str>> {
    if let Some(id) = said(&facts.user_principal_id) {
        return Some(Cow::Borrowed(id));
    }
    let name = said(&facts.user_name)?;
    Some(match said(&facts.identity_provider) {
        Some(provider) => Cow::Owned(format!("{provider}:{name}")),
        None => Cow::Borrowed(name),
    })
}

fn identity_center<'f>(facts: &'f Facts<'_>) -> Option<Cow<'f, str>> {
    let user = said(&facts.on_behalf_of_user_id)?;
    Some(match said(&facts.on_behalf_of_identity_store_arn) {
        Some(store) => Cow::Owned(format!("{store}/user/{user}")),
        None => Cow::Borrowed(user),
    })
}

fn whatever_is_said<'f>(facts: &'f Facts<'_>) -> Option<Cow<'f, str>> {
    if is_anonymous(facts) {
        return Some(Cow::Borrowed("anonymous"));
    }
    said(&facts.user_arn)
        .map(stable)
        .or_else(|| identity_center(facts))
        .or_else(|| in_account(facts, said(&facts.user_name)))
        .or_else(|| in_account(facts, principal_id(facts)))
        .or_else(|| said(&facts.invoked_by).map(Cow::Borrowed))
        .or_else(|| said(&facts.user_account_id).map(Cow::Borrowed))
        .or_else(|| said(&facts.access_key_id).map(Cow::Borrowed))
}

/// The ARN, or the role's if it is a session's.
fn stable(arn: &str) -> Cow<'_, str> {
    role_of_session(arn).map_or(Cow::Borrowed(arn), Cow::Owned)
}

/// The caller's unique id without the session behind a role's; `None` if it only repeats the account.
fn principal_id<'f>(facts: &'f Facts<'_>) -> Option<&'f str> {
    let id = said(&facts.user_principal_id)?;
    let id = if id.starts_with("AROA") { id.split(':').next().unwrap_or(id) } else { id };
    (said(&facts.user_account_id) != Some(id)).then_some(id)
}

/// `<account>:<name>`, or the name alone where no account is told.
///
/// Not an ARN, though one could be made up: `...:root` would be read as the root user, and whether the
/// name is a user's or a role's nobody said.
fn in_account<'f>(facts: &'f Facts<'_>, name: Option<&'f str>) -> Option<Cow<'f, str>> {
    let name = name?;
    Some(match said(&facts.user_account_id) {
        Some(account) => Cow::Owned(format!("{account}:{name}")),
        None => Cow::Borrowed(name),
    })
}

/// S3 writes `ANONYMOUS_PRINCIPAL` for a caller without credentials, some services `Anonymous`.
pub(super) fn is_anonymous(facts: &Facts<'_>) -> bool {
    let is = |field| {
        said(field).is_some_and(|id| id == "ANONYMOUS_PRINCIPAL" || id.eq_ignore_ascii_case("anonymous"))
    };
    is(&facts.user_account_id) || is(&facts.user_principal_id)
}

/// The role session's name: from the session's ARN, else from the `AROA...:name` of the caller's id.
pub fn session_name<'f>(facts: &'f Facts<'_>) -> Option<Cow<'f, str>> {
    let from_arn = || {
        let (rest, session) = said(&facts.user_arn)?.rsplit_once('/')?;
        let (_, role) = rest.rsplit_once(':')?;
        role.starts_with("assumed-role/").then_some(session)
    };
    let from_id = || {
        let (role, session) = said(&facts.user_principal_id)?.split_once(':')?;
        role.starts_with("AROA").then_some(session)
    };
    from_arn().or_else(from_id).filter(|session| !session.is_empty()).map(Cow::Borrowed)
}

/// How the call ended: `success`, `denied` or `error`.
///
/// *Denied* is whatever says "not you": a missing permission, and also a credential that is unknown,
/// expired or wrongly signed, and a failed sign-in, which carries no error code but `"ConsoleLogin": "Failure"`
/// in its response. Every other error code, or an error message without one, is an `error`.
pub fn outcome(facts: &Facts<'_>) -> &'static str {
    let code = said(&facts.error_code);
    let message = said(&facts.error_message);
    let denied = code.is_some_and(is_denial)
        || message.is_some_and(tells_denial)
        || [facts.response_elements, facts.service_event_details]
            .into_iter()
            .flatten()
            .any(|json| is_failed_sign_in(facts, json));
    match (denied, code.or(message)) {
        (true, _) => "denied",
        (false, Some(_)) => "error",
        (false, None) => "success",
    }
}

/// Parts of error codes that mean a refusal, in lower case: EC2 puts `Client.` before its codes, other services
/// put `Exception`, `Fault` or `Error` behind, and a few spell them in lower case.
const DENIALS: [&str; 24] = [
    "accessdenied", // also VpceAccessDenied of network activity events
    "unauthorized",
    "notauthorized",
    "authorizationerror",
    "authorizationfail",
    "forbidden",
    "authfailure",
    "authenticationfail",
    "permissiondenied",
    "insufficientpermission",
    "insufficientprivilege",
    "nopermission",
    "allaccessdisabled", // S3
    "invalidclienttokenid",
    "invalidaccesskeyid",
    "unrecognizedclient",
    "signaturedoesnotmatch",
    "incompletesignature",
    "invalidsignature",
    "missingauthenticationtoken",
    "expiredtoken",
    "invalidtoken",
    "invalididentitytoken",
    "idprejectedclaim",
];

fn is_denial(code: &str) -> bool {
    let code = code.to_ascii_lowercase();
    code == "401" || code == "403" || DENIALS.iter().any(|part| code.contains(part))
}

/// IAM's own words, which some services wrap in a code of another kind, and those of a failed sign-in.
fn tells_denial(message: &str) -> bool {
    [
        "not authorized to perform",
        "Access Denied",
        "Failed authentication",
        "No username found in supplied account",
    ]
    .iter()
    .any(|words| message.contains(words))
}

/// Sign-in events name themselves with their result: `{"ConsoleLogin": "Failure"}`, also in
/// `serviceEventDetails` (`CredentialVerification` of Identity Center).
fn is_failed_sign_in(facts: &Facts<'_>, json: &[u8]) -> bool {
    // The search is far cheaper than the walk, and nearly always finds nothing.
    FAILURE.find(json).is_some()
        && members(json).any(|(key, value)| {
            let names_event = said(&facts.event_name).is_some_and(|name| name.as_bytes() == key);
            let sign_in = said(&facts.event_source).is_some_and(|source| source.starts_with("signin."));
            value == b"\"Failure\"" && (names_event || sign_in)
        })
}

/// The access key that the call handed out, which later events carry as their `access_key_id`.
///
/// That is `accessKeyId` of the first object named `credentials` or `accessKey` in the response: AssumeRole and its kin,
/// GetSessionToken, GetFederationToken and CreateAccessKey, and also Cognito's GetCredentialsForIdentity, the CreateSession
/// of S3 Express and Roles Anywhere, S3's GetDataAccess, Lightsail's CreateBucketAccessKey. A list of event names
/// would miss the next service that hands out keys, and no response echoes a key in such an object without issuing it.
pub fn issued_access_key_id<'f>(facts: &'f Facts<'_>) -> Option<Cow<'f, str>> {
    let response = facts.response_elements?;
    KEY_ID.find(response)?;
    let mut issued = None;
    texts(response, |place, raw| {
        let holder = [b"credentials".as_slice(), b"accessKey"]
            .iter()
            .any(|name| place.parent.eq_ignore_ascii_case(name));
        if holder && place.key.eq_ignore_ascii_case(b"accessKeyId") {
            issued = text(raw).filter(|id| !id.is_empty() && id.as_ref() != HIDDEN);
        }
        if issued.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    issued
}

#[cfg(test)]
pub(in crate::logs::cloudtrail) mod tests;
