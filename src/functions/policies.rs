//! Whom a policy lets in, and to do what.

mod conditions;
mod grants;

use datafusion::arrow::datatypes::DataType;

use crate::functions::Function;
use crate::functions::policies::grants::Who;
use crate::functions::policies::grants::account_of;

const POLICY: (&str, &str) = (
    "policy",
    "A policy document, or whole `request_parameters` (or `response_elements`) that hold one anywhere: as an object, as \
     JSON in a text, percent-encoded as IAM returns it. Read as policies are also the parameters of the AddPermission of \
     Lambda, EventBridge, SNS and SQS, KMS's CreateGrant, ACLs and canned ACLs of S3, and what shares snapshots, images and \
     documents (`createVolumePermission`, `launchPermission`, `valuesToAdd`, `accountIdsToAdd`).",
);

pub(super) const POLICY_PRINCIPALS: Function = Function {
    name: "policy_principals",
    description: "Lists whom the Allow statements of a policy name, each once, as written there: ARNs, accounts, services, \
        canonical ids, `*`, groups of S3 ACLs, `all`. An Allow for everyone but somebody is `NotPrincipal:` and the \
        exception. Empty if nobody is named, as in policies that are attached to users and roles; NULL if the text \
        holds no policy that can be read, also where CloudTrail omitted the parameters.",
    arguments: &[POLICY],
    optional: None,
    example: r#"
> SELECT policy_principals('{"roleName":"app","policyDocument":"{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":[\"111122223333\",\"arn:aws:iam::444455556666:root\"]},\"Action\":\"sts:AssumeRole\"}}"}') AS principals;
+------------------------------------------------+
| principals                                     |
+------------------------------------------------+
| [111122223333, arn:aws:iam::444455556666:root] |
+------------------------------------------------+
"#,
    returns: texts,
    evaluate: |arguments| {
        let policies = arguments.texts(0)?;
        Ok(arguments.map_list(|row| {
            let grants = grants::read(policies.get(row)?)?;
            let names = grants.iter().flat_map(|grant| &grant.who).map(|who| match who {
                Who::Everyone(name) | Who::Named(name) | Who::Service(name) => name.clone(),
                Who::AllBut(name) => format!("NotPrincipal:{name}"),
            });
            Some(each_once(names))
        }))
    },
};

pub(super) const POLICY_GRANTS_PUBLIC: Function = Function {
    name: "policy_grants_public",
    description: "Tells whether a policy lets everyone in: an Allow whose principal is `*` (alone or as `AWS`), or any \
        `NotPrincipal`, with no condition that restricts it; an S3 ACL for AllUsers or AuthenticatedUsers; a snapshot \
        or image for `all`. A condition restricts if the caller can fulfil it only from within something that is named: \
        it compares (StringEquals, StringEqualsIgnoreCase, StringLike, ArnEquals, ArnLike; plain or ForAnyValue; not \
        ...IfExists, not ForAllValues, not a negation) `aws:SourceArn`, `aws:SourceAccount`, `aws:SourceOwner`, \
        `aws:SourceOrgID`, `aws:SourceOrgPaths`, `aws:SourceVpc`, `aws:SourceVpcArn`, `aws:SourceVpce`, `aws:VpceAccount`, \
        `aws:VpceOrgID`, `aws:VpceOrgPaths`, `aws:PrincipalArn`, `aws:PrincipalAccount`, `aws:PrincipalOrgID`, \
        `aws:PrincipalOrgPaths`, `aws:PrincipalServiceName`, `aws:PrincipalServiceNamesList`, `aws:userid`, \
        `kms:CallerAccount`, `s3:DataAccessPointArn` or `s3:DataAccessPointAccount` with values that all are fixed \
        (no `*`, `?` or variable; of an ARN the account, or without one the resource or bucket; of a path of an \
        organisation its beginning; of a `userid` what stands before the colon); IpAddress of `aws:SourceIp` with blocks \
        that all are /8 or smaller (IPv6: /32); Bool true of `aws:PrincipalIsAWSService` or \
        `elasticfilesystem:AccessedViaMountTarget`. Deny statements grant nothing, and take nothing away here. Block \
        Public Access may still forbid what the policy grants. NULL if the text holds no policy.",
    arguments: &[POLICY],
    optional: None,
    example: r#"
> SELECT policy_grants_public('{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*"}]}') AS open,
         policy_grants_public('{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*",
           "Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-abcde12345"}}}]}') AS organisation;
+------+--------------+
| open | organisation |
+------+--------------+
| true | false        |
+------+--------------+
"#,
    returns: || DataType::Boolean,
    evaluate: |arguments| {
        let policies = arguments.texts(0)?;
        arguments.map_boolean(|row| {
            let grants = policies.get(row).and_then(grants::read);
            Ok(grants.map(|grants| grants.iter().any(grants::Grant::is_public)))
        })
    },
};

pub(super) const POLICY_EXTERNAL_ACCOUNTS: Function = Function {
    name: "policy_external_accounts",
    description: "Lists the accounts other than one's own that the Allow statements of a policy name, each once: out of \
        ARNs, bare numbers, and canonical ids, which stay as they are, since nobody can tell their account. Where the \
        principal is `*` or a service, the accounts that a restricting condition names count (`aws:SourceAccount`, \
        `aws:SourceArn`, `aws:PrincipalAccount`, `aws:PrincipalArn`, `kms:CallerAccount` ...). `*` itself is no account: \
        see `policy_grants_public`. Empty if none is named, NULL if the text holds no policy.",
    arguments: &[POLICY, ("account", "One's own account, as `account_id`.")],
    optional: None,
    example: r#"
> SELECT policy_external_accounts('{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":
           {"AWS":["arn:aws:iam::111122223333:root","arn:aws:iam::444455556666:user/eve"]}}]}', '111122223333') AS accounts;
+----------------+
| accounts       |
+----------------+
| [444455556666] |
+----------------+
"#,
    returns: texts,
    evaluate: |arguments| {
        let (policies, accounts) = (arguments.texts(0)?, arguments.texts(1)?);
        Ok(arguments.map_list(|row| {
            let own = accounts.get(row)?;
            let grants = grants::read(policies.get(row)?)?;
            let named = grants.iter().flat_map(|grant| {
                grant.who.iter().flat_map(|who| match who {
                    Who::Named(name) => account_of(name).into_iter().collect(),
                    Who::Everyone(_) | Who::Service(_) => grant.limits.accounts.clone(),
                    Who::AllBut(_) => Vec::new(),
                })
            });
            Some(each_once(named.filter(|account| account != own)))
        }))
    },
};

pub(super) const POLICY_ACTIONS: Function = Function {
    name: "policy_actions",
    description: "Lists what the Allow statements of a policy allow, each once, as written there: `s3:GetObject`, \
        `iam:*`, `*`; what `NotAction` excepts is marked `NotAction:`. For ACLs it is the permission (`READ`, `FULL_CONTROL`), \
        for what is shared the name of the permission. Empty if nothing is allowed, NULL if the text holds no policy.",
    arguments: &[POLICY],
    optional: None,
    example: r#"
> SELECT policy_actions('{"Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"*"},
           {"Effect":"Allow","NotAction":"iam:*","Resource":"*"},{"Effect":"Deny","Action":"s3:DeleteObject","Resource":"*"}]}') AS actions;
+-----------------------------------------------+
| actions                                       |
+-----------------------------------------------+
| [s3:GetObject, s3:PutObject, NotAction:iam:*] |
+-----------------------------------------------+
"#,
    returns: texts,
    evaluate: |arguments| {
        let policies = arguments.texts(0)?;
        Ok(arguments.map_list(|row| {
            let grants = grants::read(policies.get(row)?)?;
            Some(each_once(grants.into_iter().flat_map(|grant| grant.actions)))
        }))
    },
};

fn texts() -> DataType {
    DataType::new_list(DataType::Utf8, true)
}

fn each_once(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    texts.for_each(|text| {
        if !found.contains(&text) {
            found.push(text);
        }
    });
    found
}
