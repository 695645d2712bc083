//! The rules of security groups.

use std::sync::Arc;

use datafusion::arrow::array::ArrayBuilder;
use datafusion::arrow::array::Int64Builder;
use datafusion::arrow::array::ListBuilder;
use datafusion::arrow::array::StringBuilder;
use datafusion::arrow::array::StructBuilder;
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::datatypes::Field;
use datafusion::arrow::datatypes::Fields;
use datafusion::common::Result;
use datafusion::common::internal_datafusion_err;
use serde_json::Map;
use serde_json::Value;

use crate::functions::Function;
use crate::functions::Kind;
use crate::functions::Optional;

pub(super) const SECURITY_GROUP_RULES: Function = Function {
    name: "security_group_rules",
    description: "Lists the rules a call names, one for each target, as structs of `direction` (`ingress`, `egress`, or \
        NULL if neither the rule nor the call says), `protocol` (`tcp`, `udp`, `icmp`, `icmpv6`, `all`, or what stands there), \
        `from_port` and `to_port` (NULL where all ports are meant, or none is named; type and code for ICMP), and \
        `target`: a block of addresses, or the id or name of a group or prefix list (NULL if the rule names none). It reads what \
        AuthorizeSecurityGroup..., RevokeSecurityGroup... and ModifySecurityGroupRules carry, in both shapes, their \
        responses, and the older groups of RDS. NULL if no rule is named: the parameters were omitted, the rules are \
        given by their ids, or the text is no JSON. Open to the world is `target LIKE '%/0'`.",
    arguments: &[("request_parameters", "The parameters, as `request_parameters`, or `response_elements`.")],
    optional: Some(Optional {
        name: "event_name",
        meaning: "The call, as `event_name`: parameters do not say in which direction a rule is, but its name mostly \
                  does.",
        kind: Kind::Text,
    }),
    example: r#"
> SELECT rule['direction'] AS direction, rule['protocol'] AS protocol, rule['from_port'] AS from_port, rule['target'] AS target
  FROM (SELECT unnest(security_group_rules(
    '{"groupId":"sg-1","ipPermissions":{"items":[{"ipProtocol":"tcp","fromPort":22,"toPort":22,"groups":{},
      "ipRanges":{"items":[{"cidrIp":"0.0.0.0/0"}]},"ipv6Ranges":{"items":[{"cidrIpv6":"::/0"}]}}]}}',
    'AuthorizeSecurityGroupIngress')) AS rule);
+-----------+----------+-----------+-----------+
| direction | protocol | from_port | target    |
+-----------+----------+-----------+-----------+
| ingress   | tcp      | 22        | 0.0.0.0/0 |
| ingress   | tcp      | 22        | ::/0      |
+-----------+----------+-----------+-----------+
"#,
    returns: || DataType::new_list(DataType::Struct(fields()), true),
    evaluate: |arguments| {
        let (parameters, names) = (arguments.texts(0)?, arguments.optional(1));
        let mut lists = ListBuilder::new(StructBuilder::from_fields(fields(), 0));
        for row in 0..arguments.rows() {
            let direction = names.and_then(|names| names.get(row)).and_then(direction_of);
            let rules = parameters.get(row).map_or_else(Vec::new, |text| rules(text, direction));
            rules.iter().try_for_each(|rule| append(rule, lists.values()))?;
            lists.append(!rules.is_empty());
        }
        Ok(Arc::new(lists.finish()))
    },
};

fn fields() -> Fields {
    let field = |name: &str, kind| Field::new(name, kind, true);
    Fields::from(vec![
        field("direction", DataType::Utf8),
        field("protocol", DataType::Utf8),
        field("from_port", DataType::Int64),
        field("to_port", DataType::Int64),
        field("target", DataType::Utf8),
    ])
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    direction: Option<&'static str>,
    protocol: Option<String>,
    from_port: Option<i64>,
    to_port: Option<i64>,
    target: Option<String>,
}

fn append(rule: &Rule, structs: &mut StructBuilder) -> Result<()> {
    let texts = [(0, rule.direction), (1, rule.protocol.as_deref()), (4, rule.target.as_deref())];
    for (at, text) in texts {
        column::<StringBuilder>(structs, at)?.append_option(text);
    }
    for (at, port) in [(2, rule.from_port), (3, rule.to_port)] {
        column::<Int64Builder>(structs, at)?.append_option(port);
    }
    structs.append(true);
    Ok(())
}

fn column<T: ArrayBuilder>(structs: &mut StructBuilder, at: usize) -> Result<&mut T> {
    structs.field_builder(at).ok_or_else(|| internal_datafusion_err!("a rule has no field {at}"))
}

fn direction_of(call: &str) -> Option<&'static str> {
    match (call.contains("Ingress"), call.contains("Egress")) {
        (true, false) => Some("ingress"),
        (false, true) => Some("egress"),
        _ => None,
    }
}

fn rules(text: &str, direction: Option<&'static str>) -> Vec<Rule> {
    let mut found = Vec::new();
    // Few parameters speak of rules, and a search is far cheaper than a parser.
    let may_hold =
        ["rotocol", "idrIp", "IDRIP", "idrip", "ecurityGroup"].iter().any(|mark| text.contains(mark));
    if may_hold && let Ok(value) = serde_json::from_str(text) {
        walk(&value, direction, &mut found);
    }
    found
}

/// What holds the targets of a rule, and the names a target has there; the first that is given counts.
const TARGETS: [(&str, &[&str]); 6] = [
    ("ipRanges", &["cidrIp"]),
    ("ipv6Ranges", &["cidrIpv6"]),
    ("prefixListIds", &["prefixListId"]),
    ("groups", &["groupId", "groupName"]),
    ("userIdGroupPairs", &["groupId", "groupName"]),
    ("referencedGroupInfo", &["groupId"]),
];

/// Targets that a rule names itself. The first line needs no protocol beside it to be a rule.
const OWN_TARGETS: [&[&str]; 2] = [
    &[
        "cidrIp",
        "cidrIpv4",
        "cidrIpv6",
        "sourceSecurityGroupId",
        "sourceSecurityGroupName",
        "eC2SecurityGroupId",
        "eC2SecurityGroupName",
    ],
    &["prefixListId", "referencedGroupId"],
];

/// Collects the rules in a value, wherever they stand: the shapes differ by API, by version, and by who wrote the log.
fn walk(value: &Value, direction: Option<&'static str>, found: &mut Vec<Rule>) {
    let object = match value {
        Value::Array(values) => return values.iter().for_each(|value| walk(value, direction, found)),
        Value::Object(object) => object,
        _ => return,
    };
    let direction = match get(object, "isEgress") {
        Some(Value::Bool(true)) => Some("egress"),
        Some(Value::Bool(false)) => Some("ingress"),
        _ => direction,
    };
    let is_rule = take_rule(object, direction, found);
    for (key, value) in object {
        if is_rule && TARGETS.iter().any(|(holder, _)| holder.eq_ignore_ascii_case(key)) {
            continue;
        }
        let egress = key.eq_ignore_ascii_case("ipPermissionsEgress");
        walk(value, if egress { Some("egress") } else { direction }, found);
    }
}

/// Takes the rule that an object is, once for each of its targets; tells whether it is one.
fn take_rule(object: &Map<String, Value>, direction: Option<&'static str>, found: &mut Vec<Rule>) -> bool {
    let protocol = get(object, "ipProtocol").and_then(text).map(|name| protocol(&name));
    let own = |names: &[&str]| -> Vec<String> {
        names.iter().filter_map(|name| text(get(object, name)?)).collect()
    };
    let [alone, beside] = OWN_TARGETS.map(own);
    if protocol.is_none() && alone.is_empty() {
        return false;
    }
    let mut targets: Vec<_> = alone.into_iter().chain(beside).map(Some).collect();
    for (holder, names) in TARGETS {
        get(object, holder).into_iter().for_each(|holder| take_targets(holder, names, &mut targets));
    }
    // Flat parameters stand beside an empty `ipPermissions`, and an emptied rule beside its targets' empty lists.
    if targets.is_empty() {
        targets.push(None);
    }
    let all = protocol.as_deref() == Some("all");
    let port = |name| get(object, name).and_then(number).filter(|_| !all);
    let (from_port, to_port) = (port("fromPort"), port("toPort"));
    found.extend(targets.into_iter().map(|target| Rule {
        direction,
        protocol: protocol.clone(),
        from_port,
        to_port,
        target,
    }));
    true
}

/// Targets stand in a list, in `items` of an object, or alone.
fn take_targets(holder: &Value, names: &[&str], targets: &mut Vec<Option<String>>) {
    match holder {
        Value::Array(values) => values.iter().for_each(|value| take_targets(value, names, targets)),
        Value::Object(object) => match names.iter().find_map(|name| text(get(object, name)?)) {
            Some(target) => targets.push(Some(target)),
            None => object.values().for_each(|value| match value {
                Value::Array(_) | Value::Object(_) => take_targets(value, names, targets),
                _ => {}
            }),
        },
        Value::String(target) if !target.is_empty() => targets.push(Some(target.clone())),
        _ => {}
    }
}

/// The member of a name, however it is spelled: `cidrIp`, `CidrIp`, `cIDRIP`.
fn get<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

fn protocol(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    match name.as_str() {
        "-1" => "all".to_owned(),
        "1" => "icmp".to_owned(),
        "6" => "tcp".to_owned(),
        "17" => "udp".to_owned(),
        "58" => "icmpv6".to_owned(),
        _ => name,
    }
}
