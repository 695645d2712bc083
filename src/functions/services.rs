//! AWS itself as a caller.

use datafusion::arrow::datatypes::DataType;

use crate::functions::Function;
use crate::logs::cloudtrail::kind;

pub(super) const IS_AWS_SERVICE: Function = Function {
    name: "is_aws_service",
    description: "Tells whether a name is that of an AWS service: `ec2.amazonaws.com` and its like in every partition, \
        `AWS Internal`, the `svc:` of S3 access logs, or a service-linked role, which only a service can assume. The \
        names AWS gives to customers' machines (`ec2-192-0-2-1.compute-1.amazonaws.com`) are none.",
    arguments: &[(
        "name",
        "The name, as `principal`, `source_ip`, `invoked_by`, or `requester` of `s3_access`.",
    )],
    optional: None,
    example: r#"
> SELECT principal, is_aws_service(principal) AS service
  FROM (VALUES ('config.amazonaws.com'), ('AWS Internal'), ('arn:aws:iam::123456789012:user/alice'),
               ('arn:aws:iam::123456789012:role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS')) AS t(principal);
+----------------------------------------------------------------------------------------+---------+
| principal                                                                              | service |
+----------------------------------------------------------------------------------------+---------+
| config.amazonaws.com                                                                   | true    |
| AWS Internal                                                                           | true    |
| arn:aws:iam::123456789012:user/alice                                                   | false   |
| arn:aws:iam::123456789012:role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS | true    |
+----------------------------------------------------------------------------------------+---------+
"#,
    returns: || DataType::Boolean,
    evaluate: |arguments| {
        let names = arguments.texts(0)?;
        arguments.map_boolean(|row| {
            Ok(names.get(row).map(|name| {
                let name = name.strip_prefix("svc:").unwrap_or(name);
                kind::is_service(name) || kind::is_service_linked_role(name)
            }))
        })
    },
};

pub(super) const IP_IS_AWS_HOST: Function = Function {
    name: "ip_is_aws_host",
    description: "Tells whether a source address is the name of an AWS service or `AWS Internal` instead of an \
        address: AWS made the call itself, mostly on behalf of somebody. False for every address, also for one \
        that belongs to AWS.",
    arguments: &[("ip", "The address, as `source_ip`.")],
    optional: None,
    example: r#"
> SELECT source_ip, ip_is_aws_host(source_ip) AS aws
  FROM (VALUES ('cloudformation.amazonaws.com'), ('AWS Internal'), ('203.0.113.9')) AS t(source_ip);
+------------------------------+-------+
| source_ip                    | aws   |
+------------------------------+-------+
| cloudformation.amazonaws.com | true  |
| AWS Internal                 | true  |
| 203.0.113.9                  | false |
+------------------------------+-------+
"#,
    returns: || DataType::Boolean,
    evaluate: |arguments| {
        let addresses = arguments.texts(0)?;
        arguments.map_boolean(|row| Ok(addresses.get(row).map(kind::is_service)))
    },
};
