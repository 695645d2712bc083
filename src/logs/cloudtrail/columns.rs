//! The columns of the table `cloudtrail`, and the place in a record each one comes from.

use std::sync::LazyLock;

use crate::logs::Column;
use crate::logs::ColumnType;

/// An object of a record whose members are columns of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Node {
    Record,
    Identity,
    OnBehalfOf,
    Session,
    Issuer,
    Attributes,
    Tls,
}

/// How many nodes there are.
pub(super) const NODES: usize = 7;

impl Node {
    /// Every node but the record itself: where it is found, under which key.
    pub(super) const CHILDREN: [(Self, Self, &'static str); NODES - 1] = [
        (Self::Identity, Self::Record, "userIdentity"),
        (Self::OnBehalfOf, Self::Identity, "onBehalfOf"),
        (Self::Session, Self::Identity, "sessionContext"),
        (Self::Issuer, Self::Session, "sessionIssuer"),
        (Self::Attributes, Self::Session, "attributes"),
        (Self::Tls, Self::Record, "tlsDetails"),
    ];
}

/// How CloudTrail writes a value; whatever is written otherwise is kept in `unmapped` as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spelling {
    /// A JSON string.
    Text,
    /// Any JSON, kept as it stood.
    Json,
    /// `true` or `false`.
    Flag,
    /// `"true"` or `"false"`.
    FlagText,
    /// `"2026-09-17T08:14:05Z"`.
    Time,
}

/// A column that a field of the record fills.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) column: &'static str,
    pub(super) node: Node,
    pub(super) key: &'static str,
    pub(super) spelling: Spelling,
    pub(super) comment: &'static str,
    pub(super) needle: bool,
}

const fn field(
    column: &'static str,
    node: Node,
    key: &'static str,
    spelling: Spelling,
    comment: &'static str,
) -> Field {
    Field { column, node, key, spelling, comment, needle: false }
}

const fn needle(column: &'static str, node: Node, key: &'static str, comment: &'static str) -> Field {
    Field { column, node, key, spelling: Spelling::Text, comment, needle: true }
}

/// Declares the fields once: a name for its slot, and its row in [`FIELDS`].
macro_rules! fields {
    ($($slot:ident = $field:expr;)*) => {
        /// The places of the fields in [`FIELDS`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        #[expect(dead_code, reason = "most slots are only ever counted")]
        pub(super) enum Slot { $($slot),* }

        /// Every field that has a column, in the order of the columns.
        pub(super) const FIELDS: &[Field] = &[$($field),*];
    };
}

use Node::{Attributes, Identity, Issuer, OnBehalfOf, Record, Session, Tls};
use Spelling::{Flag, FlagText, Json, Text, Time};

fields! {
    EventTime = field("event_time", Record, "eventTime", Time, "When the call was made, UTC");
    EventName = field("event_name", Record, "eventName", Text, "The API call or event");
    EventSource = field("event_source", Record, "eventSource", Text, "The service that was called, as ec2.amazonaws.com");
    AwsRegion = field("aws_region", Record, "awsRegion", Text, "The region the call was made to");
    SourceIp = needle("source_ip", Record, "sourceIPAddress", "Where the call came from: an address, or an AWS service's name");
    UserAgent = field("user_agent", Record, "userAgent", Text, "The program that called, as it named itself");
    ErrorCode = field("error_code", Record, "errorCode", Text, "The error the service answered, if it did");
    ErrorMessage = field("error_message", Record, "errorMessage", Text, "The text of the error");
    ReadOnly = field("read_only", Record, "readOnly", Flag, "Whether the call only read");
    ManagementEvent = field("management_event", Record, "managementEvent", Flag, "Whether it is a management event");
    PrincipalType = field("principal_type", Identity, "type", Text, "The kind of identity: IAMUser, AssumedRole, Root, AWSService ...");
    UserName = needle("user_name", Identity, "userName", "The friendly name of the identity");
    UserArn = field("user_arn", Identity, "arn", Text, "The ARN of the identity, with the session for a role");
    UserPrincipalId = field("user_principal_id", Identity, "principalId", Text, "The unique id of the identity");
    UserAccountId = field("user_account_id", Identity, "accountId", Text, "The account the identity belongs to");
    AccessKeyId = needle("access_key_id", Identity, "accessKeyId", "The access key that signed the call");
    InvokedBy = field("invoked_by", Identity, "invokedBy", Text, "The AWS service that called on behalf of the identity");
    IdentityProvider = field("identity_provider", Identity, "identityProvider", Text, "The external identity provider of a federated identity");
    CredentialId = field("credential_id", Identity, "credentialId", Text, "The id of the bearer credential, where one was used");
    OnBehalfOfUserId = field("on_behalf_of_user_id", OnBehalfOf, "userId", Text, "The Identity Center user on whose behalf the call was made");
    OnBehalfOfIdentityStoreArn = field("on_behalf_of_identity_store_arn", OnBehalfOf, "identityStoreArn", Text, "The identity store of that user");
    InScopeOf = field("in_scope_of", Identity, "inScopeOf", Json, "JSON: the scope in which a service's credentials were issued");
    IssuerType = field("issuer_type", Issuer, "type", Text, "What issued the session: Role, Root, IAMUser");
    IssuerArn = field("issuer_arn", Issuer, "arn", Text, "The ARN of the role or user behind the session");
    IssuerPrincipalId = field("issuer_principal_id", Issuer, "principalId", Text, "The unique id of the role or user behind the session");
    IssuerAccountId = field("issuer_account_id", Issuer, "accountId", Text, "The account of the role or user behind the session");
    IssuerUserName = field("issuer_user_name", Issuer, "userName", Text, "The name of the role or user behind the session");
    MfaAuthenticated = field("mfa_authenticated", Attributes, "mfaAuthenticated", FlagText, "Whether the session was opened with MFA");
    SessionCreatedAt = field("session_created_at", Attributes, "creationDate", Time, "When the session's credentials were issued");
    SourceIdentity = field("source_identity", Session, "sourceIdentity", Text, "The source identity that was set when the role was assumed");
    Ec2RoleDelivery = field("ec2_role_delivery", Session, "ec2RoleDelivery", Text, "The version of the instance metadata service that gave the credentials");
    WebIdentity = field("web_identity", Session, "webIdFederationData", Json, "JSON: the federated provider and its attributes");
    SessionCredentialFromConsole = field("session_credential_from_console", Record, "sessionCredentialFromConsole", FlagText, "Whether the credentials came from a console session");
    RequestParameters = field("request_parameters", Record, "requestParameters", Json, "JSON: what was asked");
    ResponseElements = field("response_elements", Record, "responseElements", Json, "JSON: what was answered, for calls that change something");
    AdditionalEventData = field("additional_event_data", Record, "additionalEventData", Json, "JSON: what does not belong to request or response");
    ServiceEventDetails = field("service_event_details", Record, "serviceEventDetails", Json, "JSON: what triggered a service event and its result");
    Resources = field("resources", Record, "resources", Json, "JSON: the resources the event names");
    InsightDetails = field("insight_details", Record, "insightDetails", Json, "JSON: the details of an Insights event");
    EdgeDeviceDetails = field("edge_device_details", Record, "edgeDeviceDetails", Json, "JSON: the edge device the call went to");
    Addendum = field("addendum", Record, "addendum", Json, "JSON: why the event was delivered late or again");
    EventContext = field("event_context", Record, "eventContext", Json, "JSON: tags and condition keys added to the event");
    TlsVersion = field("tls_version", Tls, "tlsVersion", Text, "The TLS version of the call");
    CipherSuite = field("cipher_suite", Tls, "cipherSuite", Text, "The cipher suite of the call");
    ClientProvidedHostHeader = field("client_provided_host_header", Tls, "clientProvidedHostHeader", Text, "The host name the client called");
    EventId = needle("event_id", Record, "eventID", "The unique id of the event");
    RequestId = needle("request_id", Record, "requestID", "The id of the request");
    SharedEventId = needle("shared_event_id", Record, "sharedEventID", "The id that copies of one event in several accounts share");
    EventType = field("event_type", Record, "eventType", Text, "AwsApiCall, AwsConsoleSignIn, AwsServiceEvent ...");
    EventCategory = field("event_category", Record, "eventCategory", Text, "Management, Data, Insight or NetworkActivity");
    EventVersion = field("event_version", Record, "eventVersion", Text, "The version of the record's format");
    ApiVersion = field("api_version", Record, "apiVersion", Text, "The version of the API that was called");
    RecipientAccountId = field("recipient_account_id", Record, "recipientAccountId", Text, "The account that received the event");
    VpcEndpointId = field("vpc_endpoint_id", Record, "vpcEndpointId", Text, "The VPC endpoint the call went through");
    VpcEndpointAccountId = field("vpc_endpoint_account_id", Record, "vpcEndpointAccountId", Text, "The owner of that endpoint");
}

impl Slot {
    /// Its place in [`FIELDS`].
    pub(super) const fn index(self) -> usize {
        self as usize
    }
}

const fn derived(name: &'static str, kind: ColumnType, comment: &'static str, needle: bool) -> Column {
    Column { name, kind, comment, needle }
}

/// Columns that are computed from others and come first among them: who acted.
const WHO: [Column; 4] = [
    derived(
        "account_id",
        ColumnType::Text,
        "The account that received the event, else the caller's, else the one in the object's path",
        false,
    ),
    derived(
        "principal",
        ColumnType::Text,
        "Derived: one stable name for who acted; for a session the ARN of the role behind it",
        true,
    ),
    derived("session_name", ColumnType::Text, "Derived: the role session name", false),
    derived("outcome", ColumnType::Text, "Derived: success, denied or error", false),
];

/// Columns that are computed, and those that name where the record came from.
const LAST: [Column; 6] = [
    derived("resource_arns", ColumnType::TextList, "Derived: the ARNs of what was acted on", false),
    derived(
        "issued_access_key_id",
        ColumnType::Text,
        "Derived: the access key that the call handed out",
        true,
    ),
    derived(
        "unmapped",
        ColumnType::Json,
        "JSON: fields no column holds, and values a column cannot hold exactly, at their own path",
        false,
    ),
    derived("source_file", ColumnType::Text, "The URL of the object the record was read from", false),
    derived("source_index", ColumnType::Integer, "The record's place in that object, from 0", false),
    derived("event_date", ColumnType::Date, "The UTC day of the event; the partition", false),
];

/// How many fields stand before the columns of `WHO`: event_time, event_name, event_source, aws_region.
pub(super) const FIELDS_BEFORE_WHO: usize = Slot::SourceIp as usize;

/// All columns of the table, in order.
pub(super) static COLUMNS: LazyLock<Vec<Column>> = LazyLock::new(|| {
    let of_field = |field: &Field| Column {
        name: field.column,
        kind: match field.spelling {
            Text => ColumnType::Text,
            Json => ColumnType::Json,
            Flag | FlagText => ColumnType::Boolean,
            Time => ColumnType::Timestamp,
        },
        comment: field.comment,
        needle: field.needle,
    };
    let (first, rest) = FIELDS.split_at(FIELDS_BEFORE_WHO);
    first.iter().map(of_field).chain(WHO).chain(rest.iter().map(of_field)).chain(LAST).collect()
});

/// What a key of a node means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A field with a column: its place in [`FIELDS`].
    Field(usize),
    /// A node whose members have columns.
    Node(Node),
    /// No column holds it.
    Unknown,
}

/// A hash table without collisions over (node, key): the lookup runs some forty times a record.
struct Lookup {
    slots: [Option<(Node, &'static str, Meaning)>; SLOTS],
    seed: u64,
}

const SLOTS: usize = 1024;

/// Mixes the node with the first and the last eight bytes of the key.
#[inline]
fn hash(seed: u64, node: Node, key: &[u8]) -> usize {
    let word = |chunk: Option<&[u8; 8]>| chunk.map_or(0, |chunk| u64::from_le_bytes(*chunk));
    let mixed = match key.last_chunk::<8>() {
        Some(last) => word(key.first_chunk::<8>()) ^ u64::from_le_bytes(*last).rotate_left(29),
        None => key.iter().fold(0, |word, byte| (word << 8) | u64::from(*byte)),
    };
    let mixed = mixed ^ ((key.len() as u64) << 3) ^ node as u64;
    (mixed.wrapping_mul(seed) >> 40) as usize % SLOTS
}

static LOOKUP: LazyLock<Lookup> = LazyLock::new(|| {
    let fields = FIELDS.iter().enumerate().map(|(at, field)| (field.node, field.key, Meaning::Field(at)));
    let nodes = Node::CHILDREN.iter().map(|(node, parent, key)| (*parent, *key, Meaning::Node(*node)));
    let entries: Vec<_> = fields.chain(nodes).collect();
    // Tries seeds until no two entries share a slot; a test holds that one is found.
    let mut seed = 0x9E37_79B9_7F4A_7C15_u64;
    loop {
        let mut slots = [None; SLOTS];
        let free = entries.iter().all(|entry| {
            let slot = &mut slots[hash(seed, entry.0, entry.1.as_bytes())];
            let free = slot.is_none();
            *slot = Some(*entry);
            free
        });
        if free {
            return Lookup { slots, seed };
        }
        seed = seed.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(2) | 1;
    }
});

/// Tells what a key (without quotes) means in a node.
#[inline]
pub(super) fn meaning(node: Node, key: &[u8]) -> Meaning {
    let lookup = &*LOOKUP;
    match lookup.slots[hash(lookup.seed, node, key)] {
        Some((of, name, meaning)) if of == node && name.as_bytes() == key => meaning,
        _ => Meaning::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_found() {
        for (at, field) in FIELDS.iter().enumerate() {
            assert_eq!(meaning(field.node, field.key.as_bytes()), Meaning::Field(at), "{}", field.key);
        }
        for (node, parent, key) in Node::CHILDREN {
            assert_eq!(meaning(parent, key.as_bytes()), Meaning::Node(node));
        }
        assert_eq!(meaning(Node::Record, b""), Meaning::Unknown);
        assert_eq!(meaning(Node::Tls, b"eventTime"), Meaning::Unknown);
    }

    #[test]
    fn names_are_unique_and_event_date_is_last() {
        let names: std::collections::HashSet<_> = COLUMNS.iter().map(|column| column.name).collect();
        assert_eq!(names.len(), COLUMNS.len());
        assert_eq!(COLUMNS.last().unwrap().name, "event_date");
    }
}
