use super::run;
use super::session;

/// Prints what the functions say of each policy, seen from account 111122223333.
async fn told(policies: &[&str]) -> String {
    let context = session();
    let mut printed = String::new();
    for policy in policies {
        let policy = policy.replace('\'', "''");
        let query = format!(
            "SELECT policy_principals('{policy}') AS principals, policy_grants_public('{policy}') AS public,
                    policy_external_accounts('{policy}', '111122223333') AS external, policy_actions('{policy}') AS actions"
        );
        let lines = run(&context, &query).await;
        let row = lines.lines().nth(3).unwrap();
        let row: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        let nothing = row.iter().all(|text| text.is_empty());
        printed.push_str(&format!("{}\n", if nothing { "NULL".to_owned() } else { row.join(" | ") }));
    }
    printed
}

/// Tells for each condition whether a policy for everyone that has it is public, and which accounts it names.
async fn conditions(conditions: &[&str]) -> String {
    let context = session();
    let mut printed = String::new();
    for condition in conditions {
        let policy = format!(
            r#"{{"Statement":{{"Effect":"Allow","Principal":"*","Action":"*","Condition":{{{condition}}}}}}}"#
        );
        let query = format!(
            "SELECT CASE WHEN policy_grants_public('{policy}') THEN 'public' ELSE 'restricted' END,
                    policy_external_accounts('{policy}', '111122223333')"
        );
        let lines = run(&context, &query).await;
        let row: Vec<_> = lines.lines().nth(3).unwrap().trim_matches('|').split('|').map(str::trim).collect();
        printed.push_str(format!("{} {condition}", row.join(" ")).trim_end());
        printed.push('\n');
    }
    printed
}

#[tokio::test]
async fn statements() {
    let printed = told(&[
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:GetObject"}}"#,
        r#"{"Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":["a:B","a:C"]},{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::444455556666:root","111122223333"]},"Action":"a:B"}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Principal":{"Service":["ec2.amazonaws.com","s3.amazonaws.com"],"Federated":"arn:aws:iam::444455556666:saml-provider/idp","CanonicalUser":"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"},"Action":"sts:AssumeRole"}]}"#,
        r#"{"Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*"},{"Effect":"Deny","NotPrincipal":{"AWS":"444455556666"},"NotAction":"x:Y"}]}"#,
        r#"{"Statement":[{"Effect":"Allow","NotPrincipal":{"AWS":"arn:aws:iam::444455556666:root"},"NotAction":["iam:*","sts:*"]}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":"sqs:SendMessage","Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:sns:us-east-1:444455556666:*"}}}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Principal":{"Federated":"*","Service":"*"},"Action":"x"}]}"#,
        r#"{"statement":[{"effect":"allow","principal":{"aws":"444455556666"},"action":"x:y"}]}"#,
        r#"{"Version":"2012-10-17","Statement":[]}"#,
        r#"{"Statement":[{"Effect":"Allow","Principal":{"AWS":{"Ref":"X"}},"Action":{"Ref":"Y"}}]}"#,
    ])
    .await;
    insta::assert_snapshot!(printed, @"
    [*] | true | [] | [s3:GetObject]
    [*, arn:aws:iam::444455556666:root, 111122223333] | true | [444455556666] | [a:B, a:C]
    [0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef, arn:aws:iam::444455556666:saml-provider/idp, ec2.amazonaws.com, s3.amazonaws.com] | false | [0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef, 444455556666] | [sts:AssumeRole]
    [] | false | [] | []
    [NotPrincipal:arn:aws:iam::444455556666:root] | true | [] | [NotAction:iam:*, NotAction:sts:*]
    [] | false | [] | [*]
    [sns.amazonaws.com] | false | [444455556666] | [sqs:SendMessage]
    [*] | false | [] | [x]
    [444455556666] | false | [444455556666] | [x:y]
    [] | false | [] | []
    [] | false | [] | []
    ");
}

#[tokio::test]
async fn wherever_a_policy_stands() {
    let printed = told(&[
        // IAM: JSON in a text; percent-encoded, with spaces as %20 or +; escapes cannot hide it.
        r#"{"roleName":"r","assumeRolePolicyDocument":"{\n  \"Statement\": [{\"Effect\": \"Allow\", \"Principal\": {\"AWS\": \"444455556666\"}, \"Action\": \"sts:AssumeRole\"}]}"}"#,
        r#"{"policyDocument":"%7B%22Statement%22%3A%20%5B%7B%22Effect%22%3A%20%22Allow%22%2C%20%22Principal%22%3A%20%7B%22AWS%22%3A%20%22%2A%22%7D%2C%20%22Action%22%3A%20%22sts%3AAssumeRole%22%7D%5D%7D"}"#,
        r#"{"policyDocument":"%7B%22Statement%22%3A+%5B%7B%22Effect%22%3A+%22Allow%22%2C+%22Principal%22%3A+%22*%22%2C+%22Action%22%3A+%22a%2Bb%22%7D%5D%7D"}"#,
        r#"{"policyDocument":"{\"Statement\":{\"\\u0045ffect\":\"Allow\",\"\\u0050rincipal\":\"*\",\"Action\":\"x\"}}"}"#,
        // The response of CreateRole, of AddPermission; SNS; SQS; S3; a text in quotes.
        r#"{"role":{"roleName":"r","assumeRolePolicyDocument":"%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22ec2.amazonaws.com%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%7D"}}"#,
        r#"{"statement":"{\"Sid\":\"s\",\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"lambda:InvokeFunction\",\"Resource\":\"r\"}"}"#,
        r#"{"attributeName":"Policy","attributeValue":"{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"SNS:Publish\"}]}","topicArn":"t"}"#,
        r#"{"attributes":{"Policy":"{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"sqs:*\"}]}"},"queueUrl":"q"}"#,
        r#"{"bucketPolicy":{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject"}]},"bucketName":"b","policy":""}"#,
        r#""{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"x\"}]}""#,
        "  %7B%22Statement%22:%7B%22Effect%22:%22Allow%22,%22Principal%22:%22*%22,%22Action%22:%22x%22%7D%7D ",
    ])
    .await;
    insta::assert_snapshot!(printed, @"
    [444455556666] | false | [444455556666] | [sts:AssumeRole]
    [*] | true | [] | [sts:AssumeRole]
    [*] | true | [] | [a+b]
    [*] | true | [] | [x]
    [ec2.amazonaws.com] | false | [] | [sts:AssumeRole]
    [*] | true | [] | [lambda:InvokeFunction]
    [*] | true | [] | [SNS:Publish]
    [*] | true | [] | [sqs:*]
    [*] | true | [] | [s3:GetObject]
    [*] | true | [] | [x]
    [*] | true | [] | [x]
    ");
}

#[tokio::test]
async fn permissions_that_are_no_documents() {
    let printed = told(&[
        // Lambda, EventBridge, SNS, SQS, KMS.
        r#"{"functionName":"f","statementId":"s","action":"lambda:InvokeFunction","principal":"*"}"#,
        r#"{"functionName":"f","statementId":"s","action":"lambda:InvokeFunction","principal":"*","principalOrgID":"o-a1b2c3"}"#,
        r#"{"functionName":"f","statementId":"s","action":"lambda:InvokeFunction","principal":"s3.amazonaws.com","sourceArn":"arn:aws:s3:::b","sourceAccount":"444455556666"}"#,
        r#"{"action":"events:PutEvents","principal":"*","statementId":"s","condition":{"type":"StringEquals","key":"aws:PrincipalOrgID","value":"o-a1b2c3"}}"#,
        r#"{"topicArn":"t","label":"l","aWSAccountId":["444455556666"],"actionName":["Publish","Subscribe"]}"#,
        r#"{"queueUrl":"q","label":"l","aWSAccountIds":["444455556666"],"actions":["SendMessage"]}"#,
        r#"{"granteePrincipal":"arn:aws:iam::444455556666:role/r","keyId":"k","operations":["Decrypt","CreateGrant"]}"#,
        // ACLs of S3.
        r#"{"bucketName":"b","acl":"","AccessControlPolicy":{"AccessControlList":{"Grant":[{"Grantee":{"xsi:type":"Group","URI":"http://acs.amazonaws.com/groups/global/AllUsers"},"Permission":"READ"},{"Grantee":{"xsi:type":"CanonicalUser","DisplayName":"x","ID":"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"},"Permission":"FULL_CONTROL"}]},"Owner":{"ID":"abc"}}}"#,
        r#"{"AccessControlPolicy":{"AccessControlList":{"Grant":{"Grantee":{"URI":"http://acs.amazonaws.com/groups/global/AuthenticatedUsers"},"Permission":"WRITE"}}}}"#,
        r#"{"bucketName":"b","x-amz-acl":["public-read-write"]}"#,
        r#"{"bucketName":"b","X-Amz-Acl":"authenticated-read"}"#,
        r#"{"bucketName":"b","x-amz-acl":"private"}"#,
        r#"{"bucketName":"b","x-amz-grant-full-control":["uri=\"http://acs.amazonaws.com/groups/global/AllUsers\", id=\"abc\""],"x-amz-grant-read-acp":"emailaddress=\"eve@example.org\""}"#,
        // Snapshots, images, documents; what is taken away is no grant.
        r#"{"snapshotId":"s","attributeType":"CREATE_VOLUME_PERMISSION","createVolumePermission":{"add":{"items":[{"userId":"444455556666"},{"group":"all"}]}}}"#,
        r#"{"imageId":"i","attributeType":"launchPermission","launchPermission":{"add":{"items":[{"organizationArn":"arn:aws:organizations::444455556666:organization/o-1"}]}}}"#,
        r#"{"imageId":"i","launchPermission":{"remove":{"items":[{"userId":"444455556666"}]}}}"#,
        r#"{"dBSnapshotIdentifier":"s","attributeName":"restore","valuesToAdd":["all","444455556666"]}"#,
        r#"{"dBSnapshotIdentifier":"s","attributeName":"restore","valuesToRemove":["all"]}"#,
        r#"{"name":"doc","permissionType":"Share","accountIdsToAdd":["All"]}"#,
    ])
    .await;
    insta::assert_snapshot!(printed, @"
    [*] | true | [] | [lambda:InvokeFunction]
    [*] | false | [] | [lambda:InvokeFunction]
    [s3.amazonaws.com] | false | [444455556666] | [lambda:InvokeFunction]
    [*] | false | [] | [events:PutEvents]
    [444455556666] | false | [444455556666] | [Publish, Subscribe]
    [444455556666] | false | [444455556666] | [SendMessage]
    [arn:aws:iam::444455556666:role/r] | false | [444455556666] | [Decrypt, CreateGrant]
    [http://acs.amazonaws.com/groups/global/AllUsers, 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef] | true | [0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef] | [READ, FULL_CONTROL]
    [http://acs.amazonaws.com/groups/global/AuthenticatedUsers] | true | [] | [WRITE]
    [http://acs.amazonaws.com/groups/global/AllUsers] | true | [] | [READ, WRITE]
    [http://acs.amazonaws.com/groups/global/AuthenticatedUsers] | true | [] | [READ]
    [] | false | [] | []
    [http://acs.amazonaws.com/groups/global/AllUsers, abc, eve@example.org] | true | [] | [FULL_CONTROL, READ_ACP]
    [444455556666, all] | true | [444455556666] | [createVolumePermission]
    [arn:aws:organizations::444455556666:organization/o-1] | false | [444455556666] | [launchPermission]
    NULL
    [all, 444455556666] | true | [444455556666] | [restore]
    NULL
    [All] | true | [] | [share]
    ");
}

#[tokio::test]
async fn where_there_is_no_policy_nothing_is_told() {
    let printed = told(&[
        r#"{"reason":"requestParameters too large","omitted":true}"#,
        r#"{"policyDocument":"{\"Statement\":[{\"Effect\":\"Allow\",\"Princ"}"#,
        r#"{"policyDocument":"%7B%22Effect%"}"#,
        r#"{"name":"Effect and Statement","Statement":{"ByteMatchStatement":{}}}"#,
        r#"{"bucketName":"b","policy":""}"#,
        "Effect: Allow",
        r#"{"Statement":[{"Effect":"Allow""#,
        "[]",
        "null",
        "%",
        "%ff%22",
        "",
    ])
    .await;
    insta::assert_snapshot!(printed, @"
    NULL
    NULL
    NULL
    NULL
    NULL
    NULL
    NULL
    NULL
    NULL
    NULL
    NULL
    NULL
    ");
}

#[tokio::test]
async fn restricting_conditions() {
    let printed = conditions(&[
        "",
        r#""StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3"}"#,
        r#""StringEquals":{"AWS:PRINCIPALORGID":["o-a1b2c3","o-d4e5f6"]}"#,
        r#""StringLike":{"aws:PrincipalOrgID":["o-a1b2c3","o-*"]}"#,
        r#""StringEqualsIfExists":{"aws:PrincipalOrgID":"o-a1b2c3"}"#,
        r#""StringNotEquals":{"aws:PrincipalOrgID":"o-a1b2c3"}"#,
        r#""ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-a1b2c3/r-ab12/*"}"#,
        r#""ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"*/r-ab12/*"}"#,
        r#""ForAllValues:StringEquals":{"aws:PrincipalOrgPaths":"o-a1b2c3/r-ab12/"}"#,
        r#""Null":{"aws:PrincipalOrgID":"false"}"#,
        r#""StringEquals":{"aws:SourceAccount":"444455556666"}"#,
        r#""StringLike":{"aws:SourceAccount":"4444*"}"#,
        r#""StringEquals":{"aws:SourceAccount":["444455556666","111122223333"],"s3:x-amz-acl":"bucket-owner-full-control"}"#,
        r#""ArnLike":{"aws:SourceArn":"arn:aws:sns:*:444455556666:*"}"#,
        r#""ArnLike":{"aws:SourceArn":"arn:aws:sns:*:*:*"}"#,
        r#""ArnLike":{"aws:SourceArn":"arn:aws:s3:::bucket/*"}"#,
        r#""ArnLike":{"aws:SourceArn":"arn:aws:s3:::bucket*"}"#,
        r#""StringLike":{"aws:PrincipalArn":"arn:aws:iam::444455556666:role/*"}"#,
        r#""StringLike":{"aws:PrincipalArn":"*"}"#,
        r#""StringLike":{"aws:userid":"AROAEXAMPLE:*"}"#,
        r#""StringLike":{"aws:userid":"*:session"}"#,
        r#""StringEquals":{"aws:SourceVpce":"vpce-0123"}"#,
        r#""StringLike":{"aws:SourceVpce":"vpce-*"}"#,
        r#""StringEquals":{"aws:SourceVpc":["vpc-1","vpc-2"]}"#,
        r#""IpAddress":{"aws:SourceIp":"203.0.113.0/24"}"#,
        r#""IpAddress":{"aws:SourceIp":["203.0.113.7","2001:db8::/32"]}"#,
        r#""IpAddress":{"aws:SourceIp":["203.0.113.0/24","0.0.0.0/0"]}"#,
        r#""IpAddress":{"aws:SourceIp":["0.0.0.0/1","128.0.0.0/1"]}"#,
        r#""IpAddress":{"aws:SourceIp":"::/0"}"#,
        r#""IpAddress":{"aws:SourceIp":"office"}"#,
        r#""IpAddress":{"aws:SourceIp":[]}"#,
        r#""NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}"#,
        r#""Bool":{"aws:SecureTransport":"true"}"#,
        r#""Bool":{"aws:PrincipalIsAWSService":true}"#,
        r#""Bool":{"aws:PrincipalIsAWSService":"false"}"#,
        r#""StringEquals":{"sts:ExternalId":"secret"}"#,
        r#""StringEquals":{"aws:PrincipalTag/team":"red"}"#,
        r#""StringEquals":{"aws:PrincipalAccount":"${aws:ResourceAccount}"}"#,
        r#""StringEquals":{"kms:CallerAccount":"111122223333","kms:ViaService":"s3.us-east-1.amazonaws.com"}"#,
        r#""Bool":{"aws:SecureTransport":"true"},"StringEquals":{"aws:SourceVpce":"vpce-0123"}"#,
        r#""StringEquals":"aws:SourceVpce""#,
    ])
    .await;
    insta::assert_snapshot!(printed, @r#"
    public []
    restricted [] "StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3"}
    restricted [] "StringEquals":{"AWS:PRINCIPALORGID":["o-a1b2c3","o-d4e5f6"]}
    public [] "StringLike":{"aws:PrincipalOrgID":["o-a1b2c3","o-*"]}
    public [] "StringEqualsIfExists":{"aws:PrincipalOrgID":"o-a1b2c3"}
    public [] "StringNotEquals":{"aws:PrincipalOrgID":"o-a1b2c3"}
    restricted [] "ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-a1b2c3/r-ab12/*"}
    public [] "ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"*/r-ab12/*"}
    public [] "ForAllValues:StringEquals":{"aws:PrincipalOrgPaths":"o-a1b2c3/r-ab12/"}
    public [] "Null":{"aws:PrincipalOrgID":"false"}
    restricted [444455556666] "StringEquals":{"aws:SourceAccount":"444455556666"}
    public [] "StringLike":{"aws:SourceAccount":"4444*"}
    restricted [444455556666] "StringEquals":{"aws:SourceAccount":["444455556666","111122223333"],"s3:x-amz-acl":"bucket-owner-full-control"}
    restricted [444455556666] "ArnLike":{"aws:SourceArn":"arn:aws:sns:*:444455556666:*"}
    public [] "ArnLike":{"aws:SourceArn":"arn:aws:sns:*:*:*"}
    restricted [] "ArnLike":{"aws:SourceArn":"arn:aws:s3:::bucket/*"}
    public [] "ArnLike":{"aws:SourceArn":"arn:aws:s3:::bucket*"}
    restricted [444455556666] "StringLike":{"aws:PrincipalArn":"arn:aws:iam::444455556666:role/*"}
    public [] "StringLike":{"aws:PrincipalArn":"*"}
    restricted [] "StringLike":{"aws:userid":"AROAEXAMPLE:*"}
    public [] "StringLike":{"aws:userid":"*:session"}
    restricted [] "StringEquals":{"aws:SourceVpce":"vpce-0123"}
    public [] "StringLike":{"aws:SourceVpce":"vpce-*"}
    restricted [] "StringEquals":{"aws:SourceVpc":["vpc-1","vpc-2"]}
    restricted [] "IpAddress":{"aws:SourceIp":"203.0.113.0/24"}
    restricted [] "IpAddress":{"aws:SourceIp":["203.0.113.7","2001:db8::/32"]}
    public [] "IpAddress":{"aws:SourceIp":["203.0.113.0/24","0.0.0.0/0"]}
    public [] "IpAddress":{"aws:SourceIp":["0.0.0.0/1","128.0.0.0/1"]}
    public [] "IpAddress":{"aws:SourceIp":"::/0"}
    public [] "IpAddress":{"aws:SourceIp":"office"}
    public [] "IpAddress":{"aws:SourceIp":[]}
    public [] "NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}
    public [] "Bool":{"aws:SecureTransport":"true"}
    restricted [] "Bool":{"aws:PrincipalIsAWSService":true}
    public [] "Bool":{"aws:PrincipalIsAWSService":"false"}
    public [] "StringEquals":{"sts:ExternalId":"secret"}
    public [] "StringEquals":{"aws:PrincipalTag/team":"red"}
    public [] "StringEquals":{"aws:PrincipalAccount":"${aws:ResourceAccount}"}
    restricted [] "StringEquals":{"kms:CallerAccount":"111122223333","kms:ViaService":"s3.us-east-1.amazonaws.com"}
    restricted [] "Bool":{"aws:SecureTransport":"true"},"StringEquals":{"aws:SourceVpce":"vpce-0123"}
    public [] "StringEquals":"aws:SourceVpce"
    "#);
}
