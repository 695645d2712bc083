//! What S3 refused -> what happened, whose permission is missing, and what to do next.

use crate::error::Error;
use crate::error::Kind;
use crate::storage::endpoint;
use crate::storage::keys;
use crate::storage::wire::Bucket;
use crate::storage::wire::Call;

/// What to look at when something is wrong with an access key.
const KEY_HINT: &str = "does `aws sts get-caller-identity` work with the same AWS_PROFILE or AWS_ACCESS_KEY_ID, \
    AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN?";

/// What S3 answered.
#[derive(Debug)]
pub(super) struct Answer<'a> {
    status: u16,
    /// The region of the bucket, if the answer names it.
    region: Option<String>,
    code: String,
    message: String,
    body: &'a str,
}

impl<'a> Answer<'a> {
    pub(super) fn new(status: u16, region: Option<&str>, body: &'a str) -> Self {
        let region = region.map(str::to_owned).or_else(|| field(body, "Region"));
        let code = field(body, "Code").unwrap_or_default();
        let message = field(body, "Message").unwrap_or_default();
        Self { status, region, code, message, body }
    }

    /// Whether the same request may well succeed next time.
    pub(super) fn is_passing(&self) -> bool {
        matches!(self.code.as_str(), "RequestTimeout" | "IncompleteBody" | "SlowDown" | "InternalError")
    }

    pub(super) fn is_missing_bucket(&self) -> bool {
        self.code == "NoSuchBucket"
    }

    /// The permission that AWS says is missing, and for whom, where its message says so.
    fn denied(&self) -> Option<(&str, &str)> {
        let (before, after) = self.message.split_once(" is not authorized to perform: ")?;
        Some((before.strip_prefix("User: ").unwrap_or(before), after.split_whitespace().next()?))
    }
}

/// Says what a refusal means.
pub(super) async fn explain(bucket: &Bucket, call: &Call, answer: &Answer<'_>) -> Error {
    // A key that AWS does not know, or whose time is over, cannot ask who it is either.
    let asks = !matches!(
        answer.code.as_str(),
        "InvalidAccessKeyId" | "SignatureDoesNotMatch" | "ExpiredToken" | "InvalidToken" | "NoSuchBucket"
    );
    let who = match answer.denied() {
        Some((who, _)) => who.to_owned(),
        None if asks => bucket.account.identity().await.to_owned(),
        None => String::new(),
    };
    describe(&bucket.name, &bucket.endpoint.region, call, answer, &who)
}

fn describe(bucket: &str, region: &str, call: &Call, answer: &Answer<'_>, who: &str) -> Error {
    let place = format!("s3://{bucket}/{}", call.key);
    let config = |message: String| Error::new(Kind::Config, message);
    match answer.code.as_str() {
        "NoSuchBucket" => Error::user(format!("there is no bucket {bucket}"))
            .hinted("`aws s3 ls` lists those of your account; is it the right account and endpoint?"),
        "InvalidBucketName" => {
            Error::user(format!("{bucket} is no name of a bucket")).hinted("write s3://bucket/prefix")
        }
        "InvalidAccessKeyId" => {
            let key = field(answer.body, "AWSAccessKeyId").map(|key| format!(" {key}")).unwrap_or_default();
            config(format!("AWS does not know the access key{key}")).hinted(KEY_HINT)
        }
        "SignatureDoesNotMatch" => {
            let key = field(answer.body, "AWSAccessKeyId").map(|key| format!(" {key}")).unwrap_or_default();
            config(format!("the secret key does not belong to the access key{key}")).hinted(KEY_HINT)
        }
        "ExpiredToken" | "TokenRefreshRequired" => config("the AWS credentials have expired".to_owned())
            .hinted("get new ones, such as by `aws sso login`; then run it again, it goes on where it was"),
        "InvalidToken" => config("the AWS session token is not valid".to_owned()).hinted(KEY_HINT),
        "RequestTimeTooSkewed" => {
            let time = |name| field(answer.body, name).unwrap_or_else(|| "unknown".to_owned());
            config(format!(
                "the clock of this machine is wrong: it says {}, and S3 {}",
                time("RequestTime"),
                time("ServerTime")
            ))
            .hinted("set the clock, such as by `timedatectl set-ntp true`")
        }
        "InvalidObjectState" => Error::storage(format!("{place} is archived and cannot be read"))
            .hinted("restore it first: aws s3api restore-object, or S3 Batch Operations for many"),
        "PermanentRedirect"
        | "TemporaryRedirect"
        | "AuthorizationHeaderMalformed"
        | "IllegalLocationConstraintException" => elsewhere(bucket, region, answer),
        _ if matches!(answer.status, 301 | 307 | 308) => elsewhere(bucket, region, answer),
        "AccessDenied" | "" if matches!(answer.status, 401 | 403) => {
            denied(&place, &arn(bucket, region, call), call, answer, who)
        }
        code => {
            let code = if code.is_empty() { "no reason" } else { code };
            let message =
                if answer.message.is_empty() { String::new() } else { format!(": {}", answer.message) };
            let error = Error::storage(format!(
                "S3 refuses {} {place} with {code} ({}){message}",
                call.method, answer.status
            ));
            // An answer to HEAD has no body, and so no reason.
            if answer.body.is_empty() { error.hinted(KEY_HINT) } else { error }
        }
    }
}

fn elsewhere(bucket: &str, region: &str, answer: &Answer<'_>) -> Error {
    let own = answer.region.as_deref().filter(|own| *own != region);
    let message = match own {
        Some(own) => format!("the bucket {bucket} is in the region {own}, and was asked for in {region}"),
        None => format!("the bucket {bucket} is not in the region {region}"),
    };
    let hint = match own {
        Some(own) => format!("set AWS_REGION={own}, and no AWS_ENDPOINT_URL of another region"),
        None => format!(
            "`aws s3api get-bucket-location --bucket {bucket}` tells its region; set AWS_REGION to it"
        ),
    };
    Error::new(Kind::Config, message).hinted(hint)
}

fn denied(place: &str, arn: &str, call: &Call, answer: &Answer<'_>, who: &str) -> Error {
    let stated = answer.denied();
    let permission = stated.map_or_else(|| permission(call), |(_, permission)| permission);
    let message = match stated {
        Some(_) => format!("access to {place} is denied: {}", answer.message),
        None => format!("access to {place} is denied to {who} ({permission})"),
    };
    let mut hint = format!("allow {who} {permission} on {arn}");
    if permission.starts_with("kms:") {
        hint = format!("the object is encrypted: allow {who} {permission} in the policy of its key, too");
    } else if matches!(call.method.as_str(), "GET" | "HEAD") {
        if !call.is_listing {
            hint.push_str(
                ", and s3:ListBucket on the bucket: without that, what is not there is denied, too",
            );
        }
        hint.push_str("; if the bucket wants the requester to pay, set AWS_REQUEST_PAYER=requester");
    }
    Error::storage(message).hinted(hint)
}

/// The permission that a call needs.
fn permission(call: &Call) -> &'static str {
    match call.method.as_str() {
        "GET" if call.is_listing => "s3:ListBucket",
        "GET" | "HEAD" => "s3:GetObject",
        "DELETE" if call.is_upload => "s3:AbortMultipartUpload",
        "PUT" => "s3:PutObject",
        "POST" if call.is_upload => "s3:PutObject",
        _ => "s3:DeleteObject",
    }
}

/// What the permission is on.
fn arn(bucket: &str, region: &str, call: &Call) -> String {
    let bucket = format!("arn:{}:s3:::{bucket}", endpoint::partition(region));
    if call.is_listing {
        bucket
    } else if call.key.is_empty() {
        format!("{bucket}/*")
    } else {
        format!("{bucket}/{}", call.key)
    }
}

/// The text of the first element of that name.
fn field(xml: &str, name: &str) -> Option<String> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    Some(keys::unquote(text)).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests;
