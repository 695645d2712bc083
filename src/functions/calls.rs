//! What was called: the name of an API without its date, and whether it only reads.

use std::borrow::Cow;

use datafusion::arrow::datatypes::DataType;

use crate::functions::Function;
use crate::functions::Kind;
use crate::functions::Optional;

pub(super) const API_NAME: Function = Function {
    name: "api_name",
    description: "Gives the name of a call without the date of its API, which Lambda, CloudFront and others write \
        behind it: `CreateFunction20150331`, `AddPermission20150331v2`, `UpdateDistribution2020_05_31`. Other names \
        stay as they are.",
    arguments: &[("event_name", "The name, as `event_name`.")],
    optional: None,
    example: r#"
> SELECT event_name, api_name(event_name) AS api
  FROM (VALUES ('AddPermission20150331v2'), ('UpdateDistribution2020_05_31'), ('ListObjectsV2')) AS t(event_name);
+------------------------------+--------------------+
| event_name                   | api                |
+------------------------------+--------------------+
| AddPermission20150331v2      | AddPermission      |
| UpdateDistribution2020_05_31 | UpdateDistribution |
| ListObjectsV2                | ListObjectsV2      |
+------------------------------+--------------------+
"#,
    returns: || DataType::Utf8,
    evaluate: |arguments| {
        let names = arguments.texts(0)?;
        Ok(arguments.map_text(|row| names.get(row).map(|name| Cow::Borrowed(without_date(name)))))
    },
};

pub(super) const IS_WRITE: Function = Function {
    name: "is_write",
    description: "Tells whether a call changes or starts something. What AWS says of the call (`read_only`) decides \
        where it is given; else the name does. Names that only read begin with Get, List, Describe, Head, Lookup, \
        Search, Query, Scan, Select, Filter, Check, Validate, Test, Simulate, Estimate, Evaluate, Preview, View, Read, \
        Retrieve, Download, Detect, Compare, Discover, Count or Is, also behind Batch or Admin; or they are KMS's use \
        of a key (Decrypt, Encrypt, GenerateDataKey, Sign ...), Generate...Report, Generate...Details, AssumeRole and \
        its kin, Bedrock's InvokeModel and Converse, as AWS marks them; or, in S3 access logs, have the verb GET, \
        HEAD or OPTIONS. Every other name counts as a write, so that none is missed; also GetFederationToken, \
        CheckInLicense, TestFailover, TestMigration and TestInvokeMethod. An API's date does not matter.",
    arguments: &[("event_name", "The name, as `event_name`, or `operation` of `s3_access`.")],
    optional: Some(Optional {
        name: "read_only",
        meaning: "What AWS says, as `read_only`. Left out or NULL, the name decides.",
        kind: Kind::Boolean,
    }),
    example: r#"
> SELECT event_name, is_write(event_name) AS by_name, is_write(event_name, read_only) AS told
  FROM (VALUES ('ListFunctions20150331', NULL), ('PutUserPolicy', false), ('StartQuery', true)) AS t(event_name, read_only);
+-----------------------+---------+-------+
| event_name            | by_name | told  |
+-----------------------+---------+-------+
| ListFunctions20150331 | false   | false |
| PutUserPolicy         | true    | true  |
| StartQuery            | true    | false |
+-----------------------+---------+-------+
"#,
    returns: || DataType::Boolean,
    evaluate: |arguments| {
        let names = arguments.texts(0)?;
        let told = arguments.optional(1);
        arguments.map_boolean(|row| {
            let read_only = told.and_then(|told| told.get(row)).map(|told| told == "true");
            Ok(names.get(row).map(|name| !read_only.unwrap_or_else(|| only_reads(name))))
        })
    },
};

/// Cuts `20150331`, `2020_05_31` and a version behind it (`v2`) off the end.
fn without_date(name: &str) -> &str {
    let version = name.rfind('v').filter(|at| {
        let digits = name.as_bytes().get(at + 1..).unwrap_or_default();
        !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
    });
    let unversioned = version.and_then(|at| name.get(..at));
    unversioned.and_then(cut_date).or_else(|| cut_date(name)).unwrap_or(name)
}

/// `None` if no date stands at the end, or nothing before it.
fn cut_date(name: &str) -> Option<&str> {
    [8, 10].into_iter().find_map(|length| {
        let (rest, date) = name.split_at_checked(name.len().checked_sub(length)?)?;
        let (year, month, day) = match (length, date.as_bytes()) {
            (8, _) => (date.get(..4)?, date.get(4..6)?, date.get(6..)?),
            (_, [_, _, _, _, b'_', _, _, b'_', _, _]) => (date.get(..4)?, date.get(5..7)?, date.get(8..)?),
            _ => return None,
        };
        let number = |text: &str| {
            let digits = text.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| text.parse::<u16>().ok())?
        };
        let is_date = (2000..2100).contains(&number(year)?)
            && (1..=12).contains(&number(month)?)
            && (1..=31).contains(&number(day)?);
        let ends_in_letter = rest.ends_with(|letter: char| letter.is_ascii_alphabetic());
        (is_date && ends_in_letter).then_some(rest)
    })
}

/// With these a name of a call that only reads begins.
const READING: [&str; 26] = [
    "Get", "List", "Describe", "Head", "Lookup", "Search", "Query", "Scan", "Select", "Filter", "Check",
    "Validate", "Test", "Simulate", "Estimate", "Evaluate", "Preview", "View", "Read", "Retrieve",
    "Download", "Detect", "Compare", "Discover", "Count", "Is",
];

/// Calls that change nothing though their names do not say so.
const READS: [&str; 20] = [
    "AssumeRole",
    "AssumeRoleWithSAML",
    "AssumeRoleWithWebIdentity",
    "Converse",
    "ConverseStream",
    "Decrypt",
    "DeriveSharedSecret",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateDataKeyWithoutPlaintext",
    "GenerateMac",
    "GenerateRandom",
    "InvokeModel",
    "InvokeModelWithResponseStream",
    "ReEncrypt",
    "Sign",
    "Verify",
    "VerifyMac",
];

/// Calls that do more than their names say.
const WRITES: [&str; 5] =
    ["CheckInLicense", "GetFederationToken", "TestFailover", "TestInvokeMethod", "TestMigration"];

fn only_reads(name: &str) -> bool {
    // `REST.GET.OBJECT`, `WEBSITE.HEAD.OBJECT`.
    if let Some((_, operation)) = name.split_once('.') {
        let verb = operation.split('.').next().unwrap_or_default();
        return matches!(verb, "GET" | "HEAD" | "OPTIONS") || name == "REST.COPY.OBJECT_GET";
    }
    let name = without_date(name);
    if WRITES.contains(&name) {
        return false;
    }
    let report = name.starts_with("Generate") && (name.ends_with("Report") || name.ends_with("Details"));
    let rest = ["Batch", "Admin"].iter().find_map(|before| after_word(name, before)).unwrap_or(name);
    report || READS.contains(&name) || READING.iter().any(|verb| after_word(rest, verb).is_some())
}

/// What stands behind a word that a name begins with: `Get` begins `GetObject`, but not `Getaway`.
fn after_word<'a>(name: &'a str, word: &str) -> Option<&'a str> {
    name.strip_prefix(word).filter(|rest| !rest.starts_with(|letter: char| letter.is_ascii_lowercase()))
}
