use super::*;

const WHO: &str = "arn:aws:sts::111122223333:assumed-role/Responder/kim";

fn call(method: &str, key: &str) -> Call {
    Call { method: method.to_owned(), key: key.to_owned(), ..Call::default() }
}

fn listing(prefix: &str) -> Call {
    Call { is_listing: true, ..call("GET", prefix) }
}

fn xml(code: &str, message: &str, rest: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>{rest}\
         <RequestId>8HZ</RequestId><HostId>x</HostId></Error>"
    )
}

fn text(call: &Call, status: u16, region: Option<&str>, body: &str) -> String {
    let error = describe("logs", "eu-central-1", call, &Answer::new(status, region, body), WHO);
    format!("{:?}: {error}\n  {}", error.kind(), error.hint().unwrap_or_default())
}

#[test]
fn refusals_say_what_to_do() {
    let object = "AWSLogs/1/a.json.gz";
    let refusals = [
        text(
            &listing("AWSLogs/"),
            404,
            None,
            &xml("NoSuchBucket", "The specified bucket does not exist", ""),
        ),
        text(&listing("AWSLogs/"), 403, None, &xml("AccessDenied", "Access Denied", "")),
        text(&call("GET", object), 403, None, &xml("AccessDenied", "Access Denied", "")),
        text(&call("HEAD", object), 403, None, ""),
        text(&call("PUT", "lake/x.parquet"), 403, None, &xml("AccessDenied", "Access Denied", "")),
        text(
            &Call { is_upload: true, ..call("POST", "lake/x") },
            403,
            None,
            &xml("AccessDenied", "Access Denied", ""),
        ),
        text(&call("POST", ""), 403, None, &xml("AccessDenied", "Access Denied", "")),
        text(
            &call("GET", object),
            403,
            None,
            &xml(
                "AccessDenied",
                "User: arn:aws:iam::111122223333:user/kim is not authorized to perform: kms:Decrypt on resource: \
                 arn:aws:kms:eu-central-1:999988887777:key/5e1 because no resource-based policy allows the kms:Decrypt action",
                "",
            ),
        ),
        text(
            &listing(""),
            403,
            None,
            &xml(
                "InvalidAccessKeyId",
                "It does not exist",
                "<AWSAccessKeyId>AKIAIOSFODNN7EXAMPLE</AWSAccessKeyId>",
            ),
        ),
        text(
            &listing(""),
            403,
            None,
            &xml("SignatureDoesNotMatch", "No", "<AWSAccessKeyId>AKIAIOSFODNN7EXAMPLE</AWSAccessKeyId>"),
        ),
        text(&listing(""), 400, None, &xml("ExpiredToken", "The provided token has expired.", "")),
        text(
            &listing(""),
            403,
            None,
            &xml(
                "RequestTimeTooSkewed",
                "The difference is too large.",
                "<RequestTime>20260917T031500Z</RequestTime><ServerTime>2026-09-17T08:15:01Z</ServerTime>",
            ),
        ),
        text(&listing(""), 301, Some("us-west-2"), &xml("PermanentRedirect", "Elsewhere", "")),
        text(
            &listing(""),
            400,
            None,
            &xml("AuthorizationHeaderMalformed", "the region is wrong", "<Region>us-west-2</Region>"),
        ),
        text(&call("HEAD", object), 301, None, ""),
        text(&call("GET", object), 403, None, &xml("InvalidObjectState", "Not for its storage class", "")),
        text(&call("HEAD", object), 400, None, ""),
        text(
            &call("PUT", "lake/x"),
            400,
            None,
            &xml("InvalidRequest", "Content-MD5 is required &amp; missing", ""),
        ),
    ];
    insta::assert_snapshot!(refusals.join("\n"));
}

#[test]
fn secrets_stay_out() {
    let body = xml("SignatureDoesNotMatch", "No", "<StringToSign>secret words</StringToSign>");
    assert!(!text(&listing(""), 403, None, &body).contains("secret words"));
}

#[test]
fn passing_troubles_are_known() {
    for code in ["RequestTimeout", "IncompleteBody", "SlowDown"] {
        assert!(Answer::new(400, None, &xml(code, "", "")).is_passing());
    }
    assert!(!Answer::new(400, None, "<html>").is_passing());
}
