//! How a call ended.

use datafusion::arrow::datatypes::DataType;

use crate::functions::Function;
use crate::logs::cloudtrail::derive;
use crate::logs::cloudtrail::facts::Facts;

pub(super) const OUTCOME: Function = Function {
    name: "outcome",
    description: "Tells how a call ended: `success`, `denied` (no permission, a credential that is not accepted, or a \
        failed sign-in, which has no error code) or `error`. It is what the column `cloudtrail.outcome` holds. \
        NULL if the text is no JSON object.",
    arguments: &[("json", "An event's JSON, as `cloudtrail_json.event`.")],
    optional: None,
    example: r#"
> SELECT outcome('{"eventName":"ConsoleLogin","responseElements":{"ConsoleLogin":"Failure"}}') AS sign_in,
         outcome('{"eventName":"RunInstances","errorCode":"Client.VcpuLimitExceeded"}') AS launch;
+---------+--------+
| sign_in | launch |
+---------+--------+
| denied  | error  |
+---------+--------+
"#,
    returns: || DataType::Utf8,
    evaluate: |arguments| {
        let events = arguments.texts(0)?;
        Ok(arguments.map_text(|row| Some(derive::outcome(&Facts::read(events.get(row)?.as_bytes())?).into())))
    },
};
