//! The one list of what is asked of AWS, and the permission each needs.
//!
//! A test holds the source to it: nothing is asked that is not here, and nothing is here that is not asked.

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// `doctor`, and `setup` before it plans.
    Doctor,
    /// `setup`, which reads or changes something.
    Setup,
    /// `setup --undo`.
    Undo,
}

/// What it is about, which bounds the permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum On {
    /// AWS knows no resource for it, or it lists all.
    Any,
    /// Every bucket, since any may be the log bucket or be audited.
    Buckets,
    /// The buckets of logs and those whose access is logged.
    Bucket,
    /// Trails of the account.
    Trails,
    /// The topic of setup.
    Topic,
    /// The subscriptions of that topic.
    Subscription,
    /// The queues of setup.
    Queue,
    /// The rule of setup.
    Rule,
    /// The role of setup.
    Role,
    /// Keys of the account.
    Keys,
}

/// An operation of an AWS service.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// The service, as `aws SERVICE` on the command line of AWS.
    pub service: &'static str,
    /// Its name in the API.
    pub name: &'static str,
    /// The permissions it needs.
    pub actions: &'static [&'static str],
    /// What they are for.
    pub on: On,
    /// Who asks.
    pub by: By,
}

const fn reads(
    service: &'static str,
    name: &'static str,
    actions: &'static [&'static str],
    on: On,
) -> Operation {
    Operation { service, name, actions, on, by: By::Doctor }
}

const fn sets(
    service: &'static str,
    name: &'static str,
    actions: &'static [&'static str],
    on: On,
) -> Operation {
    Operation { service, name, actions, on, by: By::Setup }
}

const fn undoes(
    service: &'static str,
    name: &'static str,
    actions: &'static [&'static str],
    on: On,
) -> Operation {
    Operation { service, name, actions, on, by: By::Undo }
}

/// All operations.
pub const OPERATIONS: &[Operation] = &[
    reads("sts", "GetCallerIdentity", &["sts:GetCallerIdentity"], On::Any),
    reads("organizations", "DescribeOrganization", &["organizations:DescribeOrganization"], On::Any),
    reads(
        "organizations",
        "ListAWSServiceAccessForOrganization",
        &["organizations:ListAWSServiceAccessForOrganization"],
        On::Any,
    ),
    reads("cloudtrail", "DescribeTrails", &["cloudtrail:DescribeTrails"], On::Any),
    reads("cloudtrail", "GetTrailStatus", &["cloudtrail:GetTrailStatus"], On::Trails),
    reads("cloudtrail", "GetEventSelectors", &["cloudtrail:GetEventSelectors"], On::Trails),
    reads("cloudtrail", "ListTags", &["cloudtrail:ListTags"], On::Trails),
    reads("s3", "ListBuckets", &["s3:ListAllMyBuckets"], On::Any),
    reads("s3", "GetBucketLocation", &["s3:GetBucketLocation"], On::Buckets),
    reads("s3", "GetBucketPolicy", &["s3:GetBucketPolicy"], On::Buckets),
    reads("s3", "GetBucketPolicyStatus", &["s3:GetBucketPolicyStatus"], On::Buckets),
    reads("s3", "GetPublicAccessBlock", &["s3:GetBucketPublicAccessBlock"], On::Buckets),
    reads("s3", "GetBucketEncryption", &["s3:GetEncryptionConfiguration"], On::Buckets),
    reads("s3", "GetBucketVersioning", &["s3:GetBucketVersioning"], On::Buckets),
    reads("s3", "GetBucketLifecycleConfiguration", &["s3:GetLifecycleConfiguration"], On::Buckets),
    reads("s3", "GetBucketNotificationConfiguration", &["s3:GetBucketNotification"], On::Buckets),
    reads("s3", "GetBucketTagging", &["s3:GetBucketTagging"], On::Buckets),
    reads("s3", "GetBucketLogging", &["s3:GetBucketLogging"], On::Buckets),
    reads("sns", "GetTopicAttributes", &["sns:GetTopicAttributes"], On::Topic),
    reads("sns", "ListSubscriptionsByTopic", &["sns:ListSubscriptionsByTopic"], On::Topic),
    reads("sns", "ListTagsForResource", &["sns:ListTagsForResource"], On::Topic),
    reads("sqs", "GetQueueUrl", &["sqs:GetQueueUrl"], On::Queue),
    reads("sqs", "GetQueueAttributes", &["sqs:GetQueueAttributes"], On::Queue),
    reads("sqs", "ListQueueTags", &["sqs:ListQueueTags"], On::Queue),
    reads("events", "DescribeRule", &["events:DescribeRule"], On::Rule),
    reads("events", "ListTargetsByRule", &["events:ListTargetsByRule"], On::Rule),
    reads("events", "ListTagsForResource", &["events:ListTagsForResource"], On::Rule),
    reads("iam", "GetRole", &["iam:GetRole"], On::Role),
    reads("iam", "GetRolePolicy", &["iam:GetRolePolicy"], On::Role),
    reads("kms", "DescribeKey", &["kms:DescribeKey"], On::Keys),
    reads("kms", "GetKeyPolicy", &["kms:GetKeyPolicy"], On::Keys),
    reads("kms", "GetKeyRotationStatus", &["kms:GetKeyRotationStatus"], On::Keys),
    sets("kms", "ListKeys", &["kms:ListKeys"], On::Any),
    sets("kms", "ListResourceTags", &["kms:ListResourceTags"], On::Keys),
    sets(
        "organizations",
        "EnableAWSServiceAccess",
        &["organizations:EnableAWSServiceAccess", "iam:CreateServiceLinkedRole"],
        On::Any,
    ),
    sets("kms", "CreateKey", &["kms:CreateKey", "kms:TagResource"], On::Any),
    sets("kms", "EnableKeyRotation", &["kms:EnableKeyRotation"], On::Keys),
    // An alias is a resource of its own besides the key it names.
    sets("kms", "CreateAlias", &["kms:CreateAlias"], On::Keys),
    sets("kms", "PutKeyPolicy", &["kms:PutKeyPolicy"], On::Keys),
    sets("s3", "CreateBucket", &["s3:CreateBucket"], On::Bucket),
    sets("s3", "PutBucketTagging", &["s3:PutBucketTagging"], On::Bucket),
    sets("s3", "PutPublicAccessBlock", &["s3:PutBucketPublicAccessBlock"], On::Bucket),
    sets("s3", "PutBucketEncryption", &["s3:PutEncryptionConfiguration"], On::Bucket),
    sets("s3", "PutBucketVersioning", &["s3:PutBucketVersioning"], On::Bucket),
    sets("s3", "PutBucketPolicy", &["s3:PutBucketPolicy"], On::Bucket),
    sets("s3", "PutBucketLifecycleConfiguration", &["s3:PutLifecycleConfiguration"], On::Bucket),
    sets("s3", "PutBucketNotificationConfiguration", &["s3:PutBucketNotification"], On::Bucket),
    sets("s3", "PutBucketLogging", &["s3:PutBucketLogging"], On::Bucket),
    sets("sns", "CreateTopic", &["sns:CreateTopic", "sns:TagResource"], On::Topic),
    sets("sns", "SetTopicAttributes", &["sns:SetTopicAttributes"], On::Topic),
    sets("sns", "Subscribe", &["sns:Subscribe"], On::Topic),
    sets("sqs", "CreateQueue", &["sqs:CreateQueue", "sqs:TagQueue"], On::Queue),
    sets("sqs", "SetQueueAttributes", &["sqs:SetQueueAttributes"], On::Queue),
    sets("events", "PutRule", &["events:PutRule", "events:TagResource"], On::Rule),
    sets("events", "PutTargets", &["events:PutTargets"], On::Rule),
    sets("cloudtrail", "CreateTrail", &["cloudtrail:CreateTrail", "cloudtrail:AddTags"], On::Trails),
    sets("cloudtrail", "UpdateTrail", &["cloudtrail:UpdateTrail"], On::Trails),
    sets("cloudtrail", "PutEventSelectors", &["cloudtrail:PutEventSelectors"], On::Trails),
    sets("cloudtrail", "StartLogging", &["cloudtrail:StartLogging"], On::Trails),
    sets("iam", "CreateRole", &["iam:CreateRole", "iam:TagRole"], On::Role),
    sets("iam", "PutRolePolicy", &["iam:PutRolePolicy"], On::Role),
    undoes("s3", "ListObjectVersions", &["s3:ListBucketVersions"], On::Bucket),
    undoes("s3", "DeleteBucketPolicy", &["s3:DeleteBucketPolicy"], On::Bucket),
    undoes("s3", "DeleteBucketLifecycle", &["s3:PutLifecycleConfiguration"], On::Bucket),
    undoes("s3", "DeleteBucket", &["s3:DeleteBucket"], On::Bucket),
    undoes("sns", "Unsubscribe", &["sns:Unsubscribe"], On::Subscription),
    undoes("sns", "DeleteTopic", &["sns:DeleteTopic"], On::Topic),
    undoes("sqs", "DeleteQueue", &["sqs:DeleteQueue"], On::Queue),
    undoes("events", "RemoveTargets", &["events:RemoveTargets"], On::Rule),
    undoes("events", "DeleteRule", &["events:DeleteRule"], On::Rule),
    undoes("cloudtrail", "DeleteTrail", &["cloudtrail:DeleteTrail"], On::Trails),
    undoes("iam", "DeleteRolePolicy", &["iam:DeleteRolePolicy"], On::Role),
    undoes("iam", "DeleteRole", &["iam:DeleteRole"], On::Role),
];

/// The operation of a service with that name.
pub fn operation(service: &str, name: &str) -> Option<&'static Operation> {
    OPERATIONS.iter().find(|operation| operation.service == service && operation.name == name)
}
