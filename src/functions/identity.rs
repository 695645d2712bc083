//! Who acted.

use datafusion::arrow::datatypes::DataType;

use crate::functions::Function;
use crate::logs::cloudtrail::derive;
use crate::logs::cloudtrail::facts::Facts;
use crate::logs::cloudtrail::kind;

pub(super) const PRINCIPAL: Function = Function {
    name: "principal",
    description: "Names who acted, in one stable way: the ARN of a user, of the role behind a session, \
        `arn:aws:iam::<account>:root`, a service, a federated or Identity Center user. \
        It is what the column `cloudtrail.principal` holds. NULL if the event does not say, or is no JSON object.",
    arguments: &[("json", "An event's JSON, as `cloudtrail_json.event`, or a `userIdentity` alone.")],
    optional: None,
    example: r#"
> SELECT principal('{"type":"AssumedRole","arn":"arn:aws:sts::123456789012:assumed-role/Deploy/ci"}') AS principal;
+---------------------------------------+
| principal                             |
+---------------------------------------+
| arn:aws:iam::123456789012:role/Deploy |
+---------------------------------------+
"#,
    returns: || DataType::Utf8,
    evaluate: |arguments| {
        let events = arguments.texts(0)?;
        Ok(arguments.map_text(|row| {
            let facts = Facts::read(events.get(row)?.as_bytes())?;
            derive::principal(&facts).map(|name| name.into_owned().into())
        }))
    },
};

pub(super) const PRINCIPAL_KIND: Function = Function {
    name: "principal_kind",
    description: "Tells what kind of caller acted: `root`, `user` (of IAM), `role` (or its session), `federated` (a \
        federated user's session, a SAML or web identity, a directory's user), `identity_center`, `service`, \
        `account` (another one, of which no more is told), `anonymous`, or `unknown` where an event does not say. \
        NULL if the text is neither a JSON object nor a name that says it.",
    arguments: &[(
        "identity",
        "An event's JSON, as `cloudtrail_json.event`; a `userIdentity` alone; or a name, as the columns `principal` \
         and `principal_type` hold.",
    )],
    optional: None,
    example: r#"
> SELECT principal_kind(principal) AS kind, count(*) AS callers
  FROM (VALUES ('arn:aws:iam::123456789012:role/Deploy'), ('ec2.amazonaws.com'), ('arn:aws:iam::123456789012:root'),
               ('arn:aws:iam::123456789012:role/ops/Audit')) AS t(principal)
  GROUP BY kind ORDER BY kind;
+---------+---------+
| kind    | callers |
+---------+---------+
| role    | 2       |
| root    | 1       |
| service | 1       |
+---------+---------+
"#,
    returns: || DataType::Utf8,
    evaluate: |arguments| {
        let identities = arguments.texts(0)?;
        Ok(arguments.map_text(|row| {
            let identity = identities.get(row)?;
            let found = match Facts::read(identity.as_bytes()) {
                Some(facts) => Some(kind::principal_kind(&facts)),
                None => kind::kind_of_name(identity),
            };
            found.map(Into::into)
        }))
    },
};

pub(super) const SESSION_NAME: Function = Function {
    name: "session_name",
    description: "Gives the name of the role session that acted: often a person's address, an instance's id or a \
        program's name. It is what the column `cloudtrail.session_name` holds. NULL if no role session acted, or \
        the text is no JSON object.",
    arguments: &[("json", "An event's JSON, as `cloudtrail_json.event`, or a `userIdentity` alone.")],
    optional: None,
    example: r#"
> SELECT session_name('{"type":"AssumedRole","principalId":"AROAEXAMPLE:i-0123456789abcdef0"}') AS session_name;
+---------------------+
| session_name        |
+---------------------+
| i-0123456789abcdef0 |
+---------------------+
"#,
    returns: || DataType::Utf8,
    evaluate: |arguments| {
        let events = arguments.texts(0)?;
        Ok(arguments.map_text(|row| {
            let facts = Facts::read(events.get(row)?.as_bytes())?;
            derive::session_name(&facts).map(|name| name.into_owned().into())
        }))
    },
};
