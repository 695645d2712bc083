//! Public keys: as the AWS command line prints them, and as CloudTrail lists them.

use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::config::Region;
use aws_sdk_cloudtrail::error::DisplayErrorContext;
use aws_sdk_cloudtrail::primitives::DateTime as AwsTime;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::DateTime;
use chrono::Utc;
use serde::Deserialize;
use serde_json::Value;

use crate::error::Error;
use crate::error::Result;
use crate::lake::Key;
use crate::storage;
use crate::verify::signature::public_key;

/// What `aws cloudtrail list-public-keys` prints.
#[derive(Deserialize)]
struct Listed {
    #[serde(rename = "PublicKeyList")]
    keys: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    value: String,
    fingerprint: String,
    #[serde(default)]
    validity_start_time: Value,
    #[serde(default)]
    validity_end_time: Value,
}

/// Reads keys from the text that `aws cloudtrail list-public-keys` prints.
///
/// # Errors
/// The text is something else, or holds what is no key.
pub fn read(text: &str, file: &str, region: Option<&str>) -> Result<Vec<Key>> {
    let hint =
        "write the file with `aws cloudtrail list-public-keys --start-time ... --end-time ... --region ...`";
    let listed: Listed = serde_json::from_str(text)
        .map_err(|error| Error::user(format!("{file} holds no list of public keys: {error}")).hinted(hint))?;
    let mut keys = Vec::new();
    for entry in listed.keys {
        public_key(&entry.value).map_err(|why| {
            Error::user(format!("{file}: the key {} cannot be used: {why}", entry.fingerprint)).hinted(hint)
        })?;
        keys.push(Key {
            fingerprint: entry.fingerprint,
            region: region.map(str::to_owned),
            valid_from: time(&entry.validity_start_time),
            valid_until: time(&entry.validity_end_time),
            value: entry.value,
            source: file.to_owned(),
        });
    }
    Ok(keys)
}

/// Reads a time as the command line prints it, in ISO 8601 or as seconds since 1970.
fn time(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => Some(DateTime::parse_from_rfc3339(text).ok()?.timestamp_micros()),
        Value::Number(seconds) => Some((seconds.as_f64()? * 1e6) as i64),
        _ => None,
    }
}

/// Asks CloudTrail for the keys of a region that were used between two times.
///
/// # Errors
/// AWS refuses or cannot be reached.
pub async fn fetch(region: &str, since: DateTime<Utc>, until: DateTime<Utc>) -> Result<Vec<Key>> {
    let settings = storage::aws_settings().await;
    let config = aws_sdk_cloudtrail::config::Builder::from(&settings);
    let client = Client::from_conf(config.region(Region::new(region.to_owned())).build());
    let mut keys = Vec::new();
    let mut token = None;
    loop {
        let request = client
            .list_public_keys()
            .start_time(AwsTime::from_secs(since.timestamp()))
            .end_time(AwsTime::from_secs(until.timestamp()))
            .set_next_token(token);
        let answer = request.send().await.map_err(|error| {
            let why = DisplayErrorContext(&error).to_string();
            Error::storage(format!("cloudtrail:ListPublicKeys failed in {region}: {why}")).hinted(
                "the caller needs cloudtrail:ListPublicKeys; or import a file: `trailql keys import FILE`",
            )
        })?;
        for key in answer.public_key_list() {
            let (Some(value), Some(fingerprint)) = (key.value(), key.fingerprint()) else { continue };
            let micros = |time: Option<&AwsTime>| time.map(|time| time.secs().saturating_mul(1_000_000));
            keys.push(Key {
                fingerprint: fingerprint.to_owned(),
                region: Some(region.to_owned()),
                valid_from: micros(key.validity_start_time()),
                valid_until: micros(key.validity_end_time()),
                value: STANDARD.encode(value.as_ref()),
                source: "cloudtrail:ListPublicKeys".to_owned(),
            });
        }
        token = answer.next_token().filter(|token| !token.is_empty()).map(str::to_owned);
        if token.is_none() {
            return Ok(keys);
        }
    }
}

/// The region that the AWS settings say.
pub async fn region() -> Option<String> {
    storage::aws_settings().await.region().map(ToString::to_string)
}
