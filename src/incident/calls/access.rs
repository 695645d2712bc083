//! Ways in: the console's door, roles and their sessions, IAM Identity Center, users and keys.

use crate::incident::calls::Call;
use crate::incident::calls::resource;
use crate::incident::company::Role;
use crate::incident::moment::Moment;
use crate::incident::random::Random;
use serde_json::Value;
use serde_json::json;

/// A sign-in to the console; `mfa` is `Yes` or `No`.
pub(crate) fn console_login(mfa: &str) -> Call {
    let additional = json!({
        "LoginTo": "https://console.aws.amazon.com/console/home?hashArgs=%23&isauthcode=true&nc2=h_ct",
        "MobileVersion": "No",
        "MFAUsed": mfa,
    });
    let mut call = Call::change("signin", "ConsoleLogin", Value::Null)
        .answered(json!({ "ConsoleLogin": "Success" }))
        .with("additionalEventData", additional);
    call.event_type = "AwsConsoleSignIn";
    call
}

/// The same sign-in with a wrong password. CloudTrail gives it no error code.
pub(crate) fn failed_console_login(mfa: &str) -> Call {
    console_login(mfa)
        .answered(json!({ "ConsoleLogin": "Failure" }))
        .with("errorMessage", json!("Failed authentication"))
}

/// Asks for an hour in a role and gets this key.
pub(crate) fn assume_role(role: &Role, session: &str, key: &str, when: Moment, random: &mut Random) -> Call {
    assume_role_for(3_600, role, session, key, when, random)
}

/// Asks for this many seconds in a role and gets this key.
pub(crate) fn assume_role_for(
    seconds: u32,
    role: &Role,
    session: &str,
    key: &str,
    when: Moment,
    random: &mut Random,
) -> Call {
    granted("AssumeRole", role, session, key, when, json!({ "durationSeconds": seconds }), random)
}

/// A service takes a role on behalf of something that runs under it.
pub(crate) fn assume_role_as_service(
    role: &Role,
    session: &str,
    key: &str,
    when: Moment,
    random: &mut Random,
) -> Call {
    let call = granted("AssumeRole", role, session, key, when, json!({}), random);
    let shared = random.uuid();
    call.with("sharedEventID", json!(shared))
}

/// IAM Identity Center takes a role for a person it vouches for.
pub(crate) fn assume_role_with_saml(
    role: &Role,
    session: &str,
    key: &str,
    when: Moment,
    random: &mut Random,
) -> Call {
    let provider =
        format!("arn:aws:iam::{}:saml-provider/AWSSSO_{}_DO_NOT_DELETE", role.account, "4b8e1f7a2c6d9035");
    let asked = json!({
        "sAMLAssertionID": format!("_{}", random.uuid()),
        "principalArn": provider,
        "durationSeconds": 43_200,
    });
    let mut call = granted("AssumeRoleWithSAML", role, session, key, when, asked, random);
    if let Some(answer) = call.response.as_object_mut() {
        answer.insert("subject".to_owned(), json!(session));
        answer.insert("subjectType".to_owned(), json!("persistent"));
        answer.insert("audience".to_owned(), json!("https://signin.aws.amazon.com/saml"));
    }
    call
}

/// A build job takes a role with the token of its OpenID provider.
pub(crate) fn assume_role_with_web_identity(
    role: &Role,
    session: &str,
    subject: &str,
    key: &str,
    when: Moment,
    random: &mut Random,
) -> Call {
    let mut call = granted(
        "AssumeRoleWithWebIdentity",
        role,
        session,
        key,
        when,
        json!({ "durationSeconds": 3600 }),
        random,
    );
    if let Some(answer) = call.response.as_object_mut() {
        let provider = format!("arn:aws:iam::{}:oidc-provider/builds.kestrel-parcels.example", role.account);
        answer.insert("subjectFromWebIdentityToken".to_owned(), json!(subject));
        answer.insert("audience".to_owned(), json!("sts.amazonaws.com"));
        answer.insert("provider".to_owned(), json!(provider));
    }
    call
}

/// What all ways to get a session of a role have in common.
fn granted(
    name: &'static str,
    role: &Role,
    session: &str,
    key: &str,
    when: Moment,
    mut request: Value,
    random: &mut Random,
) -> Call {
    let asked = request.get("durationSeconds").and_then(Value::as_u64);
    let seconds = asked.and_then(|seconds| u32::try_from(seconds).ok()).unwrap_or(3_600);
    if let Some(request) = request.as_object_mut() {
        request.insert("roleArn".to_owned(), json!(role.arn()));
        request.insert("roleSessionName".to_owned(), json!(session));
    }
    let answer = json!({
        "credentials": {
            "accessKeyId": key,
            "sessionToken": random.letters(40),
            "expiration": when.plus(seconds).spelled(),
        },
        "assumedRoleUser": {
            "assumedRoleId": format!("{}:{session}", role.id),
            "arn": format!("arn:aws:sts::{}:assumed-role/{}/{session}", role.account, role.name),
        },
    });
    Call::read("sts", name, request)
        .answered(answer)
        .with("resources", json!([resource(role.account, "AWS::IAM::Role", &role.arn())]))
}

/// Asks whose credentials these are. It needs no permission, so thieves ask it first.
pub(crate) fn get_caller_identity() -> Call {
    Call::read("sts", "GetCallerIdentity", Value::Null)
}

/// What IAM Identity Center's portal records of a person on the way to a role.
pub(crate) fn portal(name: &'static str, role: &Role) -> Call {
    let details = json!({ "role_name": role.name, "account_id": role.account });
    let mut call = Call::read("sso", name, Value::Null).with("serviceEventDetails", details);
    call.event_type = "AwsServiceEvent";
    call
}

/// A question to IAM that names nothing.
pub(crate) fn list(name: &'static str) -> Call {
    Call::read("iam", name, Value::Null)
}

/// A question to IAM about one user.
pub(crate) fn about_user(name: &'static str, user: &str) -> Call {
    Call::read("iam", name, json!({ "userName": user }))
}

/// A question to IAM about one role.
pub(crate) fn about_role(name: &'static str, role: &str) -> Call {
    Call::read("iam", name, json!({ "roleName": role }))
}

/// A new long-lived key for a user.
pub(crate) fn create_access_key(user: &str, key: &str, when: Moment) -> Call {
    let created = json!({
        "userName": user,
        "accessKeyId": key,
        "status": "Active",
        "createDate": when.spelled(),
    });
    Call::change("iam", "CreateAccessKey", json!({ "userName": user }))
        .answered(json!({ "accessKey": created }))
}

/// Switches a user's key off.
pub(crate) fn deactivate_access_key(user: &str, key: &str) -> Call {
    let request = json!({ "userName": user, "accessKeyId": key, "status": "Inactive" });
    Call::change("iam", "UpdateAccessKey", request)
}

/// Ends every session that a role has handed out before this moment.
pub(crate) fn revoke_sessions(role: &Role, when: Moment) -> Call {
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Deny",
            "Action": ["*"],
            "Resource": ["*"],
            "Condition": { "DateLessThan": { "aws:TokenIssueTime": when.iso() } },
        }],
    });
    let request = json!({
        "roleName": role.name,
        "policyName": "AWSRevokeOlderSessions",
        // A policy is text within the request.
        "policyDocument": policy.to_string(),
    });
    Call::change("iam", "PutRolePolicy", request)
}
