use super::run;
use super::session;

#[tokio::test]
async fn kinds_of_callers() {
    let query = r#"SELECT principal_kind(identity) AS kind, identity FROM (VALUES
        ('{"type":"Root","accountId":"123456789012"}'), ('{"type":"IAMUser","userName":"alice"}'), ('{"type":"AssumedRole"}'), ('{"type":"Role"}'),
        ('{"type":"FederatedUser"}'), ('{"type":"SAMLUser","principalId":"p:carol"}'), ('{"type":"WebIdentityUser"}'), ('{"type":"Directory"}'),
        ('{"type":"IdentityCenterUser"}'), ('{"type":"AWSService","invokedBy":"ec2.amazonaws.com"}'), ('{"type":"AWSAccount","accountId":"123456789012"}'),
        ('{"type":"AWSAccount","accountId":"ANONYMOUS_PRINCIPAL"}'), ('{"type":"Unknown"}'),
        ('{"type":"IAMUser","arn":"arn:aws:iam::123456789012:user/a","invokedBy":"cloudformation.amazonaws.com"}'),
        ('{"accountId":"123456789012","invokedBy":"secretsmanager.amazonaws.com"}'), ('{"accountId":"123456789012"}'),
        ('{"arn":"arn:aws:sts::123456789012:assumed-role/Deploy/ci"}'), ('{"arn":"arn:aws:iam::123456789012:root"}'),
        ('{"principalId":"AROAEXAMPLE:ci","accountId":"123456789012"}'), ('{"principalId":"AIDAEXAMPLE"}'), ('{"userName":"alice","accountId":"123456789012"}'),
        ('{"onBehalfOf":{"userId":"u"}}'), ('{}'), ('{"eventName":"X"}'), ('{"eventName":"X","userIdentity":{"type":"Root"}}'),
        ('arn:aws:iam::123456789012:role/Deploy'), ('arn:aws:sts::123456789012:federated-user/bob'), ('arn:aws:iam::123456789012:saml-provider/idp'),
        ('arn:aws:identitystore::123456789012:identitystore/d-1/user/u'), ('arn:aws:iam::123456789012:user/alice'), ('arn:aws-cn:iam::123456789012:root'),
        ('ec2.amazonaws.com'), ('AWS Internal'), ('123456789012'), ('anonymous'), ('IAMUser'), ('AssumedRole'), ('Unknown'), ('123456789012:alice'),
        ('arn:aws:s3:::bucket'), ('alice'), ('[]'), ('{"type":'), (''), (NULL)) AS t(identity)"#;
    insta::assert_snapshot!(run(&session(), query).await, @r#"
    +-----------------+--------------------------------------------------------------------------------------------------------+
    | kind            | identity                                                                                               |
    +-----------------+--------------------------------------------------------------------------------------------------------+
    | root            | {"type":"Root","accountId":"123456789012"}                                                             |
    | user            | {"type":"IAMUser","userName":"alice"}                                                                  |
    | role            | {"type":"AssumedRole"}                                                                                 |
    | role            | {"type":"Role"}                                                                                        |
    | federated       | {"type":"FederatedUser"}                                                                               |
    | federated       | {"type":"SAMLUser","principalId":"p:carol"}                                                            |
    | federated       | {"type":"WebIdentityUser"}                                                                             |
    | federated       | {"type":"Directory"}                                                                                   |
    | identity_center | {"type":"IdentityCenterUser"}                                                                          |
    | service         | {"type":"AWSService","invokedBy":"ec2.amazonaws.com"}                                                  |
    | account         | {"type":"AWSAccount","accountId":"123456789012"}                                                       |
    | anonymous       | {"type":"AWSAccount","accountId":"ANONYMOUS_PRINCIPAL"}                                                |
    | unknown         | {"type":"Unknown"}                                                                                     |
    | user            | {"type":"IAMUser","arn":"arn:aws:iam::123456789012:user/a","invokedBy":"cloudformation.amazonaws.com"} |
    | service         | {"accountId":"123456789012","invokedBy":"secretsmanager.amazonaws.com"}                                |
    | account         | {"accountId":"123456789012"}                                                                           |
    | role            | {"arn":"arn:aws:sts::123456789012:assumed-role/Deploy/ci"}                                             |
    | root            | {"arn":"arn:aws:iam::123456789012:root"}                                                               |
    | role            | {"principalId":"AROAEXAMPLE:ci","accountId":"123456789012"}                                            |
    | user            | {"principalId":"AIDAEXAMPLE"}                                                                          |
    | unknown         | {"userName":"alice","accountId":"123456789012"}                                                        |
    | identity_center | {"onBehalfOf":{"userId":"u"}}                                                                          |
    | unknown         | {}                                                                                                     |
    | unknown         | {"eventName":"X"}                                                                                      |
    | root            | {"eventName":"X","userIdentity":{"type":"Root"}}                                                       |
    | role            | arn:aws:iam::123456789012:role/Deploy                                                                  |
    | federated       | arn:aws:sts::123456789012:federated-user/bob                                                           |
    | federated       | arn:aws:iam::123456789012:saml-provider/idp                                                            |
    | identity_center | arn:aws:identitystore::123456789012:identitystore/d-1/user/u                                           |
    | user            | arn:aws:iam::123456789012:user/alice                                                                   |
    | root            | arn:aws-cn:iam::123456789012:root                                                                      |
    | service         | ec2.amazonaws.com                                                                                      |
    | service         | AWS Internal                                                                                           |
    | account         | 123456789012                                                                                           |
    | anonymous       | anonymous                                                                                              |
    | user            | IAMUser                                                                                                |
    | role            | AssumedRole                                                                                            |
    | unknown         | Unknown                                                                                                |
    |                 | 123456789012:alice                                                                                     |
    |                 | arn:aws:s3:::bucket                                                                                    |
    |                 | alice                                                                                                  |
    |                 | []                                                                                                     |
    |                 | {"type":                                                                                               |
    |                 |                                                                                                        |
    |                 |                                                                                                        |
    +-----------------+--------------------------------------------------------------------------------------------------------+
    "#);
}

#[tokio::test]
async fn accounts_of_keys() {
    // The first is the example of those who found out; the others are made up.
    let query = "SELECT key, access_key_account(key) AS account FROM (VALUES
        ('ASIAQNZGKIQY56JQ7WML'), ('AKIARZPUZDIKKVEXMPLE'), ('ASIARTX3GSDS2VEXMPLE'), ('AROAWO645SY5KVEXMPLEA'), ('AROAWO645SY5KVEXMPLEA:session'),
        ('AKIA6RVFFB772VEXMPLE'), ('AKIAQAAAAAAAKVEXMPLE'), ('AKIA6RVFFCAAKVEXMPLE'), ('AKIAIOSFODNN7EXAMPLE'), ('AKIAJ2345672345672AA'),
        ('akiarzpuzdikkvexmple'), ('XKIARZPUZDIKKVEXMPLE'), ('AKIARZPUZDIKKVEXMPL1'), ('AKIARZPUZD'), ('AKIA'), ('AKI\u{e4}RZPUZDIKKVEXMPLE'), ('config.amazonaws.com'),
        ('ANONYMOUS_PRINCIPAL'), (''), (NULL)) AS t(key)";
    insta::assert_snapshot!(run(&session(), query).await, @"
    +-------------------------------+--------------+
    | key                           | account      |
    +-------------------------------+--------------+
    | ASIAQNZGKIQY56JQ7WML          | 029608264753 |
    | AKIARZPUZDIKKVEXMPLE          | 123456789012 |
    | ASIARTX3GSDS2VEXMPLE          | 111122223333 |
    | AROAWO645SY5KVEXMPLEA         | 444455556666 |
    | AROAWO645SY5KVEXMPLEA:session | 444455556666 |
    | AKIA6RVFFB772VEXMPLE          | 999999999999 |
    | AKIAQAAAAAAAKVEXMPLE          | 000000000000 |
    | AKIA6RVFFCAAKVEXMPLE          |              |
    | AKIAIOSFODNN7EXAMPLE          |              |
    | AKIAJ2345672345672AA          |              |
    | akiarzpuzdikkvexmple          |              |
    | XKIARZPUZDIKKVEXMPLE          |              |
    | AKIARZPUZDIKKVEXMPL1          |              |
    | AKIARZPUZD                    |              |
    | AKIA                          |              |
    | AKIäRZPUZDIKKVEXMPLE          |              |
    | config.amazonaws.com          |              |
    | ANONYMOUS_PRINCIPAL           |              |
    |                               |              |
    |                               |              |
    +-------------------------------+--------------+
    ");
}

#[tokio::test]
async fn services_by_name() {
    let query = "SELECT name, is_aws_service(name) AS service, ip_is_aws_host(name) AS host FROM (VALUES
        ('ec2.amazonaws.com'), ('logs.us-east-1.amazonaws.com'), ('ec2.amazonaws.com.cn'), ('delivery.logs.amazonaws.com'), ('AWS Internal'),
        ('svc:cloudtrail.amazonaws.com'), ('arn:aws:iam::123456789012:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig'),
        ('arn:aws:iam::123456789012:role/AWSServiceRoleForConfig'), ('arn:aws:iam::123456789012:user/ec2.amazonaws.com'),
        ('ec2-192-0-2-1.compute-1.amazonaws.com'), ('web-1.eu-west-1.elb.amazonaws.com'), ('.amazonaws.com'), ('amazonaws.com'), ('a..amazonaws.com'),
        ('ec2.amazonaws.com.example.org'), ('evil-amazonaws.com'), ('EC2.amazonaws.com'), ('aws internal'), ('192.0.2.1'), ('2001:db8::1'),
        ('30.*.0.210'), (''), (NULL)) AS t(name)";
    insta::assert_snapshot!(run(&session(), query).await, @"
    +----------------------------------------------------------------------------------------------+---------+-------+
    | name                                                                                         | service | host  |
    +----------------------------------------------------------------------------------------------+---------+-------+
    | ec2.amazonaws.com                                                                            | true    | true  |
    | logs.us-east-1.amazonaws.com                                                                 | true    | true  |
    | ec2.amazonaws.com.cn                                                                         | true    | true  |
    | delivery.logs.amazonaws.com                                                                  | true    | true  |
    | AWS Internal                                                                                 | true    | true  |
    | svc:cloudtrail.amazonaws.com                                                                 | true    | false |
    | arn:aws:iam::123456789012:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig | true    | false |
    | arn:aws:iam::123456789012:role/AWSServiceRoleForConfig                                       | false   | false |
    | arn:aws:iam::123456789012:user/ec2.amazonaws.com                                             | false   | false |
    | ec2-192-0-2-1.compute-1.amazonaws.com                                                        | false   | false |
    | web-1.eu-west-1.elb.amazonaws.com                                                            | false   | false |
    | .amazonaws.com                                                                               | false   | false |
    | amazonaws.com                                                                                | false   | false |
    | a..amazonaws.com                                                                             | false   | false |
    | ec2.amazonaws.com.example.org                                                                | false   | false |
    | evil-amazonaws.com                                                                           | false   | false |
    | EC2.amazonaws.com                                                                            | false   | false |
    | aws internal                                                                                 | false   | false |
    | 192.0.2.1                                                                                    | false   | false |
    | 2001:db8::1                                                                                  | false   | false |
    | 30.*.0.210                                                                                   | false   | false |
    |                                                                                              | false   | false |
    |                                                                                              |         |       |
    +----------------------------------------------------------------------------------------------+---------+-------+
    ");
}
