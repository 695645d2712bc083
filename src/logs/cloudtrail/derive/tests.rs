use proptest::prelude::*;

use super::*;

/// `name | session` of an identity.
fn who(identity: &str) -> String {
    let facts = Facts::read(identity.as_bytes()).unwrap();
    let or_none = |found: Option<Cow<'_, str>>| found.map_or_else(|| "-".to_owned(), Cow::into_owned);
    format!("{} | {}", or_none(principal(&facts)), or_none(session_name(&facts)))
}

fn table(of: fn(&str) -> String, cases: &[&str]) -> String {
    cases.iter().map(|case| of(case) + "\n").collect()
}

#[test]
fn every_identity_has_one_stable_name() {
    let cases = [
        r#"{"type":"IAMUser","arn":"arn:aws:iam::123456789012:user/ops/alice","accountId":"123456789012","userName":"alice","invokedBy":"AWS Internal"}"#,
        r#"{"type":"IAMUser","principalId":"AIDAEXAMPLE","accountId":"123456789012","accessKeyId":"","userName":"alice"}"#,
        // A sign-in with a name that does not exist.
        r#"{"type":"IAMUser","accountId":"123456789012","accessKeyId":"","userName":"HIDDEN_DUE_TO_SECURITY_REASONS"}"#,
        r#"{"type":"AssumedRole","principalId":"AROAEXAMPLE:i-0abc","arn":"arn:aws:sts::123456789012:assumed-role/Web/i-0abc","sessionContext":{"sessionIssuer":{"type":"Role","arn":"arn:aws:iam::123456789012:role/app/Web"}}}"#,
        r#"{"type":"AssumedRole","arn":"arn:aws-us-gov:sts::123456789012:assumed-role/Web/alice@example.com","sessionContext":{"sessionIssuer":{}}}"#,
        r#"{"type":"AssumedRole","principalId":"AROAEXAMPLE:ci","accountId":"123456789012"}"#,
        r#"{"type":"AssumedRole","arn":"arn:aws-cn:sts::123456789012:assumed-role/Deploy/","accountId":"123456789012"}"#,
        r#"{"type":"Role","accountId":"123456789012","userName":"Worker"}"#,
        r#"{"type":"Root","principalId":"123456789012","arn":"arn:aws:iam::123456789012:root","accountId":"123456789012","userName":"alias"}"#,
        r#"{"type":"Root","principalId":"","arn":"","accountId":"123456789012"}"#,
        r#"{"type":"AWSService","invokedBy":"config.amazonaws.com"}"#,
        r#"{"type":"AWSService","principalId":"lambda.amazonaws.com"}"#,
        r#"{"type":"AWSService"}"#,
        r#"{"type":"AWSAccount","principalId":"AIDAEXAMPLE","accountId":"210987654321"}"#,
        r#"{"type":"AWSAccount","principalId":"AROAEXAMPLE:session","accountId":"210987654321"}"#,
        r#"{"type":"AWSAccount","principalId":"AROAEXAMPLE:s","arn":"arn:aws:sts::210987654321:assumed-role/Reader/s","accountId":"210987654321"}"#,
        r#"{"type":"AWSAccount","principalId":"210987654321","accountId":"210987654321"}"#,
        r#"{"type":"AWSAccount","principalId":"","accountId":"ANONYMOUS_PRINCIPAL"}"#,
        r#"{"type":"Unknown","principalId":"Anonymous"}"#,
        r#"{"type":"FederatedUser","principalId":"123456789012:bob","arn":"arn:aws:sts::123456789012:federated-user/bob","sessionContext":{"sessionIssuer":{"type":"IAMUser","arn":"arn:aws:iam::123456789012:user/alice"}}}"#,
        r#"{"type":"SAMLUser","principalId":"SampleUkh1i4=:carol","userName":"carol","identityProvider":"SampleUkh1i4="}"#,
        r#"{"type":"WebIdentityUser","principalId":"accounts.google.com:app.apps.googleusercontent.com:42","userName":"42","identityProvider":"accounts.google.com"}"#,
        r#"{"type":"WebIdentityUser","userName":"repo:org/app:ref:refs/heads/main","identityProvider":"token.actions.githubusercontent.com"}"#,
        r#"{"type":"IdentityCenterUser","accountId":"123456789012","onBehalfOf":{"userId":"544894e8-80c1","identityStoreArn":"arn:aws:identitystore::123456789012:identitystore/d-9067642ac7"},"credentialId":"c"}"#,
        r#"{"type":"IdentityCenterUser","onBehalfOf":{"userId":"544894e8-80c1"}}"#,
        // Identity Center's portal before it had a type of its own.
        r#"{"type":"Unknown","principalId":"123456789012","arn":"","accountId":"123456789012","userName":"dave@example.com"}"#,
        r#"{"type":"Directory","accountId":"123456789012","principalId":"d-906766"}"#,
        r#"{"accountId":"123456789012","invokedBy":"secretsmanager.amazonaws.com"}"#,
        r#"{"arn":"arn:aws:sts::123456789012:assumed-role/Reader/s"}"#,
        r#"{"accountId":"123456789012"}"#,
        r#"{"type":"IAMUser","accessKeyId":"AKIAEXAMPLE"}"#,
        r#"{"type":"Unknown"}"#,
        r#"{"type":7,"arn":[],"accountId":null}"#,
        "{}",
    ];
    insta::assert_snapshot!(table(who, &cases), @"
    arn:aws:iam::123456789012:user/ops/alice | -
    arn:aws:iam::123456789012:user/alice | -
    123456789012:HIDDEN_DUE_TO_SECURITY_REASONS | -
    arn:aws:iam::123456789012:role/app/Web | i-0abc
    arn:aws-us-gov:iam::123456789012:role/Web | alice@example.com
    123456789012:AROAEXAMPLE | ci
    arn:aws-cn:iam::123456789012:role/Deploy | -
    arn:aws:iam::123456789012:role/Worker | -
    arn:aws:iam::123456789012:root | -
    arn:aws:iam::123456789012:root | -
    config.amazonaws.com | -
    lambda.amazonaws.com | -
    - | -
    210987654321:AIDAEXAMPLE | -
    210987654321:AROAEXAMPLE | session
    arn:aws:iam::210987654321:role/Reader | s
    210987654321 | -
    anonymous | -
    anonymous | -
    arn:aws:sts::123456789012:federated-user/bob | -
    SampleUkh1i4=:carol | -
    accounts.google.com:app.apps.googleusercontent.com:42 | -
    token.actions.githubusercontent.com:repo:org/app:ref:refs/heads/main | -
    arn:aws:identitystore::123456789012:identitystore/d-9067642ac7/user/544894e8-80c1 | -
    544894e8-80c1 | -
    123456789012:dave@example.com | -
    123456789012:d-906766 | -
    secretsmanager.amazonaws.com | -
    arn:aws:iam::123456789012:role/Reader | s
    123456789012 | -
    AKIAEXAMPLE | -
    - | -
    - | -
    - | -
    ");
}

#[test]
fn a_name_made_up_takes_the_partition_of_the_region() {
    let event = r#"{"awsRegion":"cn-north-1","userIdentity":{"type":"Root","accountId":"123456789012"}}"#;
    assert_eq!(who(event), "arn:aws-cn:iam::123456789012:root | -");
}

#[test]
fn a_service_without_a_name_is_known_by_its_address() {
    let event = r#"{"sourceIPAddress":"ec2.amazonaws.com","userIdentity":{"type":"AWSService"}}"#;
    assert_eq!(who(event), "ec2.amazonaws.com | -");
    let event =
        r#"{"sourceIPAddress":"192.0.2.1","userIdentity":{"type":"AWSService","accountId":"123456789012"}}"#;
    assert_eq!(who(event), "123456789012 | -");
}

fn how(event: &str) -> String {
    let event = format!("{{{event}}}");
    format!("{:8}{event}", outcome(&Facts::read(event.as_bytes()).unwrap()))
}

#[test]
fn refusals_are_told_from_errors() {
    let cases = [
        r#""eventName":"DescribeInstances""#,
        r#""errorCode":"","errorMessage":null"#,
        r#""errorCode":"AccessDenied""#,
        r#""errorCode":"AccessDeniedException""#,
        r#""errorCode":"Client.UnauthorizedOperation","errorMessage":"You are not authorized to perform this operation.""#,
        r#""errorCode":"VpceAccessDenied","eventCategory":"NetworkActivity""#,
        r#""errorCode":"NotAuthorizedException""#,
        r#""errorCode":"Client.AuthFailure""#,
        r#""errorCode":"AuthorizationErrorException""#,
        r#""errorCode":"ForbiddenException""#,
        r#""errorCode":"403""#,
        r#""errorCode":"SignatureDoesNotMatch""#,
        r#""errorCode":"InvalidClientTokenId""#,
        r#""errorCode":"ExpiredTokenException""#,
        r#""errorCode":"accessDenied""#,
        r#""errorCode":"ValidationError","errorMessage":"User: arn:aws:iam::1:user/a is not authorized to perform: iam:PassRole""#,
        r#""errorCode":"NoSuchBucketPolicy""#,
        r#""errorCode":"ThrottlingException""#,
        r#""errorCode":"Client.DryRunOperation""#,
        r#""errorMessage":"Failed authentication""#,
        r#""errorMessage":"The queue is gone""#,
        r#""eventName":"ConsoleLogin","eventSource":"signin.amazonaws.com","responseElements":{"ConsoleLogin":"Failure"}"#,
        r#""eventName":"ConsoleLogin","eventSource":"signin.amazonaws.com","responseElements":{"ConsoleLogin":"Success"}"#,
        r#""eventName":"SwitchRole","responseElements":{"SwitchRole":"Failure"}"#,
        r#""eventName":"CredentialVerification","eventSource":"signin.amazonaws.com","serviceEventDetails":{"CredentialVerification":"Failure"}"#,
        r#""eventName":"GetStatus","eventSource":"batch.amazonaws.com","responseElements":{"lastRun":"Failure"}"#,
        r#""responseElements":"Failure""#,
    ];
    insta::assert_snapshot!(table(how, &cases), @r#"
    success {"eventName":"DescribeInstances"}
    success {"errorCode":"","errorMessage":null}
    denied  {"errorCode":"AccessDenied"}
    denied  {"errorCode":"AccessDeniedException"}
    denied  {"errorCode":"Client.UnauthorizedOperation","errorMessage":"You are not authorized to perform this operation."}
    denied  {"errorCode":"VpceAccessDenied","eventCategory":"NetworkActivity"}
    denied  {"errorCode":"NotAuthorizedException"}
    denied  {"errorCode":"Client.AuthFailure"}
    denied  {"errorCode":"AuthorizationErrorException"}
    denied  {"errorCode":"ForbiddenException"}
    denied  {"errorCode":"403"}
    denied  {"errorCode":"SignatureDoesNotMatch"}
    denied  {"errorCode":"InvalidClientTokenId"}
    denied  {"errorCode":"ExpiredTokenException"}
    denied  {"errorCode":"accessDenied"}
    denied  {"errorCode":"ValidationError","errorMessage":"User: arn:aws:iam::1:user/a is not authorized to perform: iam:PassRole"}
    error   {"errorCode":"NoSuchBucketPolicy"}
    error   {"errorCode":"ThrottlingException"}
    error   {"errorCode":"Client.DryRunOperation"}
    denied  {"errorMessage":"Failed authentication"}
    error   {"errorMessage":"The queue is gone"}
    denied  {"eventName":"ConsoleLogin","eventSource":"signin.amazonaws.com","responseElements":{"ConsoleLogin":"Failure"}}
    success {"eventName":"ConsoleLogin","eventSource":"signin.amazonaws.com","responseElements":{"ConsoleLogin":"Success"}}
    denied  {"eventName":"SwitchRole","responseElements":{"SwitchRole":"Failure"}}
    denied  {"eventName":"CredentialVerification","eventSource":"signin.amazonaws.com","serviceEventDetails":{"CredentialVerification":"Failure"}}
    success {"eventName":"GetStatus","eventSource":"batch.amazonaws.com","responseElements":{"lastRun":"Failure"}}
    success {"responseElements":"Failure"}
    "#);
}

fn key(response: &str) -> String {
    let event = format!(r#"{{"eventName":"X","responseElements":{response}}}"#);
    let facts = Facts::read(event.as_bytes()).unwrap();
    issued_access_key_id(&facts).map_or_else(|| "-".to_owned(), Cow::into_owned)
}

#[test]
fn keys_that_are_handed_out_are_found() {
    let cases = [
        // AssumeRole, GetSessionToken, GetFederationToken, GetCredentialsForIdentity, CreateSession of S3 Express.
        r#"{"credentials":{"accessKeyId":"ASIA1","sessionToken":"x"},"assumedRoleUser":{"arn":"a"}}"#,
        r#"{"accessKey":{"accessKeyId":"AKIA2","userName":"alice","status":"Active"}}"#,
        // CreateSession of Roles Anywhere.
        r#"{"credentialSet":[{"assumedRoleUser":{"arn":"a"},"credentials":{"accessKeyId":"ASIA3"}}],"subjectArn":"s"}"#,
        r#"{"Credentials":{"AccessKeyId":"ASIA4"}}"#,
        r#"{"credentials":{"accessKeyId":""}}"#,
        r#"{"credentials":{"accessKeyId":"HIDDEN_DUE_TO_SECURITY_REASONS"}}"#,
        r#"{"target":{"accessKeyId":"AKIA5"}}"#,
        r#"{"accessKeyId":"AKIA6"}"#,
        r#"{"credentials":{"accessKeyId":7}}"#,
        r#""accessKeyId""#,
        "null",
    ];
    insta::assert_snapshot!(table(key, &cases), @"
    ASIA1
    AKIA2
    ASIA3
    ASIA4
    -
    -
    -
    -
    -
    -
    -
    ");
}

/// Runs everything, for its panics alone.
pub(in crate::logs::cloudtrail) fn derive_all(event: &[u8]) -> Option<(String, Vec<String>)> {
    let facts = Facts::read(event)?;
    let mut arns = vec!["stale".to_owned()];
    resource_arns(&facts, &mut arns);
    let derived =
        format!("{:?} {:?} {}", session_name(&facts), issued_access_key_id(&facts), outcome(&facts));
    Some((format!("{:?} {derived}", principal(&facts)), arns))
}

/// JSON that looks like an event now and then.
fn json() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "userIdentity",
        "type",
        "arn",
        "principalId",
        "accountId",
        "eventSource",
        "eventName",
        "responseElements",
        "requestParameters",
        "resources",
        "credentials",
        "accessKeyId",
        "bucketName",
        "key",
        "instanceId",
        "queueUrl",
        "name",
        "Statement",
        "sessionContext",
        "sessionIssuer",
        "iam.amazonaws.com",
        "s3.amazonaws.com",
        "AssumedRole",
        "Root",
        "arn:aws:s3:::b/k",
        "arn:aws:sts::1:assumed-role//",
        "arn:",
        "AROA:",
        ":",
        "i-0123456789abcdef0",
        "-12345678",
        "Failure",
        "%",
        "\\\\u0061rn:aws:s3:::x",
        "\\ud800",
        "",
    ]);
    let text = prop_oneof![4 => word.prop_map(str::to_owned), 1 => "[a-z0-9:/%.é-]{0,12}"]
        .prop_map(|text| format!("\"{text}\""));
    let leaf = prop_oneof![6 => text.clone(), 1 => Just("null".to_owned()), 1 => Just("-1.5e3".to_owned())];
    leaf.prop_recursive(5, 40, 6, move |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..5).prop_map(|items| format!("[{}]", items.join(","))),
            3 => prop::collection::vec((text.clone(), inner), 0..6).prop_map(|members| {
                let members: Vec<_> = members.into_iter().map(|(key, value)| format!("{key}:{value}")).collect();
                format!("{{{}}}", members.join(" , "))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn survives_arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        derive_all(&bytes);
        let raw = Some(bytes.as_slice());
        let facts = Facts { resources: raw, request_parameters: raw, response_elements: raw, additional_event_data: raw, ..Facts::default() };
        resource_arns(&facts, &mut Vec::new());
        issued_access_key_id(&facts);
        outcome(&facts);
    }

    #[test]
    fn survives_arbitrary_json(identity in json(), request in json(), response in json(), cut in 0_usize..400) {
        let event = format!(r#"{{"eventSource":"s3.amazonaws.com","userIdentity":{identity},"requestParameters":{request},"responseElements":{response},"resources":{request}}}"#);
        let arns = derive_all(event.as_bytes()).map(|(_, arns)| arns).unwrap_or_default();
        let mut once = arns.clone();
        once.sort();
        once.dedup();
        prop_assert_eq!(once.len(), arns.len());
        for arn in arns {
            prop_assert!(Arn::parse(&arn).is_some(), "{}", arn);
        }
        derive_all(identity.as_bytes());
        let damaged = event.as_bytes().get(..cut).unwrap_or_default();
        derive_all(damaged);
        let facts = Facts { request_parameters: Some(damaged), ..Facts::default() };
        resource_arns(&facts, &mut Vec::new());
    }
}
