//! Which keys were handed out.

use datafusion::arrow::datatypes::DataType;

use crate::functions::Function;
use crate::logs::cloudtrail::derive;
use crate::logs::cloudtrail::facts::Facts;

pub(super) const ISSUED_ACCESS_KEY_ID: Function = Function {
    name: "issued_access_key_id",
    description: "Gives the access key that a call handed out (AssumeRole and its kin, GetSessionToken, \
        GetFederationToken, CreateAccessKey ...), which later events carry as `access_key_id`: the link from one \
        session to the next. It is what the column `cloudtrail.issued_access_key_id` holds. NULL if none was \
        handed out, or the text is no JSON object.",
    arguments: &[("json", "An event's JSON, as `cloudtrail_json.event`.")],
    example: r#"
> SELECT issued_access_key_id('{"eventName":"AssumeRole","responseElements":{"credentials":{"accessKeyId":"ASIAEXAMPLE"}}}') AS key;
+-------------+
| key         |
+-------------+
| ASIAEXAMPLE |
+-------------+
"#,
    returns: || DataType::Utf8,
    evaluate: |arguments| {
        let events = arguments.texts(0)?;
        Ok(arguments.map_text(|row| {
            let facts = Facts::read(events.get(row)?.as_bytes())?;
            derive::issued_access_key_id(&facts).map(|key| key.into_owned().into())
        }))
    },
};
