//! Whom a question is about: an ARN, a name, an access key, an account's root, and the rows that are theirs.

use datafusion::logical_expr::Expr;
use datafusion::logical_expr::col;
use datafusion::logical_expr::lit;

use crate::logs::arn::Arn;

/// What is said of the argument `who`.
pub(super) const MEANING: &str = "an ARN (of a user, a role, a role's session or a federated user), the name of a user, \
    a role or a session, an access key id, or an account's root as `123456789012:root`";

/// The partitions of AWS, for names that do not tell theirs.
const PARTITIONS: [&str; 8] =
    ["aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc"];

/// The columns that may hold a bare name: what people have at hand is often one of these, and not an ARN.
const NAMES: [&str; 8] = [
    "principal",
    "user_name",
    "session_name",
    "issuer_user_name",
    "user_principal_id",
    "issuer_principal_id",
    "on_behalf_of_user_id",
    "access_key_id",
];

/// Someone or something that acted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// An access key.
    Key(String),
    /// The root user of an account.
    Root(String),
    /// One role session, or a number of them with one name.
    Session { arn: String, name: String },
    /// A role, however its path is written.
    Role { arn: String, bare: String, account: String, name: String },
    /// Anything else that has an ARN.
    Arn(String),
    /// A name without an ARN.
    Name(String),
}

impl Who {
    /// Tells by its shape what a text names. Whatever has no shape of its own is a name.
    pub(super) fn read(text: &str) -> Self {
        let text = text.trim();
        if is_key(text) {
            return Self::Key(text.to_owned());
        }
        if let Some(account) = text.strip_suffix(":root").filter(|account| is_account(account)) {
            return Self::Root(account.to_owned());
        }
        let Some(arn) = Arn::parse(text) else { return Self::Name(text.to_owned()) };
        match (arn.service, arn.resource_type(), arn.resource_id()) {
            ("iam", None, "root") => Self::Root(arn.account.to_owned()),
            ("iam", Some("role"), _) => Self::Role {
                arn: text.to_owned(),
                bare: format!("arn:{}:iam::{}:role/{}", arn.partition, arn.account, arn.name()),
                account: arn.account.to_owned(),
                name: arn.name().to_owned(),
            },
            ("sts", Some("assumed-role"), id) if id.contains('/') => {
                Self::Session { arn: text.to_owned(), name: arn.name().to_owned() }
            }
            _ => Self::Arn(text.to_owned()),
        }
    }

    /// Holds for the rows of `cloudtrail` in which they acted themselves. It may be NULL for the others.
    pub(super) fn acted(&self) -> Expr {
        let is = |column: &str, value: &str| col(column).eq(lit(value));
        match self {
            Self::Key(key) => is("access_key_id", key),
            Self::Root(account) => {
                let arn = |partition| lit(format!("arn:{partition}:iam::{account}:root"));
                col("principal").in_list(PARTITIONS.map(arn).to_vec(), false)
            }
            Self::Session { arn, name } => is("user_arn", arn).and(is("session_name", name)),
            Self::Role { arn, bare, account, name } => {
                let by_name = is("issuer_account_id", account).and(is("issuer_user_name", name));
                let names = vec![lit(arn.as_str()), lit(bare.as_str())];
                col("principal").in_list(names, false).or(is("issuer_arn", arn)).or(by_name)
            }
            Self::Arn(arn) => is("principal", arn).or(is("user_arn", arn)).or(is("issuer_arn", arn)),
            Self::Name(name) => {
                let [first, rest @ ..] = NAMES;
                rest.iter().fold(is(first, name), |any, column| any.or(is(column, name)))
            }
        }
    }
}

/// Tells whether it is the id of an access key, long-lived or temporary.
fn is_key(text: &str) -> bool {
    let known = ["AKIA", "ASIA", "ABIA", "ACCA"].iter().any(|prefix| text.starts_with(prefix));
    let plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    known && (16..=128).contains(&text.len()) && text.bytes().all(plain)
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_of_a_text_tells_what_it_names() {
        let texts = [
            "AKIAIOSFODNN7EXAMPLE",
            " ASIAIOSFODNN7EXAMPLE ",
            "AKIA",
            "akiaiosfodnn7example",
            "123456789012:root",
            "arn:aws-cn:iam::123456789012:root",
            "1234:root",
            "123456789012",
            "arn:aws:iam::123456789012:role/ops/Deploy",
            "arn:aws:sts::123456789012:assumed-role/Deploy/ada@example.com",
            "arn:aws:sts::123456789012:assumed-role/Deploy",
            "arn:aws:sts::123456789012:federated-user/ada",
            "arn:aws:iam::123456789012:user/ada",
            "arn:",
            "ada",
            "ec2.amazonaws.com",
        ];
        let told: Vec<String> = texts.iter().map(|text| format!("{text:?} {:?}", Who::read(text))).collect();
        insta::assert_snapshot!(told.join("\n"), @r#"
        "AKIAIOSFODNN7EXAMPLE" Key("AKIAIOSFODNN7EXAMPLE")
        " ASIAIOSFODNN7EXAMPLE " Key("ASIAIOSFODNN7EXAMPLE")
        "AKIA" Name("AKIA")
        "akiaiosfodnn7example" Name("akiaiosfodnn7example")
        "123456789012:root" Root("123456789012")
        "arn:aws-cn:iam::123456789012:root" Root("123456789012")
        "1234:root" Name("1234:root")
        "123456789012" Name("123456789012")
        "arn:aws:iam::123456789012:role/ops/Deploy" Role { arn: "arn:aws:iam::123456789012:role/ops/Deploy", bare: "arn:aws:iam::123456789012:role/Deploy", account: "123456789012", name: "Deploy" }
        "arn:aws:sts::123456789012:assumed-role/Deploy/ada@example.com" Session { arn: "arn:aws:sts::123456789012:assumed-role/Deploy/ada@example.com", name: "ada@example.com" }
        "arn:aws:sts::123456789012:assumed-role/Deploy" Arn("arn:aws:sts::123456789012:assumed-role/Deploy")
        "arn:aws:sts::123456789012:federated-user/ada" Arn("arn:aws:sts::123456789012:federated-user/ada")
        "arn:aws:iam::123456789012:user/ada" Arn("arn:aws:iam::123456789012:user/ada")
        "arn:" Name("arn:")
        "ada" Name("ada")
        "ec2.amazonaws.com" Name("ec2.amazonaws.com")
        "#);
    }
}
