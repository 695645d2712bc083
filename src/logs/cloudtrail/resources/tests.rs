use std::path::Path;

use crate::logs::json::skip_value;

use super::*;

/// The ARNs of a call of `service:event` with these parameters, one a line.
fn of(call: &str, request: &str) -> String {
    let (service, event) = call.split_once(':').unwrap();
    let event = format!(
        r#"{{"eventSource":"{service}.amazonaws.com","eventName":"{event}","awsRegion":"eu-west-1",
            "recipientAccountId":"123456789012","requestParameters":{request}}}"#
    );
    of_event(&event)
}

fn of_event(event: &str) -> String {
    let mut found = Vec::new();
    resource_arns(&Facts::read(event.as_bytes()).unwrap(), &mut found);
    if found.is_empty() { "none".to_owned() } else { found.join("\n") }
}

#[test]
fn names_become_arns() {
    let cases = [
        (
            "ec2:RunInstances",
            r#"{"instancesSet":{"items":[{"imageId":"ami-0123456789abcdef0","keyName":"ops"}]},"iamInstanceProfile":{"name":"web"},"subnetId":"subnet-01234567"}"#,
        ),
        (
            "ec2:TerminateInstances",
            r#"{"instancesSet":{"items":[{"instanceId":"i-0123456789abcdef0"},{"instanceId":"i-01234567"},{"instanceId":"i-01234567"}]}}"#,
        ),
        (
            "ec2:DescribeInstances",
            r#"{"filterSet":{"items":[{"name":"vpc-id","valueSet":{"items":[{"value":"vpc-01234567"}]}}]}}"#,
        ),
        (
            "ec2:DeleteFlowLogs",
            r#"{"DeleteFlowLogsRequest":{"FlowLogId":{"tag":1,"content":"fl-0123456789abcdef0"}}}"#,
        ),
        (
            "ec2:ModifySnapshotAttribute",
            r#"{"snapshotId":"snap-0123456789abcdef0","createVolumePermission":{"add":{"items":[{"userId":"210987654321"}]}}}"#,
        ),
        (
            "ec2:AssociateRouteTable",
            r#"{"associationId":"rtbassoc-0123456789abcdef0","routeTableId":"rtb-0123456789abcdefg"}"#,
        ),
        (
            "ecs:RunTask",
            r#"{"cluster":"prod","taskDefinition":"web:3","networkConfiguration":{"awsvpcConfiguration":{"subnets":["subnet-01234567"],"securityGroups":["sg-01234567"]}}}"#,
        ),
        ("eks:DescribeCluster", r#"{"name":"prod"}"#),
        (
            "ssm:StartSession",
            r#"{"target":"i-0123456789abcdef0","documentName":"AWS-StartInteractiveCommand"}"#,
        ),
        ("ssm:GetParameters", r#"{"names":["/db/password","plain:3"],"withDecryption":true}"#),
        ("ssm:GetDocument", r#"{"name":"OpsRunbook"}"#),
        ("s3:GetObject", r#"{"key":"a/b c.txt","bucketName":"b","Host":"b.s3.amazonaws.com"}"#),
        ("s3:GetObject", r#"{"bucketName":"arn:aws:s3:eu-west-1:123456789012:accesspoint/door","key":"a"}"#),
        ("s3:CopyObject", r#"{"bucketName":"to","key":"k","x-amz-copy-source":"/from/a%20b?versionId=1"}"#),
        (
            "s3:PutBucketPolicy",
            r#"{"bucketName":"b","bucketPolicy":{"Statement":[{"Principal":{"AWS":"arn:aws:iam::210987654321:root"}}]}}"#,
        ),
        ("s3express:CreateSession", r#"{"bucketName":"b--use1-az4--x-s3"}"#),
        (
            "iam:AttachRolePolicy",
            r#"{"roleName":"Web","policyArn":"arn:aws:iam::aws:policy/AdministratorAccess"}"#,
        ),
        (
            "iam:PutRolePolicy",
            r#"{"roleName":"Web","policyName":"inline","policyDocument":"{\"Resource\":\"arn:aws:s3:::secret\"}"}"#,
        ),
        ("iam:CreateLoginProfile", r#"{"userName":"alice","tags":[{"key":"owner","value":"ops"}]}"#),
        (
            "lambda:AddPermission20150331v2",
            r#"{"functionName":"worker","fullyQualifiedArn":{"relativeId":{"functionName":"worker"}}}"#,
        ),
        ("lambda:Invoke", r#"{"functionName":"210987654321:function:worker"}"#),
        (
            "lambda:UpdateFunctionCode20150331v2",
            r#"{"functionName":"arn:aws:lambda:eu-west-1:123456789012:function:worker","s3Bucket":"code","s3Key":"x.zip"}"#,
        ),
        (
            "kms:Decrypt",
            r#"{"keyId":"1234abcd-12ab-34cd-56ef-1234567890ab","encryptionContext":{"SecretARN":"arn:aws:secretsmanager:eu-west-1:123456789012:secret:s-AbCdEf"}}"#,
        ),
        ("kms:DescribeKey", r#"{"keyId":"alias/aws/s3"}"#),
        ("dynamodb:DeleteTable", r#"{"TableName":"orders"}"#),
        ("rds:DeleteDBInstance", r#"{"dBInstanceIdentifier":"db1","finalDBSnapshotIdentifier":"last"}"#),
        ("secretsmanager:GetSecretValue", r#"{"secretId":"prod/db"}"#),
        ("sqs:SendMessage", r#"{"queueUrl":"https://sqs.eu-west-1.amazonaws.com/210987654321/jobs"}"#),
        ("sqs:SendMessage", r#"{"queueUrl":"jobs"}"#),
        ("sns:CreateTopic", r#"{"name":"alarms"}"#),
        ("cloudtrail:StopLogging", r#"{"name":"org-trail"}"#),
        (
            "cloudtrail:PutEventSelectors",
            r#"{"trailName":"org-trail","eventSelectors":[{"dataResources":[{"type":"AWS::S3::Object","values":["arn:aws:s3"]}]}]}"#,
        ),
        ("logs:DeleteLogGroup", r#"{"logGroupName":"/aws/lambda/worker"}"#),
        ("ecr:BatchGetImage", r#"{"repositoryName":"app","imageIds":[{"imageTag":"1"}]}"#),
        ("cloudformation:DeleteStack", r#"{"stackName":"web"}"#),
        (
            "states:StartExecution",
            r#"{"stateMachineArn":"arn:aws:states:eu-west-1:123456789012:stateMachine:m"}"#,
        ),
        ("bedrock:InvokeModel", r#"{"modelId":"anthropic.claude-v2"}"#),
        ("bedrock:Converse", r#"{"modelId":"eu.anthropic.claude-v2"}"#),
        ("route53:ChangeResourceRecordSets", r#"{"hostedZoneId":"/hostedzone/Z123"}"#),
        (
            "events:PutTargets",
            r#"{"rule":"nightly","targets":[{"arn":"arn:aws:lambda:eu-west-1:123456789012:function:worker"}]}"#,
        ),
        ("guardduty:DeleteDetector", r#"{"detectorId":"12abc34d567e8fa901bc2d34e56789f0"}"#),
        ("sts:GetCallerIdentity", "null"),
        ("iam:GetUser", r#"{"userName":"HIDDEN_DUE_TO_SECURITY_REASONS","roleName":""}"#),
    ];
    let table: String = cases
        .iter()
        .map(|(call, request)| format!("{call}\n  {}\n", of(call, request).replace('\n', "\n  ")))
        .collect();
    insta::assert_snapshot!(table, @"
    ec2:RunInstances
      arn:aws:ec2:eu-west-1::image/ami-0123456789abcdef0
      arn:aws:ec2:eu-west-1:123456789012:key-pair/ops
      arn:aws:iam::123456789012:instance-profile/web
      arn:aws:ec2:eu-west-1:123456789012:subnet/subnet-01234567
    ec2:TerminateInstances
      arn:aws:ec2:eu-west-1:123456789012:instance/i-0123456789abcdef0
      arn:aws:ec2:eu-west-1:123456789012:instance/i-01234567
    ec2:DescribeInstances
      none
    ec2:DeleteFlowLogs
      arn:aws:ec2:eu-west-1:123456789012:vpc-flow-log/fl-0123456789abcdef0
    ec2:ModifySnapshotAttribute
      arn:aws:ec2:eu-west-1::snapshot/snap-0123456789abcdef0
    ec2:AssociateRouteTable
      none
    ecs:RunTask
      arn:aws:ecs:eu-west-1:123456789012:cluster/prod
      arn:aws:ecs:eu-west-1:123456789012:task-definition/web:3
      arn:aws:ec2:eu-west-1:123456789012:subnet/subnet-01234567
      arn:aws:ec2:eu-west-1:123456789012:security-group/sg-01234567
    eks:DescribeCluster
      arn:aws:eks:eu-west-1:123456789012:cluster/prod
    ssm:StartSession
      arn:aws:ec2:eu-west-1:123456789012:instance/i-0123456789abcdef0
      arn:aws:ssm:eu-west-1::document/AWS-StartInteractiveCommand
    ssm:GetParameters
      arn:aws:ssm:eu-west-1:123456789012:parameter/db/password
      arn:aws:ssm:eu-west-1:123456789012:parameter/plain
    ssm:GetDocument
      arn:aws:ssm:eu-west-1:123456789012:document/OpsRunbook
    s3:GetObject
      arn:aws:s3:::b
      arn:aws:s3:::b/a/b c.txt
    s3:GetObject
      arn:aws:s3:eu-west-1:123456789012:accesspoint/door
      arn:aws:s3:eu-west-1:123456789012:accesspoint/door/object/a
    s3:CopyObject
      arn:aws:s3:::to
      arn:aws:s3:::from/a b
      arn:aws:s3:::to/k
    s3:PutBucketPolicy
      arn:aws:s3:::b
    s3express:CreateSession
      arn:aws:s3express:eu-west-1:123456789012:bucket/b--use1-az4--x-s3
    iam:AttachRolePolicy
      arn:aws:iam::123456789012:role/Web
      arn:aws:iam::aws:policy/AdministratorAccess
    iam:PutRolePolicy
      arn:aws:iam::123456789012:role/Web
    iam:CreateLoginProfile
      arn:aws:iam::123456789012:user/alice
    lambda:AddPermission20150331v2
      arn:aws:lambda:eu-west-1:123456789012:function:worker
    lambda:Invoke
      arn:aws:lambda:eu-west-1:210987654321:function:worker
    lambda:UpdateFunctionCode20150331v2
      arn:aws:lambda:eu-west-1:123456789012:function:worker
      arn:aws:s3:::code
    kms:Decrypt
      arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab
      arn:aws:secretsmanager:eu-west-1:123456789012:secret:s-AbCdEf
    kms:DescribeKey
      arn:aws:kms:eu-west-1:123456789012:alias/aws/s3
    dynamodb:DeleteTable
      arn:aws:dynamodb:eu-west-1:123456789012:table/orders
    rds:DeleteDBInstance
      arn:aws:rds:eu-west-1:123456789012:db:db1
      arn:aws:rds:eu-west-1:123456789012:snapshot:last
    secretsmanager:GetSecretValue
      arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db
    sqs:SendMessage
      arn:aws:sqs:eu-west-1:210987654321:jobs
    sqs:SendMessage
      none
    sns:CreateTopic
      arn:aws:sns:eu-west-1:123456789012:alarms
    cloudtrail:StopLogging
      arn:aws:cloudtrail:eu-west-1:123456789012:trail/org-trail
    cloudtrail:PutEventSelectors
      arn:aws:cloudtrail:eu-west-1:123456789012:trail/org-trail
    logs:DeleteLogGroup
      arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/worker
    ecr:BatchGetImage
      arn:aws:ecr:eu-west-1:123456789012:repository/app
    cloudformation:DeleteStack
      arn:aws:cloudformation:eu-west-1:123456789012:stack/web
    states:StartExecution
      arn:aws:states:eu-west-1:123456789012:stateMachine:m
    bedrock:InvokeModel
      arn:aws:bedrock:eu-west-1::foundation-model/anthropic.claude-v2
    bedrock:Converse
      arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-v2
    route53:ChangeResourceRecordSets
      arn:aws:route53:::hostedzone/Z123
    events:PutTargets
      arn:aws:events:eu-west-1:123456789012:rule/nightly
      arn:aws:lambda:eu-west-1:123456789012:function:worker
    guardduty:DeleteDetector
      arn:aws:guardduty:eu-west-1:123456789012:detector/12abc34d567e8fa901bc2d34e56789f0
    sts:GetCallerIdentity
      none
    iam:GetUser
      none
    ");
}

#[test]
fn all_parts_of_an_event_are_searched_in_order() {
    let event = r#"{"eventSource":"secretsmanager.amazonaws.com","eventName":"X","awsRegion":"us-gov-west-1",
        "userIdentity":{"accountId":"123456789012"},
        "additionalEventData":{"ARN":"arn:aws-us-gov:s3:::last","Name":"n"},
        "serviceEventDetails":{"snapshotId":"snap-0123456789abcdef0"},
        "responseElements":{"arn":"arn:aws-us-gov:s3:::third"},
        "requestParameters":{"secretId":"second","again":"arn:aws-us-gov:s3:::first"},
        "resources":[{"ARN":"arn:aws-us-gov:s3:::first","accountId":"1"},{"ARNPrefix":"arn:aws-us-gov:s3:::first/"}]}"#;
    insta::assert_snapshot!(of_event(event), @"
    arn:aws-us-gov:s3:::first
    arn:aws-us-gov:s3:::first/
    arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:second
    arn:aws-us-gov:s3:::third
    arn:aws-us-gov:ec2:us-gov-west-1::snapshot/snap-0123456789abcdef0
    arn:aws-us-gov:s3:::last
    ");
}

#[test]
fn resources_come_in_many_shapes() {
    for resources in [
        r#"[{"arn":"arn:aws:s3:::b"}]"#,
        r#"{"resourceArn":"arn:aws:s3:::b"}"#,
        r#""arn:aws:s3:::b""#,
        r#"["arn:aws:s3:::b"]"#,
    ] {
        assert_eq!(of_event(&format!(r#"{{"eventName":"X","resources":{resources}}}"#)), "arn:aws:s3:::b");
    }
    assert_eq!(of_event(r#"{"eventName":"X","resources":null}"#), "none");
}

#[test]
fn nothing_is_made_up_without_region_or_account() {
    let event = r#"{"eventSource":"sqs.amazonaws.com","eventName":"X","requestParameters":{"queueName":"q","bucketName":"b"}}"#;
    assert_eq!(of_event(event), "arn:aws:s3:::b");
}

#[test]
fn the_number_is_bounded() {
    let items: Vec<_> = (0..2000).map(|number| format!(r#"{{"instanceId":"i-{number:08x}"}}"#)).collect();
    let found = of("ec2:DescribeInstances", &format!("[{}]", items.join(",")));
    assert_eq!(found.lines().count(), MOST);
}

/// Calls `visit` with each event in a text, however it is wrapped.
fn each_event(text: &[u8], visit: &mut dyn FnMut(&[u8])) {
    let mut at = 0;
    while let Some(start) = memchr::memchr(b'{', text.get(at..).unwrap_or_default()) {
        at += start;
        let end = skip_value(text, at).ok();
        let value = end.and_then(|end| text.get(at..end));
        match value.filter(|value| Facts::read(value).is_some_and(|facts| facts.event_source.is_some())) {
            Some(event) => {
                visit(event);
                at += event.len();
            }
            None => at += 1,
        }
    }
}

/// Tells whether the caller is told by more than a type.
fn says_anything(facts: &Facts<'_>) -> bool {
    [
        &facts.user_arn,
        &facts.user_principal_id,
        &facts.user_account_id,
        &facts.invoked_by,
        &facts.user_name,
        &facts.access_key_id,
    ]
    .into_iter()
    .any(|field| said(field).is_some())
}

fn each_file(folder: &Path, visit: &mut dyn FnMut(&[u8])) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            each_file(&path, visit);
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        if bytes.starts_with(&[0x1f, 0x8b]) {
            let mut inflated = Vec::new();
            std::io::Read::read_to_end(
                &mut flate2::read::MultiGzDecoder::new(bytes.as_slice()),
                &mut inflated,
            )
            .unwrap();
            visit(&inflated);
        } else {
            visit(&bytes);
        }
    }
}

/// Public logs lie beside the checkout on some machines; see their README.
#[test]
fn real_events_all_have_a_principal() {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["../shared/data/cloudtrail", "../../shared/data/cloudtrail"];
    let Some(folder) = folders.iter().map(|folder| checkout.join(folder)).find(|folder| folder.is_dir())
    else {
        println!("skipped: there are no public logs beside the checkout");
        return;
    };
    let (mut events, mut arns) = (0, 0);
    let mut found = Vec::new();
    each_file(&folder, &mut |text| {
        each_event(text, &mut |event| {
            let facts = Facts::read(event).unwrap();
            let name = crate::logs::cloudtrail::derive::principal(&facts);
            assert_eq!(name.is_some(), says_anything(&facts), "{}", String::from_utf8_lossy(event));
            crate::logs::cloudtrail::derive::tests::derive_all(event).unwrap();
            resource_arns(&facts, &mut found);
            events += 1;
            arns += found.len();
        });
    });
    println!("{events} events name {arns} resources");
    assert!(events > 4000, "only {events} events were found");
}
