//! Amazon Resource Names, taken apart.

/// The longest text that is taken for an ARN, in bytes: an S3 key may have 1,024, and a bucket comes before it.
const LONGEST: usize = 2048;

/// The parts of `arn:partition:service:region:account:resource`, borrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arn<'a> {
    /// `aws`, `aws-cn`, `aws-us-gov` ...
    pub partition: &'a str,
    /// `iam`, `s3` ...
    pub service: &'a str,
    /// Empty where the service is global.
    pub region: &'a str,
    /// Empty where the resource belongs to no account, or its name is unique without one.
    pub account: &'a str,
    /// All that is left, colons and slashes included; never empty.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Takes an ARN apart; `None` if `text` is none.
    ///
    /// It is lenient where AWS itself is: accounts may be words (`aws`, `cloudfront`), regions need not be
    /// known, and wildcards are let through, because policies and selectors name resources that way.
    pub fn parse(text: &'a str) -> Option<Self> {
        let (partition, rest) = split_colon(text.strip_prefix("arn:")?)?;
        let (service, rest) = split_colon(rest)?;
        let (region, rest) = split_colon(rest)?;
        let (account, resource) = split_colon(rest)?;
        let arn = Self { partition, service, region, account, resource };
        let partition = arn.partition == "aws" || arn.partition.starts_with("aws-");
        let plain = [arn.partition, arn.service, arn.region, arn.account].iter().all(|part| is_plain(part));
        let named = !arn.service.is_empty() && !arn.resource.is_empty() && text.len() <= LONGEST;
        // A fold looks at every byte, and so at sixteen at a time.
        let printable = !arn.resource.bytes().fold(false, |found, byte| found | byte.is_ascii_control());
        (partition && plain && named && printable).then_some(arn)
    }

    /// What kind of resource it is, if the ARN says: the piece before the first `/` or `:` of the resource.
    pub fn resource_type(&self) -> Option<&'a str> {
        self.split_resource().0
    }

    /// The resource without its type.
    pub fn resource_id(&self) -> &'a str {
        self.split_resource().1
    }

    /// The last piece of the resource's path: a role's name without its path, an object's without its folders.
    pub fn name(&self) -> &'a str {
        let id = self.resource_id();
        id.rsplit('/').find(|piece| !piece.is_empty()).unwrap_or(id)
    }

    fn split_resource(&self) -> (Option<&'a str>, &'a str) {
        let resource = self.resource.strip_prefix('/').unwrap_or(self.resource);
        let separators: &[char] = match self.service {
            // Bucket and object names stand bare; access points, which have a region, say what they are.
            "s3" if self.region.is_empty() && self.account.is_empty() => &[],
            "sqs" | "codecommit" | "execute-api" => &[],
            // `topic:subscription`, but `app/platform/name`.
            "sns" => &['/'],
            _ => &['/', ':'],
        };
        match resource.split_once(separators) {
            Some((kind, id)) if !kind.is_empty() && !id.is_empty() => (Some(kind), id),
            _ => (None, resource),
        }
    }
}

/// The role behind a session: `arn:aws:sts::1:assumed-role/Name/session` is one of `arn:aws:iam::1:role/Name`.
///
/// `None` if the ARN is not a session's. A session's ARN does not tell the path of its role.
pub fn role_of_session(arn: &str) -> Option<String> {
    let Arn { partition, account, resource, .. } = Arn::parse(arn)?;
    let (name, _) = resource.strip_prefix("assumed-role/")?.split_once('/')?;
    Some(format!("arn:{partition}:iam::{account}:role/{name}"))
}

/// The parts are too short for a search to pay that is made for long texts.
fn split_colon(text: &str) -> Option<(&str, &str)> {
    let at = text.bytes().position(|byte| byte == b':')?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// Tells whether a text may stand for a partition, service, region or account.
pub(crate) fn is_plain(part: &str) -> bool {
    part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'*')
}

/// The partition a region belongs to; `aws` for every region it does not know.
pub fn partition_of_region(region: &str) -> &'static str {
    const PARTITIONS: [(&str, &str); 7] = [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("us-iso-", "aws-iso"),
        ("us-isob-", "aws-iso-b"),
        ("eu-isoe-", "aws-iso-e"),
        ("us-isof-", "aws-iso-f"),
        ("eusc-", "aws-eusc"),
    ];
    let known = PARTITIONS.iter().find(|(prefix, _)| region.starts_with(prefix));
    known.map_or("aws", |(_, partition)| partition)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_all_shapes_apart() {
        let mut table = String::new();
        for text in [
            "arn:aws:iam::123456789012:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig",
            "arn:aws:iam::123456789012:root",
            "arn:aws-cn:sts::123456789012:assumed-role/Deploy/session",
            "arn:aws:s3:::bucket",
            "arn:aws:s3:::bucket/folder/file name.txt",
            "arn:aws:s3:::bucket/folder/",
            "arn:aws:s3:us-east-1:123456789012:accesspoint/door",
            "arn:aws:lambda:us-east-1:123456789012:function:worker:live",
            "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/worker:*",
            "arn:aws:sns:us-east-1:123456789012:alarms:5be8dcf8-0f1c-4c5e-8b4b-5a1b4f0f4c0a",
            "arn:aws:sqs:us-east-1:123456789012:jobs",
            "arn:aws:ec2:us-east-1::image/ami-0123456789abcdef0",
            "arn:aws:apigateway:us-east-1::/restapis/a1b2c3",
            "arn:aws:iam::aws:policy/AdministratorAccess",
        ] {
            let arn = Arn::parse(text).unwrap();
            let (kind, id) = (arn.resource_type().unwrap_or("-"), arn.resource_id());
            table.push_str(&format!("{} | {} | {kind} | {id} | {}\n", arn.region, arn.account, arn.name()));
        }
        insta::assert_snapshot!(table, @"
         | 123456789012 | role | aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig | AWSServiceRoleForConfig
         | 123456789012 | - | root | root
         | 123456789012 | assumed-role | Deploy/session | session
         |  | - | bucket | bucket
         |  | - | bucket/folder/file name.txt | file name.txt
         |  | - | bucket/folder/ | folder
        us-east-1 | 123456789012 | accesspoint | door | door
        us-east-1 | 123456789012 | function | worker:live | worker:live
        us-east-1 | 123456789012 | log-group | /aws/lambda/worker:* | worker:*
        us-east-1 | 123456789012 | - | alarms:5be8dcf8-0f1c-4c5e-8b4b-5a1b4f0f4c0a | alarms:5be8dcf8-0f1c-4c5e-8b4b-5a1b4f0f4c0a
        us-east-1 | 123456789012 | - | jobs | jobs
        us-east-1 |  | image | ami-0123456789abcdef0 | ami-0123456789abcdef0
        us-east-1 |  | restapis | a1b2c3 | a1b2c3
         | aws | policy | AdministratorAccess | AdministratorAccess
        ");
    }

    #[test]
    fn refuses_what_is_no_arn() {
        for text in [
            "",
            "arn:",
            "arn:aws:s3",
            "arn:aws:s3:::",
            "arn:gcp:s3:::bucket",
            "arn:aws::::bucket",
            "arn:aws:iam::123 456:role/x",
            "arn:aws:s3:::buck\net",
            "AKIAIOSFODNN7EXAMPLE",
        ] {
            assert_eq!(Arn::parse(text), None, "{text}");
        }
    }

    #[test]
    fn partitions_follow_regions() {
        assert_eq!(partition_of_region("eu-central-1"), "aws");
        assert_eq!(partition_of_region("cn-north-1"), "aws-cn");
        assert_eq!(partition_of_region("us-gov-west-1"), "aws-us-gov");
        assert_eq!(partition_of_region(""), "aws");
    }
}
