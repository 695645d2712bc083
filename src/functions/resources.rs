//! What was touched.

use std::sync::Arc;

use datafusion::arrow::array::ListBuilder;
use datafusion::arrow::array::StringBuilder;
use datafusion::arrow::datatypes::DataType;

use crate::functions::Function;
use crate::logs::cloudtrail::derive;
use crate::logs::cloudtrail::facts::Facts;

pub(super) const RESOURCE_ARNS: Function = Function {
    name: "resource_arns",
    description: "Lists the resources a call names, as ARNs, each once: those of `resources`, every ARN in request and \
        response, and well-known names (an instance's id, a bucket and its key, a role's name ...) turned into \
        ARNs. It is what the column `cloudtrail.resource_arns` holds. Empty if none is named, NULL if the text is \
        no JSON object.",
    arguments: &[("json", "An event's JSON, as `cloudtrail_json.event`.")],
    optional: None,
    example: r#"
> SELECT unnest(resource_arns('{"eventSource":"s3.amazonaws.com","eventName":"GetObject","requestParameters":{"bucketName":"b","key":"k"}}')) AS arn;
+------------------+
| arn              |
+------------------+
| arn:aws:s3:::b   |
| arn:aws:s3:::b/k |
+------------------+
"#,
    returns: || DataType::new_list(DataType::Utf8, true),
    evaluate: |arguments| {
        let events = arguments.texts(0)?;
        let mut lists = ListBuilder::new(StringBuilder::new());
        let mut found = Vec::new();
        for row in 0..arguments.rows() {
            let facts = events.get(row).and_then(|event| Facts::read(event.as_bytes()));
            if let Some(facts) = &facts {
                derive::resource_arns(facts, &mut found);
                found.drain(..).for_each(|arn| lists.values().append_value(arn));
            }
            lists.append(facts.is_some());
        }
        Ok(Arc::new(lists.finish()))
    },
};
