use super::run;
use super::session;

#[tokio::test]
async fn names_lose_their_dates() {
    let query = "SELECT name, api_name(name) AS api FROM (VALUES
        ('CreateFunction20150331'), ('GetFunction20150331v2'), ('AddPermission20150331v2'), ('UpdateDistribution2020_05_31'),
        ('ListObjectsV2'), ('GetV2'), ('DescribeInstances'), ('CreateThing20151331'), ('CreateThing20150332'), ('CreateThing18991231'),
        ('CreateThing120150331'), ('20150331'), ('Rev2'), ('v2'), ('Überprüfe20150331'), ('CreateThing2015_0331'), (''), (NULL)) AS t(name)";
    insta::assert_snapshot!(run(&session(), query).await, @"
    +------------------------------+----------------------+
    | name                         | api                  |
    +------------------------------+----------------------+
    | CreateFunction20150331       | CreateFunction       |
    | GetFunction20150331v2        | GetFunction          |
    | AddPermission20150331v2      | AddPermission        |
    | UpdateDistribution2020_05_31 | UpdateDistribution   |
    | ListObjectsV2                | ListObjectsV2        |
    | GetV2                        | GetV2                |
    | DescribeInstances            | DescribeInstances    |
    | CreateThing20151331          | CreateThing20151331  |
    | CreateThing20150332          | CreateThing20150332  |
    | CreateThing18991231          | CreateThing18991231  |
    | CreateThing120150331         | CreateThing120150331 |
    | 20150331                     | 20150331             |
    | Rev2                         | Rev2                 |
    | v2                           | v2                   |
    | Überprüfe20150331            | Überprüfe            |
    | CreateThing2015_0331         | CreateThing2015_0331 |
    |                              |                      |
    |                              |                      |
    +------------------------------+----------------------+
    ");
}

#[tokio::test]
async fn writes_by_name() {
    let query = "SELECT is_write(name) AS is_write, name FROM (VALUES
        ('GetObject'), ('ListBuckets'), ('DescribeInstances'), ('HeadBucket'), ('LookupEvents'), ('BatchGetSecretValue'), ('Query'), ('Scan'),
        ('SelectObjectContent'), ('CheckMfa'), ('ValidateTemplate'), ('SimulatePrincipalPolicy'), ('GenerateCredentialReport'),
        ('GenerateServiceLastAccessedDetails'), ('GenerateDataKeyWithoutPlaintext'), ('Decrypt'), ('AssumeRole'), ('AdminGetUser'),
        ('DownloadDBLogFilePortion'), ('FilterLogEvents'), ('IsAuthorized'), ('GetFunction20150331v2'), ('InvokeModel'),
        ('REST.GET.OBJECT'), ('REST.HEAD.BUCKET'), ('WEBSITE.GET.OBJECT'), ('REST.COPY.OBJECT_GET'),
        ('REST.PUT.OBJECT'), ('REST.COPY.OBJECT'), ('BATCH.DELETE.OBJECT'), ('S3.EXPIRE.OBJECT'),
        ('CreateUser'), ('PutObject'), ('CheckInLicense'), ('CheckoutLicense'), ('GetFederationToken'), ('TestFailover'), ('IssueCertificate'),
        ('VerifyEmailIdentity'), ('BatchWriteItem'), ('AdminCreateUser'), ('ConsoleLogin'), ('StartQueryExecution'), ('RunInstances'),
        ('Invoke'), ('GenerateAccessLogs'), ('Getaway'), ('ScheduleKeyDeletion'), ('')) AS t(name) ORDER BY 1, 2";
    insta::assert_snapshot!(run(&session(), query).await, @"
    +----------+------------------------------------+
    | is_write | name                               |
    +----------+------------------------------------+
    | false    | AdminGetUser                       |
    | false    | AssumeRole                         |
    | false    | BatchGetSecretValue                |
    | false    | CheckMfa                           |
    | false    | Decrypt                            |
    | false    | DescribeInstances                  |
    | false    | DownloadDBLogFilePortion           |
    | false    | FilterLogEvents                    |
    | false    | GenerateCredentialReport           |
    | false    | GenerateDataKeyWithoutPlaintext    |
    | false    | GenerateServiceLastAccessedDetails |
    | false    | GetFunction20150331v2              |
    | false    | GetObject                          |
    | false    | HeadBucket                         |
    | false    | InvokeModel                        |
    | false    | IsAuthorized                       |
    | false    | ListBuckets                        |
    | false    | LookupEvents                       |
    | false    | Query                              |
    | false    | REST.COPY.OBJECT_GET               |
    | false    | REST.GET.OBJECT                    |
    | false    | REST.HEAD.BUCKET                   |
    | false    | Scan                               |
    | false    | SelectObjectContent                |
    | false    | SimulatePrincipalPolicy            |
    | false    | ValidateTemplate                   |
    | false    | WEBSITE.GET.OBJECT                 |
    | true     |                                    |
    | true     | AdminCreateUser                    |
    | true     | BATCH.DELETE.OBJECT                |
    | true     | BatchWriteItem                     |
    | true     | CheckInLicense                     |
    | true     | CheckoutLicense                    |
    | true     | ConsoleLogin                       |
    | true     | CreateUser                         |
    | true     | GenerateAccessLogs                 |
    | true     | GetFederationToken                 |
    | true     | Getaway                            |
    | true     | Invoke                             |
    | true     | IssueCertificate                   |
    | true     | PutObject                          |
    | true     | REST.COPY.OBJECT                   |
    | true     | REST.PUT.OBJECT                    |
    | true     | RunInstances                       |
    | true     | S3.EXPIRE.OBJECT                   |
    | true     | ScheduleKeyDeletion                |
    | true     | StartQueryExecution                |
    | true     | TestFailover                       |
    | true     | VerifyEmailIdentity                |
    +----------+------------------------------------+
    ");
}

#[tokio::test]
async fn tools_by_user_agent() {
    let query = "SELECT user_agent_tool(agent) AS tool, agent FROM (VALUES
        ('aws-cli/1.16.312 Python/3.6.0 Windows/10 botocore/1.13.48'),
        ('[aws-cli/2.11.0 Python/3.11.2 Darwin/22.1.0 source/arm64 prompt/off command/s3api.list-buckets]'),
        ('aws-cli/2.13.0 Python/3.11.4 Linux/6.1.0 exec-env/CloudShell exe/x86_64.amzn.2'),
        ('aws-cli/2.9.19 Python/3.11.2 Linux/6.1.0-kali9-amd64 source/x86_64.kali.2023'),
        ('Boto3/1.26.0 Python/3.9.2 Linux/6.0.0-12parrot1-amd64 Botocore/1.29.0'),
        ('[Boto3/1.28.0 Python/3.11.0 Linux/5.15.0-1-generic Botocore/1.31.0]'),
        ('Boto3/1.28.0 md/Botocore#1.31.0 os/linux#5.10.0 lang/python#3.11.0 Botocore/1.31.0 APN/1.0 Prowler/3.9'),
        ('APN/1.0 HashiCorp/1.0 Terraform/1.3.7 (+https://www.terraform.io) terraform-provider-aws/4.67.0 aws-sdk-go/1.44.261 (go1.19.8; linux; amd64)'),
        ('APN/1.0 HashiCorp/1.0 Terraform/1.3.7 terraform-provider-aws/4.67.0 aws-sdk-go/1.44 stratus-red-team_5b2a0e7c-0000-4000-8000-000000000000'),
        ('stratus-red-team_5b2a0e7c-0000-4000-8000-000000000000'),
        ('aws-sdk-go-v2/1.17.3 os/linux lang/go/1.19 md/GOOS/linux exec-env/grimoire_0 api/sts/1.18'),
        ('Pulumi/3.0 aws-sdk-go/1.44'), ('aws-sdk-go/1.44.0 (go1.20; linux; amd64) amazon-ssm-agent/'),
        ('TruffleHog'), ('cloudfox/1.11.0'), ('Scout Suite/5.12.0'), ('S3 Browser/10.8.1 (https://s3browser.com)'), ('[S3 Browser 9.5.5 https://s3browser.com]'),
        ('Nmap Scripting Engine'), ('pacu'), ('python-requests/2.31.0 auth-aws-sigv4'), ('curl/8.1.2'), ('libcurl/7.64'), ('Wget/1.21'), ('Go-http-client/1.1'),
        ('[S3Console/0.4, aws-internal/3 aws-sdk-java/1.12.500 Linux/5.10 OpenJDK_64-Bit_Server_VM java/1.8 vendor/Oracle_Corporation]'),
        ('aws-internal/3 aws-sdk-java/1.12.500 Linux/5.10 java/1.8.0_372 kotlin/1.3'), ('aws-sdk-java/2.20.0 Linux/5.10 Java/17'),
        ('console.ec2.amazonaws.com'), ('signin.amazonaws.com'), ('cloudformation.amazonaws.com'), ('config.amazonaws.com'), ('AWSConfig'), ('AWS Internal'),
        ('Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/116.0 Safari/537.36'),
        ('Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)'),
        ('Mozilla/5.0 (Windows NT; Windows NT 10.0; de-DE) WindowsPowerShell/5.1.19041'), ('AWSPowerShell.Common/4.1.0 .NET_Core/6.0'),
        ('aws-sdk-nodejs/2.1400.0 linux/v18'), ('aws-sdk-dotnet-coreclr/3.7'), ('aws-sdk-perl/1'), ('awslambda-worker/1.0 rusoto/0.48.0 rust/1.70.0 linux'),
        ('alkaline/1.0'), ('HIDDEN_DUE_TO_SECURITY_REASONS'), ('[]'), ('-'), (''), (NULL)) AS t(agent)";
    insta::assert_snapshot!(run(&session(), query).await, @"
    +------------------+----------------------------------------------------------------------------------------------------------------------------------------------+
    | tool             | agent                                                                                                                                        |
    +------------------+----------------------------------------------------------------------------------------------------------------------------------------------+
    | cli              | aws-cli/1.16.312 Python/3.6.0 Windows/10 botocore/1.13.48                                                                                    |
    | cli              | [aws-cli/2.11.0 Python/3.11.2 Darwin/22.1.0 source/arm64 prompt/off command/s3api.list-buckets]                                              |
    | cloudshell       | aws-cli/2.13.0 Python/3.11.4 Linux/6.1.0 exec-env/CloudShell exe/x86_64.amzn.2                                                               |
    | kali             | aws-cli/2.9.19 Python/3.11.2 Linux/6.1.0-kali9-amd64 source/x86_64.kali.2023                                                                 |
    | parrot           | Boto3/1.26.0 Python/3.9.2 Linux/6.0.0-12parrot1-amd64 Botocore/1.29.0                                                                        |
    | boto             | [Boto3/1.28.0 Python/3.11.0 Linux/5.15.0-1-generic Botocore/1.31.0]                                                                          |
    | prowler          | Boto3/1.28.0 md/Botocore#1.31.0 os/linux#5.10.0 lang/python#3.11.0 Botocore/1.31.0 APN/1.0 Prowler/3.9                                       |
    | terraform        | APN/1.0 HashiCorp/1.0 Terraform/1.3.7 (+https://www.terraform.io) terraform-provider-aws/4.67.0 aws-sdk-go/1.44.261 (go1.19.8; linux; amd64) |
    | stratus-red-team | APN/1.0 HashiCorp/1.0 Terraform/1.3.7 terraform-provider-aws/4.67.0 aws-sdk-go/1.44 stratus-red-team_5b2a0e7c-0000-4000-8000-000000000000    |
    | stratus-red-team | stratus-red-team_5b2a0e7c-0000-4000-8000-000000000000                                                                                        |
    | grimoire         | aws-sdk-go-v2/1.17.3 os/linux lang/go/1.19 md/GOOS/linux exec-env/grimoire_0 api/sts/1.18                                                    |
    | pulumi           | Pulumi/3.0 aws-sdk-go/1.44                                                                                                                   |
    | ssm-agent        | aws-sdk-go/1.44.0 (go1.20; linux; amd64) amazon-ssm-agent/                                                                                   |
    | trufflehog       | TruffleHog                                                                                                                                   |
    | cloudfox         | cloudfox/1.11.0                                                                                                                              |
    | scoutsuite       | Scout Suite/5.12.0                                                                                                                           |
    | s3browser        | S3 Browser/10.8.1 (https://s3browser.com)                                                                                                    |
    | s3browser        | [S3 Browser 9.5.5 https://s3browser.com]                                                                                                     |
    | nmap             | Nmap Scripting Engine                                                                                                                        |
    | pacu             | pacu                                                                                                                                         |
    | python-http      | python-requests/2.31.0 auth-aws-sigv4                                                                                                        |
    | curl             | curl/8.1.2                                                                                                                                   |
    | curl             | libcurl/7.64                                                                                                                                 |
    | wget             | Wget/1.21                                                                                                                                    |
    | go-http          | Go-http-client/1.1                                                                                                                           |
    | console          | [S3Console/0.4, aws-internal/3 aws-sdk-java/1.12.500 Linux/5.10 OpenJDK_64-Bit_Server_VM java/1.8 vendor/Oracle_Corporation]                 |
    | aws-internal     | aws-internal/3 aws-sdk-java/1.12.500 Linux/5.10 java/1.8.0_372 kotlin/1.3                                                                    |
    | sdk-java         | aws-sdk-java/2.20.0 Linux/5.10 Java/17                                                                                                       |
    | console          | console.ec2.amazonaws.com                                                                                                                    |
    | console          | signin.amazonaws.com                                                                                                                         |
    | cloudformation   | cloudformation.amazonaws.com                                                                                                                 |
    | aws-service      | config.amazonaws.com                                                                                                                         |
    | aws-service      | AWSConfig                                                                                                                                    |
    | aws-internal     | AWS Internal                                                                                                                                 |
    | browser          | Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/116.0 Safari/537.36                                                      |
    | crawler          | Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)                                                                     |
    | powershell       | Mozilla/5.0 (Windows NT; Windows NT 10.0; de-DE) WindowsPowerShell/5.1.19041                                                                 |
    | powershell       | AWSPowerShell.Common/4.1.0 .NET_Core/6.0                                                                                                     |
    | sdk-js           | aws-sdk-nodejs/2.1400.0 linux/v18                                                                                                            |
    | sdk-dotnet       | aws-sdk-dotnet-coreclr/3.7                                                                                                                   |
    | sdk-other        | aws-sdk-perl/1                                                                                                                               |
    | sdk-rust         | awslambda-worker/1.0 rusoto/0.48.0 rust/1.70.0 linux                                                                                         |
    | other            | alkaline/1.0                                                                                                                                 |
    | other            | HIDDEN_DUE_TO_SECURITY_REASONS                                                                                                               |
    |                  | []                                                                                                                                           |
    |                  | -                                                                                                                                            |
    |                  |                                                                                                                                              |
    |                  |                                                                                                                                              |
    +------------------+----------------------------------------------------------------------------------------------------------------------------------------------+
    ");
}
