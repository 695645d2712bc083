//! Amazon Resource Names.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::common::exec_err;

use crate::functions::Function;
use crate::logs::arn::Arn;

pub(super) const ARN_PART: Function = Function {
    name: "arn_part",
    description: "Takes one part out of an ARN. NULL if the text is no ARN or the part is empty, as the account of an \
        S3 bucket is. Fails on the name of a part it does not know.",
    arguments: &[
        ("arn", "The ARN."),
        (
            "part",
            "`partition`, `service`, `region`, `account`, `resource` (all that follows), `resource_type` (its first piece, \
             where the service writes one), `resource_id` (the rest) or `name` (the last piece of its path).",
        ),
    ],
    optional: None,
    example: r#"
> SELECT arn_part(arn, 'account') AS account, arn_part(arn, 'resource_type') AS type, arn_part(arn, 'name') AS name
  FROM (VALUES ('arn:aws:iam::123456789012:role/ops/Deploy'), ('arn:aws:s3:::bucket/folder/file.txt')) AS t(arn);
+--------------+------+----------+
| account      | type | name     |
+--------------+------+----------+
| 123456789012 | role | Deploy   |
|              |      | file.txt |
+--------------+------+----------+
"#,
    returns: || DataType::Utf8,
    evaluate: |arguments| {
        let (arns, parts) = (arguments.texts(0)?, arguments.texts(1)?);
        let every = parts.constant().map(part).transpose()?;
        let mut wrong = Ok(());
        let found = arguments.map_text(|row| {
            let take = match every {
                Some(take) => take,
                None => part(parts.get(row)?).map_err(|error| wrong = Err(error)).ok()?,
            };
            take(&Arn::parse(arns.get(row)?)?).filter(|text| !text.is_empty()).map(Into::into)
        });
        wrong.map(|()| found)
    },
};

type Take = for<'a> fn(&Arn<'a>) -> Option<&'a str>;

const PARTS: [(&str, Take); 8] = [
    ("partition", |arn| Some(arn.partition)),
    ("service", |arn| Some(arn.service)),
    ("region", |arn| Some(arn.region)),
    ("account", |arn| Some(arn.account)),
    ("resource", |arn| Some(arn.resource)),
    ("resource_type", |arn| arn.resource_type()),
    ("resource_id", |arn| Some(arn.resource_id())),
    ("name", |arn| Some(arn.name())),
];

fn part(name: &str) -> Result<Take> {
    match PARTS.iter().find(|(known, _)| *known == name) {
        Some((_, take)) => Ok(*take),
        None => {
            let known: Vec<_> = PARTS.iter().map(|(known, _)| *known).collect();
            exec_err!("arn_part: there is no part '{name}'; the parts are {}", known.join(", "))
        }
    }
}
