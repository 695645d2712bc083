//! Which key of which service names what: the one place to teach trailql another resource.
//!
//! A pattern is the ARN without `arn:<partition>:`. `R` stands for the event's region, `A` for the recipient's
//! account, `{}` for the name. A key matches wherever it stands, in any spelling of case, since services log
//! `tableName`, `TableName` and `dBInstanceIdentifier`; written `parent.key` it must stand in an object of
//! that key, and `.key` directly in the request or response: `name` says little further down.

use std::borrow::Cow;

use crate::logs::cloudtrail::derive::is_account;
use crate::logs::cloudtrail::resources::Scope;
use crate::logs::cloudtrail::walk::Place;
use crate::logs::cloudtrail::walk::unquoted;

/// One key that names a resource.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    key: &'static str,
    /// The event's name must contain it.
    event: &'static str,
    pattern: &'static str,
    /// Turns the text into the pattern and the name within it where they depend on what it says.
    reading: Option<Reading>,
}

type Reading = fn(&str) -> Option<(&'static str, Cow<'_, str>)>;

const fn rule(key: &'static str, pattern: &'static str) -> Rule {
    Rule { key, event: "", pattern, reading: None }
}

const fn when(event: &'static str, key: &'static str, pattern: &'static str) -> Rule {
    Rule { key, event, pattern, reading: None }
}

const fn read(event: &'static str, key: &'static str, reading: Reading) -> Rule {
    Rule { key, event, pattern: "", reading: Some(reading) }
}

/// Keys that mean the same in every service.
const EVERYWHERE: &[Rule] = &[
    rule("bucketName", "s3:::{}"),
    rule("s3BucketName", "s3:::{}"),
    rule("outputS3BucketName", "s3:::{}"),
    rule("s3Bucket", "s3:::{}"),
    rule("logGroupName", "logs:R:A:log-group:{}"),
];

/// The rules of each service, named as in `eventSource` before the first dot, in alphabetical order.
#[rustfmt::skip]
const SERVICES: &[(&str, &[Rule])] = &[
    ("access-analyzer", &[rule("analyzerName", "access-analyzer:R:A:analyzer/{}")]),
    ("amplify", &[rule("appId", "amplify:R:A:apps/{}")]),
    ("apigateway", &[rule("restApiId", "apigateway:R::/restapis/{}"), rule("apiId", "apigateway:R::/apis/{}")]),
    ("appsync", &[rule("apiId", "appsync:R:A:apis/{}")]),
    ("athena", &[rule("workGroup", "athena:R:A:workgroup/{}")]),
    ("backup", &[rule("backupVaultName", "backup:R:A:backup-vault:{}")]),
    ("bedrock", &[
        read("", "modelId", bedrock_model),
        rule("agentId", "bedrock:R:A:agent/{}"),
        rule("guardrailIdentifier", "bedrock:R:A:guardrail/{}"),
        rule("knowledgeBaseId", "bedrock:R:A:knowledge-base/{}"),
    ]),
    ("cloudformation", &[rule("stackName", "cloudformation:R:A:stack/{}"), rule("stackSetName", "cloudformation:R:A:stackset/{}")]),
    ("cloudfront", &[when("Distribution", ".id", "cloudfront::A:distribution/{}"), rule("distributionId", "cloudfront::A:distribution/{}")]),
    ("cloudtrail", &[
        rule("trailName", "cloudtrail:R:A:trail/{}"),
        rule("trailNameList", "cloudtrail:R:A:trail/{}"),
        when("Trail", ".name", "cloudtrail:R:A:trail/{}"),
        when("Logging", ".name", "cloudtrail:R:A:trail/{}"),
    ]),
    ("codebuild", &[rule("projectName", "codebuild:R:A:project/{}")]),
    ("codecommit", &[rule("repositoryName", "codecommit:R:A:{}")]),
    ("codedeploy", &[rule("applicationName", "codedeploy:R:A:application:{}")]),
    ("cognito-identity", &[rule("identityPoolId", "cognito-identity:R:A:identitypool/{}")]),
    ("cognito-idp", &[rule("userPoolId", "cognito-idp:R:A:userpool/{}")]),
    ("ds", &[rule("directoryId", "ds:R:A:directory/{}")]),
    ("dynamodb", &[
        rule("tableName", "dynamodb:R:A:table/{}"),
        rule("sourceTableName", "dynamodb:R:A:table/{}"),
        rule("targetTableName", "dynamodb:R:A:table/{}"),
    ]),
    ("ec2", &[rule("keyName", "ec2:R:A:key-pair/{}"), rule("iamInstanceProfile.name", "iam::A:instance-profile/{}")]),
    ("ecr", &[rule("repositoryName", "ecr:R:A:repository/{}"), rule("repositoryNames", "ecr:R:A:repository/{}")]),
    ("ecr-public", &[rule("repositoryName", "ecr-public::A:repository/{}")]),
    ("ecs", &[
        rule("cluster", "ecs:R:A:cluster/{}"),
        rule("clusterName", "ecs:R:A:cluster/{}"),
        rule("taskDefinition", "ecs:R:A:task-definition/{}"),
    ]),
    ("eks", &[when("Cluster", ".name", "eks:R:A:cluster/{}"), rule("clusterName", "eks:R:A:cluster/{}")]),
    ("elasticache", &[rule("cacheClusterId", "elasticache:R:A:cluster:{}"), rule("replicationGroupId", "elasticache:R:A:replicationgroup:{}")]),
    ("elasticbeanstalk", &[rule("applicationName", "elasticbeanstalk:R:A:application/{}")]),
    ("elasticfilesystem", &[rule("fileSystemId", "elasticfilesystem:R:A:file-system/{}")]),
    ("elasticloadbalancing", &[rule("loadBalancerName", "elasticloadbalancing:R:A:loadbalancer/{}")]),
    ("elasticmapreduce", &[
        rule("clusterId", "elasticmapreduce:R:A:cluster/{}"),
        rule("jobFlowId", "elasticmapreduce:R:A:cluster/{}"),
        rule("jobFlowIds", "elasticmapreduce:R:A:cluster/{}"),
    ]),
    ("es", &[rule("domainName", "es:R:A:domain/{}")]),
    ("events", &[
        when("Rule", ".name", "events:R:A:rule/{}"),
        rule(".rule", "events:R:A:rule/{}"),
        rule("eventBusName", "events:R:A:event-bus/{}"),
    ]),
    ("firehose", &[rule("deliveryStreamName", "firehose:R:A:deliverystream/{}")]),
    ("fsx", &[rule("fileSystemId", "fsx:R:A:file-system/{}")]),
    ("glue", &[
        rule("databaseName", "glue:R:A:database/{}"),
        rule("jobName", "glue:R:A:job/{}"),
        rule("crawlerName", "glue:R:A:crawler/{}"),
    ]),
    ("guardduty", &[rule("detectorId", "guardduty:R:A:detector/{}")]),
    ("iam", &[
        rule("userName", "iam::A:user/{}"),
        rule("newUserName", "iam::A:user/{}"),
        rule("roleName", "iam::A:role/{}"),
        rule("groupName", "iam::A:group/{}"),
        rule("newGroupName", "iam::A:group/{}"),
        rule("instanceProfileName", "iam::A:instance-profile/{}"),
        rule("serverCertificateName", "iam::A:server-certificate/{}"),
        rule("virtualMFADeviceName", "iam::A:mfa/{}"),
    ]),
    ("kinesis", &[rule("streamName", "kinesis:R:A:stream/{}")]),
    ("kms", &[
        read("", "keyId", kms_key),
        read("", "targetKeyId", kms_key),
        read("", "sourceKeyId", kms_key),
        read("", "destinationKeyId", kms_key),
        rule("aliasName", "kms:R:A:{}"),
    ]),
    ("lambda", &[read("", "functionName", lambda_function), rule("layerName", "lambda:R:A:layer:{}")]),
    ("monitoring", &[
        rule("alarmName", "cloudwatch:R:A:alarm:{}"),
        rule("alarmNames", "cloudwatch:R:A:alarm:{}"),
        rule("dashboardName", "cloudwatch::A:dashboard/{}"),
    ]),
    ("rds", &[
        rule("dBInstanceIdentifier", "rds:R:A:db:{}"),
        rule("sourceDBInstanceIdentifier", "rds:R:A:db:{}"),
        rule("targetDBInstanceIdentifier", "rds:R:A:db:{}"),
        rule("newDBInstanceIdentifier", "rds:R:A:db:{}"),
        rule("dBClusterIdentifier", "rds:R:A:cluster:{}"),
        rule("sourceDBClusterIdentifier", "rds:R:A:cluster:{}"),
        rule("dBSnapshotIdentifier", "rds:R:A:snapshot:{}"),
        rule("sourceDBSnapshotIdentifier", "rds:R:A:snapshot:{}"),
        rule("targetDBSnapshotIdentifier", "rds:R:A:snapshot:{}"),
        rule("finalDBSnapshotIdentifier", "rds:R:A:snapshot:{}"),
        rule("dBClusterSnapshotIdentifier", "rds:R:A:cluster-snapshot:{}"),
        rule("dBSubnetGroupName", "rds:R:A:subgrp:{}"),
        rule("dBParameterGroupName", "rds:R:A:pg:{}"),
    ]),
    ("redshift", &[rule("clusterIdentifier", "redshift:R:A:cluster:{}")]),
    ("rolesanywhere", &[rule("profileId", "rolesanywhere:R:A:profile/{}"), rule("trustAnchorId", "rolesanywhere:R:A:trust-anchor/{}")]),
    ("route53", &[read("", "hostedZoneId", hosted_zone), read("HostedZone", ".id", hosted_zone)]),
    ("route53resolver", &[rule("resolverQueryLogConfigId", "route53resolver:R:A:resolver-query-log-config/{}")]),
    ("s3", &[rule(".bucket", "s3:::{}"), read("", "x-amz-copy-source", s3_copy_source)]),
    ("s3express", &[rule("bucketName", "s3express:R:A:bucket/{}")]),
    ("sagemaker", &[
        rule("notebookInstanceName", "sagemaker:R:A:notebook-instance/{}"),
        rule("endpointName", "sagemaker:R:A:endpoint/{}"),
        rule("modelName", "sagemaker:R:A:model/{}"),
        rule("trainingJobName", "sagemaker:R:A:training-job/{}"),
    ]),
    ("secretsmanager", &[
        rule("secretId", "secretsmanager:R:A:secret:{}"),
        rule("secretIdList", "secretsmanager:R:A:secret:{}"),
        when("Secret", ".name", "secretsmanager:R:A:secret:{}"),
    ]),
    ("ses", &[rule("identity", "ses:R:A:identity/{}"), rule("emailIdentity", "ses:R:A:identity/{}")]),
    ("sns", &[when("Topic", ".name", "sns:R:A:{}")]),
    ("sqs", &[read("", "queueUrl", sqs_queue), rule("queueName", "sqs:R:A:{}")]),
    ("ssm", &[
        read("Parameter", ".name", ssm_parameter),
        read("Parameter", ".names", ssm_parameter),
        read("Document", ".name", ssm_document),
        read("", "documentName", ssm_document),
        rule("sessionId", "ssm:R:A:session/{}"),
    ]),
    ("transfer", &[rule("serverId", "transfer:R:A:server/{}")]),
    ("workspaces", &[rule("workspaceId", "workspaces:R:A:workspace/{}")]),
];

/// The rules of a service; none if the table does not know it.
pub(super) fn rules(service: &str) -> &'static [Rule] {
    let known = SERVICES.binary_search_by_key(&service, |(name, _)| name);
    known.ok().and_then(|at| SERVICES.get(at)).map_or(&[], |(_, rules)| rules)
}

/// The rule for a text in this place of such an event: the service's, else one of [`EVERYWHERE`].
pub(super) fn rule_for(rules: &'static [Rule], place: Place<'_>, event: &str) -> Option<&'static Rule> {
    let fits = |rule: &&Rule| rule.fits(place, event);
    rules.iter().find(fits).or_else(|| EVERYWHERE.iter().find(fits))
}

impl Rule {
    /// Tells whether a text in this place of such an event is meant.
    fn fits(&self, place: Place<'_>, event: &str) -> bool {
        // Nearly every rule fails here.
        let key = self.key.as_bytes();
        let Some(start) = key.len().checked_sub(place.key.len()) else { return false };
        let parent_fits = match start.checked_sub(1) {
            None => true,
            Some(dot) if key.get(dot) == Some(&b'.') => {
                key.get(..dot).is_some_and(|parent| parent.eq_ignore_ascii_case(place.parent))
            }
            Some(_) => false,
        };
        parent_fits
            && !place.key.is_empty()
            && key.get(start..).is_some_and(|name| name.eq_ignore_ascii_case(place.key))
            && event.contains(self.event)
    }

    /// Makes the ARN; `None` if the text is no such name, or the region or account is not known.
    pub(super) fn arn(&self, scope: &Scope<'_>, name: &str) -> Option<String> {
        match self.reading {
            None => scope.fill(self.pattern, name),
            Some(reading) => {
                let (pattern, name) = reading(name)?;
                scope.fill(pattern, &name)
            }
        }
    }
}

/// `us.anthropic.claude...` is an inference profile over several regions, `anthropic.claude...` a model.
fn bedrock_model(id: &str) -> Option<(&'static str, Cow<'_, str>)> {
    const GEOGRAPHIES: [&str; 8] = ["us", "us-gov", "eu", "apac", "jp", "au", "ca", "global"];
    let profile = id.split_once('.').is_some_and(|(first, _)| GEOGRAPHIES.contains(&first));
    let pattern = if profile { "bedrock:R:A:inference-profile/{}" } else { "bedrock:R::foundation-model/{}" };
    Some((pattern, Cow::Borrowed(id)))
}

fn kms_key(id: &str) -> Option<(&'static str, Cow<'_, str>)> {
    let pattern = if id.starts_with("alias/") { "kms:R:A:{}" } else { "kms:R:A:key/{}" };
    Some((pattern, Cow::Borrowed(id)))
}

/// A function's name, or `<account>:function:<name>`: the owner may be another account.
fn lambda_function(name: &str) -> Option<(&'static str, Cow<'_, str>)> {
    let owned = name.split_once(":function:").is_some_and(|(account, _)| is_account(account));
    let pattern = if owned { "lambda:R:{}" } else { "lambda:R:A:function:{}" };
    Some((pattern, Cow::Borrowed(name)))
}

fn hosted_zone(id: &str) -> Option<(&'static str, Cow<'_, str>)> {
    Some(("route53:::hostedzone/{}", Cow::Borrowed(id.trim_start_matches("/hostedzone/"))))
}

/// `bucket/key`, percent-encoded, perhaps with a slash before and a version behind.
fn s3_copy_source(source: &str) -> Option<(&'static str, Cow<'_, str>)> {
    let source = source.strip_prefix('/').unwrap_or(source);
    let source = source.split_once("?versionId=").map_or(source, |(source, _)| source);
    Some(("s3:::{}", decode_percent(source)))
}

fn decode_percent(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let hex = (byte == b'%').then(|| after.get(..2)).flatten();
        let hex = hex.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        decoded.push(hex.unwrap_or(byte));
        rest = if hex.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8(decoded).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// `https://sqs.<region>.amazonaws.com/<account>/<name>`: the owner may be another account.
fn sqs_queue(url: &str) -> Option<(&'static str, Cow<'_, str>)> {
    let (rest, name) = url.rsplit_once('/')?;
    let (_, account) = rest.rsplit_once('/')?;
    let owner_and_name = Cow::Owned(format!("{account}:{name}"));
    // The pattern has the account in the name's place.
    (!name.is_empty() && is_account(account)).then_some(("sqs:R:{}", owner_and_name))
}

/// A name, perhaps with `:version` or `:label` behind, perhaps a path with a slash before.
fn ssm_parameter(name: &str) -> Option<(&'static str, Cow<'_, str>)> {
    let name = name.split(':').next().unwrap_or(name);
    Some(("ssm:R:A:parameter/{}", Cow::Borrowed(name.strip_prefix('/').unwrap_or(name))))
}

/// Documents of AWS itself belong to no account.
fn ssm_document(name: &str) -> Option<(&'static str, Cow<'_, str>)> {
    let pattern = if name.starts_with("AWS") { "ssm:R::document/{}" } else { "ssm:R:A:document/{}" };
    Some((pattern, Cow::Borrowed(name)))
}

/// What the ids of EC2 begin with. Images and snapshots have no account in their ARNs.
#[rustfmt::skip]
const EC2_IDS: &[(&str, &str)] = &[
    ("acl", "ec2:R:A:network-acl/{}"),
    ("ami", "ec2:R::image/{}"),
    ("cgw", "ec2:R:A:customer-gateway/{}"),
    ("cr", "ec2:R:A:capacity-reservation/{}"),
    ("cvpn-endpoint", "ec2:R:A:client-vpn-endpoint/{}"),
    ("dopt", "ec2:R:A:dhcp-options/{}"),
    ("eigw", "ec2:R:A:egress-only-internet-gateway/{}"),
    ("eipalloc", "ec2:R:A:elastic-ip/{}"),
    ("eni", "ec2:R:A:network-interface/{}"),
    ("fl", "ec2:R:A:vpc-flow-log/{}"),
    ("i", "ec2:R:A:instance/{}"),
    ("igw", "ec2:R:A:internet-gateway/{}"),
    ("lt", "ec2:R:A:launch-template/{}"),
    ("mi", "ssm:R:A:managed-instance/{}"),
    ("nat", "ec2:R:A:natgateway/{}"),
    ("pcx", "ec2:R:A:vpc-peering-connection/{}"),
    ("pl", "ec2:R:A:prefix-list/{}"),
    ("rtb", "ec2:R:A:route-table/{}"),
    ("sg", "ec2:R:A:security-group/{}"),
    ("sgr", "ec2:R:A:security-group-rule/{}"),
    ("snap", "ec2:R::snapshot/{}"),
    ("subnet", "ec2:R:A:subnet/{}"),
    ("tgw", "ec2:R:A:transit-gateway/{}"),
    ("tgw-attach", "ec2:R:A:transit-gateway-attachment/{}"),
    ("tgw-rtb", "ec2:R:A:transit-gateway-route-table/{}"),
    ("tmf", "ec2:R:A:traffic-mirror-filter/{}"),
    ("tms", "ec2:R:A:traffic-mirror-session/{}"),
    ("tmt", "ec2:R:A:traffic-mirror-target/{}"),
    ("vgw", "ec2:R:A:vpn-gateway/{}"),
    ("vol", "ec2:R:A:volume/{}"),
    ("vpc", "ec2:R:A:vpc/{}"),
    ("vpce", "ec2:R:A:vpc-endpoint/{}"),
    ("vpce-svc", "ec2:R:A:vpc-endpoint-service/{}"),
    ("vpn", "ec2:R:A:vpn-connection/{}"),
];

/// How the keys end under which ids of EC2 stand, in whatever service.
const EC2_KEYS: [&str; 9] =
    ["id", "ids", "idset", "identifier", "identifiers", "groups", "subnets", "target", "targets"];

/// The pattern for an id of EC2: a known beginning and 8 or 17 hexadecimal digits, under a key that takes ids.
///
/// The value of a Describe call's filter is no such key: a filter asks, it does not touch.
pub(super) fn ec2_pattern(place: Place<'_>, raw: &[u8]) -> Option<&'static str> {
    let id = unquoted(raw);
    let dash = match (id.len().checked_sub(9), id.len().checked_sub(18)) {
        (_, Some(at)) if id.get(at) == Some(&b'-') => at,
        (Some(at), _) if id.get(at) == Some(&b'-') => at,
        _ => return None,
    };
    let (prefix, digits) = id.split_at_checked(dash)?;
    if !digits.get(1..)?.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let known = EC2_IDS.binary_search_by_key(&prefix, |(prefix, _)| prefix.as_bytes()).ok()?;
    // Lists as EC2 writes them: `"VpcIds": {"tag": 1, "content": ...}`, `"flowLogIdSet": {"item": ...}`.
    let key = if matches!(place.key, b"content" | b"item" | b"items" | b"member") {
        place.parent
    } else {
        place.key
    };
    let takes_ids = EC2_KEYS.iter().any(|end| {
        let start = key.len().checked_sub(end.len());
        start
            .and_then(|start| key.get(start..))
            .is_some_and(|found| found.eq_ignore_ascii_case(end.as_bytes()))
    });
    if takes_ids { EC2_IDS.get(known).map(|(_, pattern)| *pattern) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_in_order_and_patterns_whole() {
        assert!(SERVICES.is_sorted_by_key(|(name, _)| name));
        assert!(EC2_IDS.is_sorted_by_key(|(prefix, _)| prefix));
        let ruled = SERVICES.iter().flat_map(|(_, rules)| *rules).chain(EVERYWHERE).map(|rule| rule.pattern);
        for pattern in
            ruled.filter(|pattern| !pattern.is_empty()).chain(EC2_IDS.iter().map(|(_, pattern)| *pattern))
        {
            let scope = Scope { partition: "aws", region: "us-east-1", account: "123456789012" };
            let arn = scope.fill(pattern, "name").unwrap();
            assert!(crate::logs::arn::Arn::parse(&arn).is_some(), "{pattern} gives {arn}");
        }
    }

    #[test]
    fn percent_is_decoded_where_it_encodes() {
        assert_eq!(decode_percent("b/a%20b%2fc"), "b/a b/c");
        assert_eq!(decode_percent("b/100%"), "b/100%");
        assert_eq!(decode_percent("b/%ff"), "b/%ff");
    }
}
