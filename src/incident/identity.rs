//! Who calls: one function per kind of `userIdentity`.

use crate::incident::company::CLOUD;
use crate::incident::company::Instance;
use crate::incident::company::Person;
use crate::incident::company::Role;
use crate::incident::company::SECURITY;
use crate::incident::moment::Moment;
use crate::incident::random::Random;
use serde_json::Value;
use serde_json::json;

/// A browser, for whoever works in the console.
pub(super) const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0";
/// The command line of AWS.
pub(super) const COMMAND_LINE: &str =
    "aws-cli/2.31.9 md/awscrt#0.27.6 ua/2.1 os/linux#6.12 md/arch#x86_64 lang/python#3.13.7";
/// Terraform.
pub(super) const TERRAFORM_AGENT: &str =
    "APN/1.0 HashiCorp/1.0 Terraform/1.13.2 (+https://www.terraform.io) terraform-provider-aws/6.13.0";
/// The agent of Systems Manager on a machine.
pub(super) const AGENT: &str = "aws-sdk-go/1.55.5 (go1.24.6; linux; arm64) amazon-ssm-agent/3.3.2958.0";
/// What runs on servers and in functions.
const SDK: &str = "aws-sdk-rust/1.3.8 ua/2.1 os/linux lang/rust/1.95.0";

/// Who calls, from where and with what: the half of a record that stays the same for a whole session.
#[derive(Clone)]
pub(super) struct Actor {
    /// The caller's account, whose log the call is in unless another is named.
    pub(super) account: &'static str,
    pub(super) identity: Value,
    pub(super) address: String,
    pub(super) agent: &'static str,
    pub(super) from_console: bool,
    pub(super) vpc_endpoint: Option<&'static str>,
}

impl Actor {
    fn new(account: &'static str, identity: Value, address: &str, agent: &'static str) -> Self {
        let address = address.to_owned();
        Self { account, identity, address, agent, from_console: false, vpc_endpoint: None }
    }

    /// The same caller, working in the console.
    pub(super) fn in_console(mut self) -> Self {
        self.agent = BROWSER;
        self.from_console = true;
        self
    }

    /// The same caller with another program.
    pub(super) fn using(mut self, agent: &'static str) -> Self {
        self.agent = agent;
        self
    }

    /// The same caller, but an AWS service makes the call for him.
    pub(super) fn through(&self, service: &'static str) -> Self {
        let mut actor = self.clone();
        if let Some(identity) = actor.identity.as_object_mut() {
            identity.insert("invokedBy".to_owned(), json!(service));
        }
        actor.address = service.to_owned();
        actor.agent = service;
        actor.from_console = false;
        actor.vpc_endpoint = None;
        actor
    }

    /// Tells whether the call came over a connection that the record describes: not when a service made it.
    pub(super) fn has_tls(&self) -> bool {
        !self.address.ends_with(".amazonaws.com")
    }

    /// The ARN that error messages name the caller by.
    pub(super) fn arn(&self) -> &str {
        self.identity.get("arn").and_then(Value::as_str).unwrap_or_default()
    }
}

/// The root user, before or without a session.
pub(super) fn root(account: &'static str, address: &str) -> Actor {
    let identity = json!({
        "type": "Root",
        "principalId": account,
        "arn": format!("arn:aws:iam::{account}:root"),
        "accountId": account,
    });
    Actor::new(account, identity, address, BROWSER)
}

/// The root user's console session.
pub(super) fn root_console(account: &'static str, address: &str, key: &str, since: Moment) -> Actor {
    let mut actor = root(account, address).in_console();
    if let Some(identity) = actor.identity.as_object_mut() {
        identity.insert("accessKeyId".to_owned(), json!(key));
        identity.insert("sessionContext".to_owned(), json!({ "attributes": attributes(since, "false") }));
    }
    actor
}

/// An IAM user with a long-lived key.
pub(super) fn iam_user(account: &'static str, name: &str, id: &str, key: &str, address: &str) -> Actor {
    let mut actor = iam_user_signing_in(account, name, id, address).using(COMMAND_LINE);
    if let Some(identity) = actor.identity.as_object_mut() {
        identity.insert("accessKeyId".to_owned(), json!(key));
    }
    actor
}

/// An IAM user at the console's door.
pub(super) fn iam_user_signing_in(account: &'static str, name: &str, id: &str, address: &str) -> Actor {
    let identity = json!({
        "type": "IAMUser",
        "principalId": id,
        "arn": format!("arn:aws:iam::{account}:user/{name}"),
        "accountId": account,
        "userName": name,
    });
    Actor::new(account, identity, address, BROWSER)
}

/// A session of a role.
pub(super) fn role_session(role: &Role, session: &str, key: &str, since: Moment, address: &str) -> Actor {
    let (account, name, id) = (role.account, role.name, role.id);
    let identity = json!({
        "type": "AssumedRole",
        "principalId": format!("{id}:{session}"),
        "arn": format!("arn:aws:sts::{account}:assumed-role/{name}/{session}"),
        "accountId": account,
        "accessKeyId": key,
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": id,
                "arn": role.arn(),
                "accountId": account,
                "userName": name,
            },
            "attributes": attributes(since, "false"),
        },
    });
    Actor::new(account, identity, address, COMMAND_LINE)
}

/// A member of staff in a role of IAM Identity Center.
pub(super) fn staff(role: &Role, person: &Person, key: &str, since: Moment) -> Actor {
    role_session(role, person.email, key, since, person.address)
}

/// A machine with the credentials of its instance profile, calling through its network's endpoint.
pub(super) fn machine(instance: &Instance, key: &str, since: Moment) -> Actor {
    let mut actor = role_session(&instance.role, instance.id, key, since, instance.private_ip).using(SDK);
    let account = actor.account;
    let arn = format!("arn:aws:ec2:{}:{account}:instance/{}", instance.region, instance.id);
    if let Some(context) = actor.identity.get_mut("sessionContext").and_then(Value::as_object_mut) {
        context.insert("ec2RoleDelivery".to_owned(), json!("2.0"));
    }
    if let Some(identity) = actor.identity.as_object_mut() {
        let scope = json!({
            "sourceArn": arn,
            "sourceAccount": account,
            "issuerType": "AWS::EC2::Instance",
            "credentialsIssuedTo": arn,
        });
        identity.insert("inScopeOf".to_owned(), scope);
    }
    actor.vpc_endpoint = Some("vpce-0a7d3f9c15e8b2460");
    actor
}

/// A function with the credentials of its role.
pub(super) fn function(role: &Role, name: &str, region: &str, key: &str, since: Moment) -> Actor {
    let mut actor = role_session(role, name, key, since, CLOUD).using(SDK);
    let arn = format!("arn:aws:lambda:{region}:{}:function:{name}", role.account);
    if let Some(identity) = actor.identity.as_object_mut() {
        let scope = json!({
            "sourceArn": arn,
            "sourceAccount": role.account,
            "issuerType": "AWS::Lambda::Function",
            "credentialsIssuedTo": arn,
        });
        identity.insert("inScopeOf".to_owned(), scope);
    }
    actor
}

/// A service of AWS that acts on its own behalf in this account.
pub(super) fn service(account: &'static str, name: &'static str) -> Actor {
    Actor::new(account, json!({ "type": "AWSService", "invokedBy": name }), name, name)
}

/// A person at IAM Identity Center's portal, which lives in the security account.
pub(super) fn portal_user(person: &Person, random: &mut Random) -> Actor {
    let identity = json!({
        "type": "IdentityCenterUser",
        "accountId": SECURITY,
        "onBehalfOf": {
            "userId": person.store_id,
            "identityStoreArn": format!("arn:aws:identitystore::{SECURITY}:identitystore/d-99677a1b2c"),
        },
        "credentialId": random.uuid(),
    });
    Actor::new(SECURITY, identity, person.address, BROWSER)
}

/// A person whose role IAM Identity Center vouches for with SAML.
pub(super) fn vouched_for(account: &'static str, person: &Person, random: &mut Random) -> Actor {
    let identity = json!({
        "type": "SAMLUser",
        "principalId": format!("{}:{}", random.letters(27), person.email),
        "userName": person.email,
        "identityProvider": random.letters(27),
    });
    Actor::new(account, identity, person.address, BROWSER)
}

/// A job of the build service, which its OpenID provider vouches for.
pub(super) fn build_job(account: &'static str, repository: &str, address: &str) -> Actor {
    let subject = format!("repo:kestrel-parcels/{repository}:ref:refs/heads/main");
    let provider = format!("arn:aws:iam::{account}:oidc-provider/builds.kestrel-parcels.example");
    let identity = json!({
        "type": "WebIdentityUser",
        "principalId": format!("{provider}:sts.amazonaws.com:{subject}"),
        "userName": subject,
        "identityProvider": provider,
    });
    Actor::new(account, identity, address, SDK)
}

/// How an account sees a caller from another account who asks for one of its roles.
pub(super) fn stranger(account: &'static str, caller: &Actor) -> Actor {
    let principal = caller.identity.get("principalId").cloned().unwrap_or_default();
    let identity = json!({ "type": "AWSAccount", "principalId": principal, "accountId": caller.account });
    Actor { account, identity, from_console: false, vpc_endpoint: None, ..caller.clone() }
}

fn attributes(since: Moment, mfa: &str) -> Value {
    json!({ "creationDate": since.iso(), "mfaAuthenticated": mfa })
}
