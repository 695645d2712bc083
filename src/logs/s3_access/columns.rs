//! The fields of an access log line in their order, and the columns of the table `s3_access`.

use std::sync::LazyLock;

use crate::logs::Column;
use crate::logs::ColumnType;

/// How many fields a line has today. The format grew: a line has as many as there were when it was written.
pub(super) const FIELDS: usize = 27;

/// The fewest fields: all up to the user agent, which was the last before version ids came in 2010.
pub(super) const FEWEST: usize = 17;

/// A field of a line, by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(super) enum Field {
    BucketOwner,
    Bucket,
    RequestTime,
    RemoteIp,
    Requester,
    RequestId,
    Operation,
    Key,
    RequestUri,
    HttpStatus,
    ErrorCode,
    BytesSent,
    ObjectSize,
    TotalTime,
    TurnAroundTime,
    Referer,
    UserAgent,
    VersionId,
    HostId,
    SignatureVersion,
    CipherSuite,
    AuthenticationType,
    HostHeader,
    TlsVersion,
    AccessPointArn,
    AclRequired,
    SourceRegion,
}

impl Field {
    /// Its place in a line, from 0.
    pub(super) const fn at(self) -> usize {
        self as usize
    }
}

/// What is known of a field.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    /// Its column.
    pub(super) column: &'static str,
    /// The type of the column.
    pub(super) kind: ColumnType,
    /// Its keys in JSON records; AWS documents the first, and a record that has another keeps that in `unmapped`.
    pub(super) keys: &'static [&'static str],
    /// What users are told.
    pub(super) comment: &'static str,
    needle: bool,
}

const fn known(
    column: &'static str,
    kind: ColumnType,
    keys: &'static [&'static str],
    comment: &'static str,
) -> Known {
    Known { column, kind, keys, comment, needle: false }
}

const fn needle(column: &'static str, keys: &'static [&'static str], comment: &'static str) -> Known {
    Known { column, kind: ColumnType::Text, keys, comment, needle: true }
}

use ColumnType::{Integer, Long, Text, Timestamp};

/// Every field, in the order of a line.
pub(super) const KNOWN: [Known; FIELDS] = [
    known(
        "bucket_owner",
        Text,
        &["bucket_owner_id", "bucket_owner"],
        "The canonical id of the bucket's owner",
    ),
    known("bucket", Text, &["bucket_name", "bucket"], "The bucket the request was made to"),
    known("request_time", Timestamp, &["request_time"], "When the request was received, UTC"),
    needle("remote_ip", &["remote_ip"], "The address the request came from, as S3 saw it"),
    needle(
        "requester",
        &["requester"],
        "Who asked: an IAM ARN, a canonical id, a service; NULL if nobody signed the request",
    ),
    needle("request_id", &["request_id"], "The id of the request"),
    known("operation", Text, &["operation"], "What was done, as REST.GET.OBJECT or BATCH.DELETE.OBJECT"),
    needle(
        "key",
        &["key_name", "key"],
        "The key of the object, percent-decoded once; NULL if no object was named",
    ),
    known("request_uri", Text, &["request_uri"], "The request line: method, target, HTTP version"),
    known("http_status", Integer, &["http_status", "http_status_code"], "The HTTP status of the answer"),
    known("error_code", Text, &["error_code"], "The S3 error that was answered, if one was"),
    known("bytes_sent", Long, &["bytes_sent"], "Bytes sent, without the protocol's own; NULL if none"),
    known("object_size", Long, &["object_size"], "The size of the object, in bytes"),
    known(
        "total_time_ms",
        Long,
        &["total_time", "total_time_ms", "total_time_millis"],
        "How long the request took, from its first byte to the last of the answer, in milliseconds",
    ),
    known(
        "turn_around_time_ms",
        Long,
        &["turn_around_time", "turn_around_time_ms", "turn_around_time_millis"],
        "How long S3 worked on it, from the request's last byte to the answer's first, in milliseconds",
    ),
    known("referer", Text, &["referer", "referrer"], "The Referer header, as the client sent it"),
    known("user_agent", Text, &["user_agent"], "The User-Agent header, as the client sent it"),
    known("version_id", Text, &["version_id"], "The version of the object that was asked for"),
    known("host_id", Text, &["host_id"], "The extended request id, x-amz-id-2"),
    known(
        "signature_version",
        Text,
        &["signature_version"],
        "SigV2 or SigV4; NULL if the request was not signed",
    ),
    known("cipher_suite", Text, &["cipher_suite"], "The cipher suite of the connection; NULL for plain HTTP"),
    known(
        "authentication_type",
        Text,
        &["authentication_type"],
        "AuthHeader, or QueryString for a presigned URL; NULL if the request was not signed",
    ),
    known("host_header", Text, &["host_header"], "The host name the client called"),
    known("tls_version", Text, &["tls_version"], "The TLS version of the connection; NULL for plain HTTP"),
    known("access_point_arn", Text, &["access_point_arn"], "The access point the request went through"),
    known(
        "acl_required",
        Text,
        &["acl_required"],
        "Yes if the request needed an access control list to be allowed",
    ),
    known(
        "source_region",
        Text,
        &["source_region"],
        "The AWS region the request came from, where S3 can tell",
    ),
];

/// The fields in the order of the columns: when, on what, what, how it ended, who, from where, then the rest.
pub(super) const ORDER: [Field; FIELDS] = [
    Field::RequestTime,
    Field::Bucket,
    Field::Operation,
    Field::Key,
    Field::HttpStatus,
    Field::ErrorCode,
    Field::Requester,
    Field::RemoteIp,
    Field::UserAgent,
    Field::RequestUri,
    Field::RequestId,
    Field::BytesSent,
    Field::ObjectSize,
    Field::TotalTime,
    Field::TurnAroundTime,
    Field::Referer,
    Field::VersionId,
    Field::AuthenticationType,
    Field::SignatureVersion,
    Field::TlsVersion,
    Field::CipherSuite,
    Field::HostHeader,
    Field::AccessPointArn,
    Field::AclRequired,
    Field::SourceRegion,
    Field::BucketOwner,
    Field::HostId,
];

/// The column `principal` stands behind so many fields: next to the requester.
pub(super) const BEFORE_PRINCIPAL: usize = 7;

const fn own(name: &'static str, kind: ColumnType, comment: &'static str, needle: bool) -> Column {
    Column { name, kind, comment, needle }
}

/// All columns of the table, in order.
pub(super) static COLUMNS: LazyLock<Vec<Column>> = LazyLock::new(|| {
    let principal = own(
        "principal",
        Text,
        "Derived: one stable name for who asked; for a session the ARN of the role behind it",
        true,
    );
    let last = [
        own(
            "unmapped",
            ColumnType::Json,
            "JSON: fields no column holds, and how a value was written where its column cannot say",
            false,
        ),
        own("source_file", Text, "The URL of the object the record was read from", false),
        own("source_line", Integer, "The number of the record's line in that object, from 1", false),
        own("event_date", ColumnType::Date, "The UTC day of the request; the partition", false),
    ];
    let of_field = |field: &Field| {
        let known = &KNOWN[field.at()];
        Column { name: known.column, kind: known.kind, comment: known.comment, needle: known.needle }
    };
    let (first, rest) = ORDER.split_at(BEFORE_PRINCIPAL);
    first.iter().map(of_field).chain([principal]).chain(rest.iter().map(of_field)).chain(last).collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_one_column() {
        let mut places: Vec<usize> = ORDER.iter().map(|field| field.at()).collect();
        places.sort_unstable();
        assert_eq!(places, (0..FIELDS).collect::<Vec<_>>());
        assert_eq!(ORDER[BEFORE_PRINCIPAL - 1], Field::Requester);
        assert_eq!(KNOWN[Field::SourceRegion.at()].column, "source_region");
        assert_eq!(KNOWN[Field::UserAgent.at()].column, "user_agent");
        assert_eq!(Field::UserAgent.at() + 1, FEWEST);
    }
}
