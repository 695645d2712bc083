//! Which program made a call, as it says of itself.

use std::collections::HashMap;

use datafusion::arrow::datatypes::DataType;

use crate::functions::Function;
use crate::logs::cloudtrail::kind;

pub(super) const USER_AGENT_TOOL: Function = Function {
    name: "user_agent_tool",
    description: "Names the program behind a user agent, or `other`. What is worth a look wins over what it runs on: a \
        Kali machine's AWS CLI is `kali`. NULL for no user agent. A caller writes there what they like: it is a clue, \
        never a proof. The names are, of attack and audit tools, and the systems they come with: `androxgh0st`, `aws-consoler`, `blackarch`, `cartography`, \
        `cloudbrute`, `cloudfox`, `cloudgoat`, `cloudmapper`, `cloudsplaining`, `cloud-enum`, `dirbuster`, `enumerate-iam`, `ffuf`, `gobuster`, \
        `grimoire`, `hydra`, `kali`, `masscan`, `metasploit`, `nessus`, `nikto`, `nmap`, `nuclei`, `pacu`, `parrot`, `peirates`, \
        `pentoo`, `pmapper`, `prowler`, `s3scanner`, `scoutsuite`, `sqlmap`, `steampipe`, `stratus-red-team`, `trufflehog`, `weirdaal`, \
        `wpscan`, `zgrab`; of what builds and runs: `ansible`, `cdk`, `chalice`, `cloudformation`, `cloud-custodian`, `crossplane`, `eksctl`, `jenkins`, \
        `karpenter`, `kubernetes`, `opentofu`, `packer`, `pulumi`, `sam`, `serverless`, `terraform`; of what moves files to and from S3: `cloudberry`, `cyberduck`, `duckdb`, `filezilla`, `hadoop`, `mountpoint-s3`, `minio`, `rclone`, `s3browser`, `s3cmd`, \
        `s3fs`, `s5cmd`, `veeam`, `winscp`; of AWS itself: `console`, `cloudshell`, `cli`, `powershell`, `aws-vault`, `ssm-agent`, `ecs-agent`, `cloudwatch-agent`, `aws-service` (a \
        service by its name), `aws-internal`; of SDKs: `boto`, `sdk-cpp`, `sdk-dotnet`, `sdk-go`, `sdk-java`, `sdk-js`, `sdk-kotlin`, `sdk-mobile`, `sdk-php`, `sdk-ruby`, `sdk-rust`, `sdk-swift`, \
        `sdk-other`; of programs that speak HTTP: `browser`, `crawler`, `curl`, `go-http`, `java-http`, `postman`, `python-http`, `wget`.",
    arguments: &[("user_agent", "The user agent, as `user_agent`.")],
    optional: None,
    example: r#"
> SELECT user_agent, user_agent_tool(user_agent) AS tool
  FROM (VALUES ('aws-cli/2.15.0 Python/3.11.6 Linux/6.1.0 exe/x86_64.debian.12'), ('cloudformation.amazonaws.com'),
               ('Boto3/1.28.0 Python/3.11.2 Linux/6.1.0-kali9-amd64 Botocore/1.31.0')) AS t(user_agent);
+--------------------------------------------------------------------+----------------+
| user_agent                                                         | tool           |
+--------------------------------------------------------------------+----------------+
| aws-cli/2.15.0 Python/3.11.6 Linux/6.1.0 exe/x86_64.debian.12      | cli            |
| cloudformation.amazonaws.com                                       | cloudformation |
| Boto3/1.28.0 Python/3.11.2 Linux/6.1.0-kali9-amd64 Botocore/1.31.0 | kali           |
+--------------------------------------------------------------------+----------------+
"#,
    returns: || DataType::Utf8,
    evaluate: |arguments| {
        let agents = arguments.texts(0)?;
        // A log has few user agents, and each asks for a hundred searches.
        let mut known: HashMap<&str, Option<&'static str>> = HashMap::new();
        Ok(arguments.map_text(|row| {
            let agent = agents.get(row)?;
            (*known.entry(agent).or_insert_with(|| tool(agent))).map(Into::into)
        }))
    },
};

fn tool(agent: &str) -> Option<&'static str> {
    let agent = agent.trim_matches(['[', ']', ' ']);
    if agent.is_empty() || agent == "-" {
        return None;
    }
    let lower = agent.to_ascii_lowercase();
    let first = |marks: &[(&str, &'static str)]| {
        marks.iter().find(|(mark, _)| holds_word(&lower, mark)).map(|(_, tool)| *tool)
    };
    if let Some(program) = first(&PROGRAMS) {
        return Some(program);
    }
    // The console speaks under a hundred names: `S3Console`, `EC2ConsoleFrontend`, `console.ec2.amazonaws.com`.
    let is_internal = lower.contains("aws-internal");
    let is_console = lower == "signin.amazonaws.com"
        || (is_internal || lower.contains(".amazonaws.com")) && lower.contains("console");
    if is_console {
        Some("console")
    } else if is_internal || agent == kind::AWS_INTERNAL {
        Some("aws-internal")
    } else if kind::is_service(agent) || SERVICES.contains(&agent) {
        Some("aws-service")
    } else {
        first(&LIBRARIES).or(Some("other"))
    }
}

/// Tells whether a mark stands in a text as a word of its own: `kali` in `6.1.0-kali9`, `parrot` in `6.0.0-12parrot1`,
/// but not `kali` in `alkaline`.
fn holds_word(text: &str, mark: &str) -> bool {
    let in_word = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphabetic);
    let ends_open = mark.ends_with(|letter: char| letter.is_ascii_alphanumeric());
    text.match_indices(mark).any(|(at, _)| {
        let before = at.checked_sub(1).and_then(|at| text.as_bytes().get(at));
        let behind = text.as_bytes().get(at + mark.len());
        let cut = in_word(before) || ends_open && in_word(behind);
        !cut
    })
}

/// What services write that do not write their name as one.
const SERVICES: [&str; 8] = [
    "AWS Auto Scaling",
    "AWS Lambda Scheduler",
    "AWSConfig",
    "CloudTrail",
    "DynamoDB",
    "SecurityHub",
    "TrustedAdvisor",
    "AWS Step Functions",
];

/// Words of a user agent, in lower case, and the program they give away. The first that is found counts.
const PROGRAMS: [(&str, &str); 94] = [
    ("androxgh0st", "androxgh0st"),
    ("aws_consoler", "aws-consoler"),
    ("aws-consoler", "aws-consoler"),
    ("cartography", "cartography"),
    ("cloudbrute", "cloudbrute"),
    ("cloudfox", "cloudfox"),
    ("cloudgoat", "cloudgoat"),
    ("cloudmapper", "cloudmapper"),
    ("cloudsplaining", "cloudsplaining"),
    ("cloud_enum", "cloud-enum"),
    ("dirbuster", "dirbuster"),
    ("enumerate-iam", "enumerate-iam"),
    ("fuzz faster u fool", "ffuf"),
    ("ffuf", "ffuf"),
    ("gobuster", "gobuster"),
    ("grimoire", "grimoire"),
    ("hydra", "hydra"),
    ("masscan", "masscan"),
    ("metasploit", "metasploit"),
    ("nessus", "nessus"),
    ("tenable", "nessus"),
    ("nikto", "nikto"),
    ("nmap", "nmap"),
    ("nuclei", "nuclei"),
    ("pacu", "pacu"),
    ("peirates", "peirates"),
    ("pmapper", "pmapper"),
    ("principalmapper", "pmapper"),
    ("prowler", "prowler"),
    ("s3scanner", "s3scanner"),
    ("scout suite", "scoutsuite"),
    ("scoutsuite", "scoutsuite"),
    ("sqlmap", "sqlmap"),
    ("steampipe", "steampipe"),
    ("stratus-red-team", "stratus-red-team"),
    ("trufflehog", "trufflehog"),
    ("weirdaal", "weirdaal"),
    ("wpscan", "wpscan"),
    ("zgrab", "zgrab"),
    // Systems come behind the tools that run on them.
    ("kali", "kali"),
    ("parrot", "parrot"),
    ("pentoo", "pentoo"),
    ("blackarch", "blackarch"),
    ("opentofu", "opentofu"),
    ("crossplane", "crossplane"),
    ("pulumi", "pulumi"),
    ("terraform", "terraform"),
    ("ansible", "ansible"),
    ("cdk", "cdk"),
    ("chalice", "chalice"),
    ("cloudformation", "cloudformation"),
    ("cloud-custodian", "cloud-custodian"),
    ("cloudcustodian", "cloud-custodian"),
    ("c7n", "cloud-custodian"),
    ("eksctl", "eksctl"),
    ("jenkins", "jenkins"),
    ("karpenter", "karpenter"),
    ("kubernetes", "kubernetes"),
    ("aws-cloud-controller-manager", "kubernetes"),
    ("elbv2.k8s.aws", "kubernetes"),
    ("aws-ebs-csi-driver", "kubernetes"),
    ("packer", "packer"),
    ("aws-sam-cli", "sam"),
    ("serverless", "serverless"),
    ("cloudberry", "cloudberry"),
    ("msp360", "cloudberry"),
    ("cyberduck", "cyberduck"),
    ("mountain duck", "cyberduck"),
    ("duckdb", "duckdb"),
    ("filezilla", "filezilla"),
    ("hadoop", "hadoop"),
    ("emrfs", "hadoop"),
    ("mountpoint-s3", "mountpoint-s3"),
    ("minio", "minio"),
    ("rclone", "rclone"),
    ("s3 browser", "s3browser"),
    ("s3browser", "s3browser"),
    ("s3cmd", "s3cmd"),
    ("s3fs", "s3fs"),
    ("s5cmd", "s5cmd"),
    ("veeam", "veeam"),
    ("winscp", "winscp"),
    ("cloudshell", "cloudshell"),
    ("aws-vault", "aws-vault"),
    ("amazon-ssm-agent", "ssm-agent"),
    ("amazon-ecs-agent", "ecs-agent"),
    ("amazon ecs agent", "ecs-agent"),
    ("cwagent", "cloudwatch-agent"),
    ("amazon-cloudwatch-agent", "cloudwatch-agent"),
    ("awspowershell", "powershell"),
    ("aws.tools", "powershell"),
    ("powershell", "powershell"),
    ("windowspowershell", "powershell"),
    ("aws-cli", "cli"),
];

/// Words that give away no more than what a program is built with. AWS builds its own with the same.
const LIBRARIES: [(&str, &str); 39] = [
    ("boto", "boto"),
    ("botocore", "boto"),
    ("aiobotocore", "boto"),
    ("aws-sdk-cpp", "sdk-cpp"),
    ("aws-sdk-dotnet", "sdk-dotnet"),
    ("aws-sdk-go", "sdk-go"),
    ("aws-sdk-java", "sdk-java"),
    ("aws-sdk-js", "sdk-js"),
    ("aws-sdk-nodejs", "sdk-js"),
    ("aws-sdk-kotlin", "sdk-kotlin"),
    ("aws-sdk-android", "sdk-mobile"),
    ("aws-sdk-ios", "sdk-mobile"),
    ("aws-sdk-php", "sdk-php"),
    ("aws-sdk-ruby", "sdk-ruby"),
    ("aws-sdk-rust", "sdk-rust"),
    ("rusoto", "sdk-rust"),
    ("aws-sdk-swift", "sdk-swift"),
    ("aws-sdk-", "sdk-other"),
    ("curl", "curl"),
    ("libcurl", "curl"),
    ("go-http-client", "go-http"),
    ("apache-httpclient", "java-http"),
    ("okhttp", "java-http"),
    ("java", "java-http"),
    ("postmanruntime", "postman"),
    ("python-requests", "python-http"),
    ("python-urllib", "python-http"),
    ("python-httpx", "python-http"),
    ("aiohttp", "python-http"),
    ("urllib3", "python-http"),
    ("wget", "wget"),
    ("googlebot", "crawler"),
    ("bingbot", "crawler"),
    ("bot", "crawler"),
    ("crawler", "crawler"),
    ("spider", "crawler"),
    ("mozilla", "browser"),
    ("opera", "browser"),
    ("safari", "browser"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_is_named_in_the_documentation() {
        for (mark, tool) in PROGRAMS.iter().chain(&LIBRARIES) {
            assert!(USER_AGENT_TOOL.description.contains(&format!("`{tool}`")), "{tool} is not");
            assert_eq!(**mark, mark.to_ascii_lowercase());
        }
    }
}
