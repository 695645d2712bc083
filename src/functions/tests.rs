use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::array::DictionaryArray;
use datafusion::arrow::array::LargeStringArray;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::array::StringArray;
use datafusion::arrow::array::StringViewArray;
use datafusion::arrow::datatypes::Int32Type;
use datafusion::arrow::util::pretty::pretty_format_batches;
use datafusion::common::ParamValues;
use datafusion::common::ScalarValue;
use datafusion::prelude::SessionConfig;

use super::*;

mod calls;
mod identities;
mod optional;
mod policies;
mod properties;
mod security_groups;

fn session() -> SessionContext {
    let context = SessionContext::new_with_config(SessionConfig::new().with_information_schema(true));
    register(&context);
    context
}

async fn run(context: &SessionContext, query: &str) -> String {
    let batches = match context.sql(query).await {
        Ok(frame) => frame.collect().await,
        Err(error) => Err(error),
    };
    match batches {
        Ok(batches) => pretty_format_batches(&batches).unwrap().to_string(),
        Err(error) => error.strip_backtrace(),
    }
}

/// Splits the example of a documentation into its query and what is printed.
fn example(documentation: &str) -> (String, String) {
    let text = documentation.strip_prefix("```sql\n> ").unwrap().strip_suffix("\n```").unwrap();
    let (query, printed) = text.split_once(";\n").unwrap();
    (query.to_owned(), printed.to_owned())
}

#[tokio::test]
async fn every_example_is_true() {
    let context = session();
    for function in all() {
        let documentation = function.documentation().unwrap();
        let (query, printed) = example(documentation.sql_example.as_ref().unwrap());
        assert!(
            query.contains(&format!("{}(", function.name())),
            "{} has an example of another",
            function.name()
        );
        assert_eq!(run(&context, &query).await, printed, "the example of {}", function.name());
    }
}

#[tokio::test]
async fn all_are_documented_in_the_information_schema() {
    let context = session();
    for function in FUNCTIONS {
        let query = format!(
            "SELECT description, syntax_example, is_deterministic, data_type FROM information_schema.routines
             WHERE routine_name = '{}'",
            function.name
        );
        let printed = run(&context, &query).await;
        assert!(printed.contains(function.description), "{printed}");
        assert!(printed.contains(&format!("{}(", function.name)), "{printed}");
        assert_eq!(printed.lines().count(), 5, "one row each: {printed}");
    }
    let query =
        "SELECT specific_name, parameter_mode, parameter_name, data_type FROM information_schema.parameters
                 WHERE specific_name IN ('arn_part', 'resource_arns') ORDER BY 1, 2, ordinal_position";
    insta::assert_snapshot!(run(&context, query).await, @"
    +---------------+----------------+----------------+--------------+
    | specific_name | parameter_mode | parameter_name | data_type    |
    +---------------+----------------+----------------+--------------+
    | arn_part      | IN             | arn            | String       |
    | arn_part      | IN             | part           | String       |
    | arn_part      | OUT            |                | String       |
    | resource_arns | IN             | json           | String       |
    | resource_arns | OUT            |                | List(String) |
    +---------------+----------------+----------------+--------------+
    ");
}

/// One row of each kind: an event, another, text, nothing.
const ROWS: [Option<&str>; 4] = [
    Some(
        r#"{"eventSource":"iam.amazonaws.com","userIdentity":{"type":"Root","accountId":"123456789012"},"requestParameters":{"policyArn":"arn:aws:iam::aws:policy/P"}}"#,
    ),
    Some(r#"{"eventName":"X","errorCode":"AccessDenied"}"#),
    Some("192.0.2.1"),
    None,
];

fn table(context: &SessionContext, name: &str, column: ArrayRef) {
    let batch = RecordBatch::try_from_iter([("text", column)]).unwrap();
    context.register_batch(name, batch).unwrap();
}

#[tokio::test]
async fn every_kind_of_text_gives_the_same() {
    let context = session();
    table(&context, "utf8", Arc::new(StringArray::from(ROWS.to_vec())));
    table(&context, "large", Arc::new(LargeStringArray::from(ROWS.to_vec())));
    table(&context, "view", Arc::new(StringViewArray::from(ROWS.to_vec())));
    table(&context, "dictionary", Arc::new(DictionaryArray::<Int32Type>::from_iter(ROWS)));
    let query = "SELECT principal(text), outcome(text), issued_access_key_id(text), resource_arns(text),
                 arn_part(text, 'name') AS part, ip_in_cidr(text, '192.0.2.0/24') AS inside, ip_is_private(text) FROM";
    let expected = run(&context, &format!("{query} (SELECT * FROM utf8) AS t")).await;
    insta::assert_snapshot!(expected, @"
    +--------------------------------+-----------------+------------------------------+-----------------------------+------+--------+-----------------------+
    | principal(t.text)              | outcome(t.text) | issued_access_key_id(t.text) | resource_arns(t.text)       | part | inside | ip_is_private(t.text) |
    +--------------------------------+-----------------+------------------------------+-----------------------------+------+--------+-----------------------+
    | arn:aws:iam::123456789012:root | success         |                              | [arn:aws:iam::aws:policy/P] |      |        |                       |
    |                                | denied          |                              | []                          |      |        |                       |
    |                                |                 |                              |                             |      | true   | false                 |
    |                                |                 |                              |                             |      |        |                       |
    +--------------------------------+-----------------+------------------------------+-----------------------------+------+--------+-----------------------+
    ");
    for name in ["large", "view", "dictionary"] {
        assert_eq!(run(&context, &format!("{query} (SELECT * FROM {name}) AS t")).await, expected, "{name}");
    }
}

#[tokio::test]
async fn nothing_in_nothing_out() {
    let context = session();
    table(&context, "empty", Arc::new(StringArray::from(Vec::<&str>::new())));
    for function in FUNCTIONS {
        let nulls = vec!["NULL"; function.arguments.len()].join(", ");
        let printed = run(&context, &format!("SELECT {}({nulls}) IS NULL AS nothing", function.name)).await;
        assert!(printed.contains("| true    |"), "{}: {printed}", function.name);
        let others = match function.name {
            "arn_part" => ", 'name'",
            "ip_in_cidr" => ", '::/0'",
            "policy_external_accounts" => ", '123456789012'",
            _ => "",
        };
        let query = format!("SELECT count({}(text{others})) AS n FROM empty", function.name);
        let printed = run(&context, &query).await;
        assert!(printed.contains("| 0 |"), "{}: {printed}", function.name);
    }
}

#[tokio::test]
async fn arguments_may_be_bound() {
    let frame = session().sql("SELECT ip_in_cidr($ip, $cidr) AS inside").await.unwrap();
    let text = |text: &str| ScalarValue::from(text);
    let values = ParamValues::from(vec![("ip", text("10.0.0.1")), ("cidr", text("10.0.0.0/8"))]);
    let batches = frame.with_param_values(values).unwrap().collect().await.unwrap();
    assert!(pretty_format_batches(&batches).unwrap().to_string().contains("| true   |"));
}

#[tokio::test]
async fn blocks_of_addresses() {
    let query = "SELECT ip, cidr, ip_in_cidr(ip, cidr) AS inside FROM (VALUES
        ('10.255.0.1', '10.0.0.0/8'), ('11.0.0.1', '10.0.0.0/8'), ('10.1.2.3', '10.9.9.9/8'), ('1.2.3.4', '0.0.0.0/0'),
        ('1.2.3.4', '1.2.3.4'), ('1.2.3.5', '1.2.3.4/32'), ('2001:db8::1', '2001:db8::/32'), ('2001:db9::1', '2001:db8::/32'),
        ('::1', '::/0'), ('::1', '::1/128'), ('1.2.3.4', '::/0'), ('::ffff:10.0.0.1', '10.0.0.0/8'), ('10.0.0.1', '::ffff:10.0.0.0/104'),
        ('s3.amazonaws.com', '10.0.0.0/8'), ('', '10.0.0.0/8'), ('10.0.0.1', NULL), (NULL, '10.0.0.0/8'), ('010.0.0.1', '10.0.0.0/8')
        ) AS t(ip, cidr)";
    insta::assert_snapshot!(run(&session(), query).await, @"
    +------------------+---------------------+--------+
    | ip               | cidr                | inside |
    +------------------+---------------------+--------+
    | 10.255.0.1       | 10.0.0.0/8          | true   |
    | 11.0.0.1         | 10.0.0.0/8          | false  |
    | 10.1.2.3         | 10.9.9.9/8          | true   |
    | 1.2.3.4          | 0.0.0.0/0           | true   |
    | 1.2.3.4          | 1.2.3.4             | true   |
    | 1.2.3.5          | 1.2.3.4/32          | false  |
    | 2001:db8::1      | 2001:db8::/32       | true   |
    | 2001:db9::1      | 2001:db8::/32       | false  |
    | ::1              | ::/0                | true   |
    | ::1              | ::1/128             | true   |
    | 1.2.3.4          | ::/0                | false  |
    | ::ffff:10.0.0.1  | 10.0.0.0/8          | true   |
    | 10.0.0.1         | ::ffff:10.0.0.0/104 | true   |
    | s3.amazonaws.com | 10.0.0.0/8          |        |
    |                  | 10.0.0.0/8          |        |
    | 10.0.0.1         |                     |        |
    |                  | 10.0.0.0/8          |        |
    | 010.0.0.1        | 10.0.0.0/8          |        |
    +------------------+---------------------+--------+
    ");
}

#[tokio::test]
async fn private_addresses() {
    let query = "SELECT ip, ip_is_private(ip) AS private FROM (VALUES
        ('10.0.0.0'), ('172.15.0.1'), ('172.31.255.255'), ('192.168.0.1'), ('127.0.0.1'), ('169.254.169.254'), ('100.63.255.255'),
        ('100.64.0.0'), ('100.127.255.255'), ('100.128.0.0'), ('8.8.8.8'), ('::1'), ('fe80::1'), ('fc00::1'), ('2600::1'),
        ('::ffff:192.168.0.1'), ('AWS Internal'), (NULL)) AS t(ip)";
    insta::assert_snapshot!(run(&session(), query).await, @"
    +--------------------+---------+
    | ip                 | private |
    +--------------------+---------+
    | 10.0.0.0           | true    |
    | 172.15.0.1         | false   |
    | 172.31.255.255     | true    |
    | 192.168.0.1        | true    |
    | 127.0.0.1          | true    |
    | 169.254.169.254    | true    |
    | 100.63.255.255     | false   |
    | 100.64.0.0         | true    |
    | 100.127.255.255    | true    |
    | 100.128.0.0        | false   |
    | 8.8.8.8            | false   |
    | ::1                | true    |
    | fe80::1            | true    |
    | fc00::1            | true    |
    | 2600::1            | false   |
    | ::ffff:192.168.0.1 | true    |
    | AWS Internal       |         |
    |                    |         |
    +--------------------+---------+
    ");
}

#[tokio::test]
async fn mistakes_are_named() {
    let context = session();
    table(&context, "empty", Arc::new(StringArray::from(Vec::<&str>::new())));
    let mut printed = String::new();
    for query in [
        "SELECT ip_in_cidr('10.0.0.1', '10.0.0.0/33')",
        "SELECT ip_in_cidr('10.0.0.1', '10.0.0.0/+8')",
        "SELECT ip_in_cidr('10.0.0.1', '10.0.0.0/')",
        "SELECT ip_in_cidr('10.0.0.1', 'office')",
        "SELECT ip_in_cidr(ip, cidr) FROM (VALUES ('1.1.1.1', '1.1.1.1/8'), (NULL, '::/129')) AS t(ip, cidr)",
        "SELECT ip_in_cidr(text, 'office') FROM empty",
        "SELECT arn_part('arn:aws:s3:::b', 'bucket')",
        "SELECT arn_part('no arn', part) FROM (VALUES ('name'), ('Name')) AS t(part)",
        "SELECT ip_is_private(7)",
        "SELECT principal()",
    ] {
        printed.push_str(&format!("{query}\n  {}\n", run(&context, query).await.replace('\n', "\n  ")));
    }
    insta::assert_snapshot!(printed, @"
    SELECT ip_in_cidr('10.0.0.1', '10.0.0.0/33')
      Execution error: ip_in_cidr: '10.0.0.0/33' is no block of addresses; write one as 10.0.0.0/8 or 2001:db8::/32
    SELECT ip_in_cidr('10.0.0.1', '10.0.0.0/+8')
      Execution error: ip_in_cidr: '10.0.0.0/+8' is no block of addresses; write one as 10.0.0.0/8 or 2001:db8::/32
    SELECT ip_in_cidr('10.0.0.1', '10.0.0.0/')
      Execution error: ip_in_cidr: '10.0.0.0/' is no block of addresses; write one as 10.0.0.0/8 or 2001:db8::/32
    SELECT ip_in_cidr('10.0.0.1', 'office')
      Execution error: ip_in_cidr: 'office' is no block of addresses; write one as 10.0.0.0/8 or 2001:db8::/32
    SELECT ip_in_cidr(ip, cidr) FROM (VALUES ('1.1.1.1', '1.1.1.1/8'), (NULL, '::/129')) AS t(ip, cidr)
      Execution error: ip_in_cidr: '::/129' is no block of addresses; write one as 10.0.0.0/8 or 2001:db8::/32
    SELECT ip_in_cidr(text, 'office') FROM empty
      Execution error: ip_in_cidr: 'office' is no block of addresses; write one as 10.0.0.0/8 or 2001:db8::/32
    SELECT arn_part('arn:aws:s3:::b', 'bucket')
      Execution error: arn_part: there is no part 'bucket'; the parts are partition, service, region, account, resource, resource_type, resource_id, name
    SELECT arn_part('no arn', part) FROM (VALUES ('name'), ('Name')) AS t(part)
      Execution error: arn_part: there is no part 'Name'; the parts are partition, service, region, account, resource, resource_type, resource_id, name
    SELECT ip_is_private(7)
      Error during planning: Function 'ip_is_private' requires String, but received Int64 (DataType: Int64).. No function matches the given name and argument types 'ip_is_private(Int64)'. You might need to add explicit type casts.
      	Candidate functions:
      	ip_is_private(String)
    SELECT principal()
      Error during planning: 'principal' does not support zero arguments. No function matches the given name and argument types 'principal()'. You might need to add explicit type casts.
      	Candidate functions:
      	principal(String)
    ");
}

#[tokio::test]
async fn parts_of_arns() {
    let query = "SELECT arn_part(arn, 'partition') AS p, arn_part(arn, 'service') AS service, arn_part(arn, 'region') AS region,
        arn_part(arn, 'account') AS account, arn_part(arn, 'resource') AS resource, arn_part(arn, 'resource_type') AS type,
        arn_part(arn, 'resource_id') AS id, arn_part(arn, 'name') AS name
        FROM (VALUES ('arn:aws:iam::123456789012:user/ops/alice'), ('arn:aws-cn:s3:::bucket'), ('arn:aws:s3:::bucket/a/b.txt'),
        ('arn:aws:lambda:us-east-1:123456789012:function:worker'), ('arn:aws:sqs:us-east-1:123456789012:jobs'), ('alice'), (NULL)) AS t(arn)";
    insta::assert_snapshot!(run(&session(), query).await, @"
    +--------+---------+-----------+--------------+-----------------+----------+----------------+--------+
    | p      | service | region    | account      | resource        | type     | id             | name   |
    +--------+---------+-----------+--------------+-----------------+----------+----------------+--------+
    | aws    | iam     |           | 123456789012 | user/ops/alice  | user     | ops/alice      | alice  |
    | aws-cn | s3      |           |              | bucket          |          | bucket         | bucket |
    | aws    | s3      |           |              | bucket/a/b.txt  |          | bucket/a/b.txt | b.txt  |
    | aws    | lambda  | us-east-1 | 123456789012 | function:worker | function | worker         | worker |
    | aws    | sqs     | us-east-1 | 123456789012 | jobs            |          | jobs           | jobs   |
    |        |         |           |              |                 |          |                |        |
    |        |         |           |              |                 |          |                |        |
    +--------+---------+-----------+--------------+-----------------+----------+----------------+--------+
    ");
}
