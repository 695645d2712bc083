use super::run;
use super::session;

/// Prints the rules of some parameters, one a line.
async fn rules(parameters: &[(&str, &str)]) -> String {
    let mut printed = String::new();
    for (call, json) in parameters {
        let query = format!(
            "SELECT rule['direction'] AS direction, rule['protocol'] AS protocol, rule['from_port'] AS from_port,
                    rule['to_port'] AS to_port, rule['target'] AS target
             FROM (SELECT unnest(security_group_rules('{json}', '{call}')) AS rule)"
        );
        let lines = run(&session(), &query).await;
        printed.push_str(&format!("{call}\n"));
        for line in lines.lines().filter(|line| line.starts_with("| ")).skip(1) {
            printed.push_str(&format!("  {line}\n"));
        }
    }
    printed
}

#[tokio::test]
async fn every_shape() {
    let printed = rules(&[
        (
            "AuthorizeSecurityGroupIngress",
            r#"{"groupId":"sg-1","ipPermissions":{"items":[
                {"ipProtocol":"tcp","fromPort":22,"toPort":22,"groups":{},"ipRanges":{"items":[{"cidrIp":"0.0.0.0/0","description":"x"},{"cidrIp":"10.0.0.0/8"}]},"ipv6Ranges":{"items":[{"cidrIpv6":"::/0"}]},"prefixListIds":{}},
                {"ipProtocol":"udp","fromPort":53,"toPort":53,"groups":{"items":[{"userId":"123456789012","groupId":"sg-2"},{"groupName":"web"}]},"ipRanges":{},"prefixListIds":{"items":[{"prefixListId":"pl-1"}]}}]}}"#,
        ),
        // As older versions and other writers have it: lists without `items`, numbers as texts.
        (
            "RevokeSecurityGroupIngress",
            r#"{"groupId":"sg-1","ipPermissions":[{"fromPort":"80","toPort":"81","ipProtocol":"6","ipRanges":[{"cidrIp":"0.0.0.0/0"}],"userIdGroupPairs":[{"groupId":"sg-3"}]}]}"#,
        ),
        // Flat, with what the new shape leaves behind.
        (
            "AuthorizeSecurityGroupIngress",
            r#"{"cidrIp":"192.0.2.7/0","fromPort":22,"groupId":"sg-1","ipPermissions":{},"ipProtocol":"tcp","toPort":22}"#,
        ),
        (
            "AuthorizeSecurityGroupIngress",
            r#"{"groupName":"db","sourceSecurityGroupName":"web","sourceSecurityGroupOwnerId":"123456789012"}"#,
        ),
        // All protocols: the ports mean nothing. Emptied of its targets a rule is still told.
        (
            "RevokeSecurityGroupEgress",
            r#"{"groupId":"sg-1","ipPermissions":{"items":[{"ipProtocol":"-1","fromPort":0,"toPort":0,"groups":{},"ipRanges":{"items":[{"cidrIp":"0.0.0.0/0"}]}},{"ipProtocol":"icmp","fromPort":-1,"toPort":-1,"groups":{},"ipRanges":{},"ipv6Ranges":{}}]}}"#,
        ),
        (
            "ModifySecurityGroupRules",
            r#"{"ModifySecurityGroupRulesRequest":{"GroupId":"sg-1","SecurityGroupRule":{"SecurityGroupRuleId":"sgr-1","tag":1,"SecurityGroupRule":{"CidrIpv4":"0.0.0.0/0","Description":"","FromPort":3389,"IpProtocol":"tcp","ToPort":3389}}}}"#,
        ),
        (
            "ModifySecurityGroupRules",
            r#"{"ModifySecurityGroupRulesRequest":{"GroupId":"sg-1","SecurityGroupRule":[{"SecurityGroupRuleId":"sgr-1","SecurityGroupRule":{"ReferencedGroupId":"sg-9","IpProtocol":"-1"}},{"SecurityGroupRuleId":"sgr-2","SecurityGroupRule":{"PrefixListId":"pl-9","IpProtocol":"58","FromPort":128,"ToPort":0}}]}}"#,
        ),
        // A response says itself in which direction.
        (
            "any",
            r#"{"_return":true,"securityGroupRuleSet":{"items":[{"groupId":"sg-1","isEgress":true,"ipProtocol":"-1","fromPort":-1,"toPort":-1,"cidrIpv6":"::/0"},{"groupId":"sg-1","isEgress":false,"ipProtocol":"tcp","fromPort":1,"toPort":2,"referencedGroupInfo":{"groupId":"sg-4","userId":"1"}}]}}"#,
        ),
        ("AuthorizeDBSecurityGroupIngress", r#"{"dBSecurityGroupName":"db","cIDRIP":"203.0.113.0/24"}"#),
    ])
    .await;
    insta::assert_snapshot!(printed, @"
    AuthorizeSecurityGroupIngress
      | ingress   | tcp      | 22        | 22      | 0.0.0.0/0  |
      | ingress   | tcp      | 22        | 22      | 10.0.0.0/8 |
      | ingress   | tcp      | 22        | 22      | ::/0       |
      | ingress   | udp      | 53        | 53      | pl-1       |
      | ingress   | udp      | 53        | 53      | sg-2       |
      | ingress   | udp      | 53        | 53      | web        |
    RevokeSecurityGroupIngress
      | ingress   | tcp      | 80        | 81      | 0.0.0.0/0 |
      | ingress   | tcp      | 80        | 81      | sg-3      |
    AuthorizeSecurityGroupIngress
      | ingress   | tcp      | 22        | 22      | 192.0.2.7/0 |
    AuthorizeSecurityGroupIngress
      | ingress   |          |           |         | web    |
    RevokeSecurityGroupEgress
      | egress    | all      |           |         | 0.0.0.0/0 |
      | egress    | icmp     | -1        | -1      |           |
    ModifySecurityGroupRules
      |           | tcp      | 3389      | 3389    | 0.0.0.0/0 |
    ModifySecurityGroupRules
      |           | all      |           |         | sg-9   |
      |           | icmpv6   | 128       | 0       | pl-9   |
    any
      | egress    | all      |           |         | ::/0   |
      | ingress   | tcp      | 1         | 2       | sg-4   |
    AuthorizeDBSecurityGroupIngress
      | ingress   |          |           |         | 203.0.113.0/24 |
    ");
}

#[tokio::test]
async fn where_no_rule_is_named_there_is_none() {
    for text in [
        r#"{"reason":"requestParameters too large","omitted":true}"#,
        r#"{"groupId":"sg-1","securityGroupRuleIds":["sgr-1"]}"#,
        r#"{"groupId":"sg-1","ipPermissions":{}}"#,
        r#"{"ipPermissions":[{"ipProtocol":"tcp""#,
        r#"{"loadBalancerName":"x","protocol":"tcp","cidrBlock":"10.0.0.0/8"}"#,
        "tcp from ipProtocol",
        "[1, {}]",
        "",
    ] {
        let query = format!("SELECT security_group_rules('{text}') IS NULL AS nothing");
        let printed = run(&session(), &query).await;
        assert!(printed.contains("| true    |"), "{text}: {printed}");
    }
    let query = r#"SELECT security_group_rules('{"cidrIp":"10.0.0.0/8"}') AS rules, security_group_rules('{"cidrIp":"10.0.0.0/8"}', NULL) AS also"#;
    insta::assert_snapshot!(run(&session(), query).await, @"
    +-------------------------------------------------------------------------+-------------------------------------------------------------------------+
    | rules                                                                   | also                                                                    |
    +-------------------------------------------------------------------------+-------------------------------------------------------------------------+
    | [{direction: , protocol: , from_port: , to_port: , target: 10.0.0.0/8}] | [{direction: , protocol: , from_port: , to_port: , target: 10.0.0.0/8}] |
    +-------------------------------------------------------------------------+-------------------------------------------------------------------------+
    ");
}
