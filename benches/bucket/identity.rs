//! The `userIdentity` objects of every kind of caller.

use super::callers::Caller;
use super::callers::Kind;
use super::callers::Session;
use super::clock::Moment;
use super::names;
use super::random;
use super::random::Random;

/// What an identity is written from.
pub(super) struct Identity<'a> {
    pub(super) caller: &'a Caller,
    pub(super) session: &'a Session,
    pub(super) account: &'a str,
    pub(super) other: &'a str,
    pub(super) slot: usize,
}

impl Identity<'_> {
    /// Gives the ARN and the open `userIdentity` object.
    pub(super) fn write(&self, console: bool) -> (String, String) {
        let Identity { caller, session, account, other, .. } = self;
        let (name, key) = (&caller.name, &session.key);
        match caller.kind {
            Kind::Service => (name.clone(), format!(r#"{{"type":"AWSService","invokedBy":"{name}""#)),
            Kind::ConsoleUser | Kind::KeyUser => self.user(),
            Kind::Root => {
                let context = self.context("{}", None);
                let arn = format!("arn:aws:iam::{account}:root");
                let identity = format!(
                    r#"{{"type":"Root","principalId":"{account}","arn":"{arn}","accountId":"{account}","accessKeyId":"{key}",{context}"#
                );
                (arn, identity)
            }
            Kind::Foreign => {
                let id = format!("{}:{}", caller.id, session.name);
                let arn = format!("arn:aws:sts::{other}:assumed-role/{name}/{}", session.name);
                (arn, format!(r#"{{"type":"AWSAccount","principalId":"{id}","accountId":"{other}""#))
            }
            Kind::WebIdentity => self.web_identity(),
            Kind::Saml => {
                let mut qualifier = String::new();
                Random::new(caller.salt, 1).text(random::BASE64, 27, &mut qualifier);
                let identity = format!(
                    r#"{{"type":"SAMLUser","principalId":"{qualifier}=:{name}@example.com","userName":"{name}@example.com","identityProvider":"{qualifier}=""#
                );
                (format!("arn:aws:iam::{account}:saml-provider/example-idp"), identity)
            }
            Kind::Portal => self.portal(),
            Kind::Federated => {
                let issuer = format!(
                    r#"{{"type":"IAMUser","principalId":"{}","arn":"arn:aws:iam::{account}:user/broker","accountId":"{account}","userName":"broker"}}"#,
                    caller.id
                );
                let context = self.context(&issuer, None);
                let arn = format!("arn:aws:sts::{account}:federated-user/{name}");
                let identity = format!(
                    r#"{{"type":"FederatedUser","principalId":"{account}:{name}","arn":"{arn}","accountId":"{account}","accessKeyId":"{key}",{context}"#
                );
                (arn, identity)
            }
            _ => self.assumed_role(console),
        }
    }

    /// Gives the identity of somebody who has no key yet.
    pub(super) fn sign_in(&self, arn: &str) -> String {
        let Identity { caller, session, account, .. } = self;
        match caller.kind {
            Kind::Root => {
                format!(
                    r#"{{"type":"Root","principalId":"{account}","arn":"{arn}","accountId":"{account}","accessKeyId":"""#
                )
            }
            Kind::Person => format!(
                r#"{{"type":"AssumedRole","principalId":"{}:{}","arn":"{arn}","accountId":"{account}","sessionContext":{{"sessionIssuer":{},"webIdFederationData":{{}},"attributes":{{"creationDate":"{}","mfaAuthenticated":"false"}}}}"#,
                caller.id,
                session.name,
                self.issuer(),
                iso(session.started)
            ),
            _ => format!(
                r#"{{"type":"IAMUser","principalId":"{}","arn":"{arn}","accountId":"{account}","userName":"{}""#,
                caller.id, caller.name
            ),
        }
    }

    fn user(&self) -> (String, String) {
        let Identity { caller, session, account, .. } = self;
        let arn = format!("arn:aws:iam::{account}:user/{}", caller.name);
        let (key, context) = if caller.kind == Kind::KeyUser {
            (names::key("AKIA", 16, &mut Random::new(caller.salt, self.slot as u64)), String::new())
        } else {
            (session.key.clone(), format!(",{}", self.context("{}", None)))
        };
        let identity = format!(
            r#"{{"type":"IAMUser","principalId":"{}","arn":"{arn}","accountId":"{account}","accessKeyId":"{key}","userName":"{}"{context}"#,
            caller.id, caller.name
        );
        (arn, identity)
    }

    fn assumed_role(&self, console: bool) -> (String, String) {
        let Identity { caller, session, account, .. } = self;
        let arn = format!("arn:aws:sts::{account}:assumed-role/{}/{}", caller.name, session.name);
        let provider = match caller.kind {
            Kind::Pod => Some(format!("oidc.eks.us-east-1.amazonaws.com/id/{:016X}", caller.salt)),
            Kind::Pipeline if session.name == "GitHubActions" => {
                Some("token.actions.githubusercontent.com".to_owned())
            }
            _ => None,
        };
        let context = self.context(&self.issuer(), provider);
        let invoked = match caller.kind {
            Kind::ServiceRole => format!(r#","invokedBy":"{}""#, caller.service().0),
            Kind::Function if caller.salt.is_multiple_of(6) => {
                let function = format!("arn:aws:lambda:us-east-1:{account}:function:{}", caller.name);
                format!(
                    r#","inScopeOf":{{"sourceArn":"{function}","sourceAccount":"{account}","issuerType":"AWS::Lambda::Function","credentialsIssuedTo":"{function}"}}"#
                )
            }
            // A forward access session: the console asks on the person's behalf.
            Kind::Person if console && caller.salt.is_multiple_of(4) => {
                format!(
                    r#","onBehalfOf":{{"userId":"{}","identityStoreArn":"{}"}}"#,
                    self.user_id(),
                    self.store()
                )
            }
            _ => String::new(),
        };
        let identity = format!(
            r#"{{"type":"AssumedRole","principalId":"{}:{}","arn":"{arn}","accountId":"{account}","accessKeyId":"{}",{context}{invoked}"#,
            caller.id, session.name, session.key
        );
        (arn, identity)
    }

    fn web_identity(&self) -> (String, String) {
        let Identity { caller, account, .. } = self;
        let provider = format!("arn:aws:iam::{account}:oidc-provider/token.actions.githubusercontent.com");
        let subject = format!("repo:example-org/{}:ref:refs/heads/main", caller.name);
        let identity = format!(
            r#"{{"type":"WebIdentityUser","principalId":"{provider}:sts.amazonaws.com:{subject}","userName":"{subject}","identityProvider":"{provider}""#
        );
        (provider, identity)
    }

    fn portal(&self) -> (String, String) {
        let Identity { caller, account, .. } = self;
        let mut credential = String::new();
        Random::new(caller.salt, self.session.started as u64).uuid(&mut credential);
        let (user, store) = (self.user_id(), self.store());
        let identity = format!(
            r#"{{"type":"IdentityCenterUser","accountId":"{account}","onBehalfOf":{{"userId":"{user}","identityStoreArn":"{store}"}},"credentialId":"{credential}""#
        );
        (format!("arn:aws:identitystore:::user/{user}"), identity)
    }

    fn issuer(&self) -> String {
        let Identity { caller, account, .. } = self;
        let path = match caller.kind {
            Kind::Person => "aws-reserved/sso.amazonaws.com/".to_owned(),
            Kind::ServiceRole => format!("aws-service-role/{}/", caller.service().0),
            _ => String::new(),
        };
        format!(
            r#"{{"type":"Role","principalId":"{}","arn":"arn:aws:iam::{account}:role/{path}{1}","accountId":"{account}","userName":"{1}"}}"#,
            caller.id, caller.name
        )
    }

    /// Writes the `sessionContext`; older services name the empty parts too.
    fn context(&self, issuer: &str, provider: Option<String>) -> String {
        let Identity { caller, session, account, .. } = self;
        let web = match provider {
            Some(provider) => format!(
                r#""webIdFederationData":{{"federatedProvider":"arn:aws:iam::{account}:oidc-provider/{provider}","attributes":{{}}}},"#
            ),
            None if !caller.salt.is_multiple_of(3) && caller.kind != Kind::ConsoleUser => String::new(),
            None => r#""webIdFederationData":{},"#.to_owned(),
        };
        let delivery = match caller.kind {
            Kind::Instance => r#","ec2RoleDelivery":"2.0""#,
            Kind::Pipeline if caller.salt.is_multiple_of(2) => r#","sourceIdentity":"pipeline""#,
            _ => "",
        };
        let mfa = matches!(caller.kind, Kind::ConsoleUser | Kind::Root) && !caller.salt.is_multiple_of(4);
        let started = iso(session.started);
        format!(
            r#""sessionContext":{{"sessionIssuer":{issuer},{web}"attributes":{{"creationDate":"{started}","mfaAuthenticated":"{mfa}"}}{delivery}}}"#
        )
    }

    fn user_id(&self) -> String {
        let mut id = String::new();
        Random::new(self.caller.salt, 2).uuid(&mut id);
        id
    }

    fn store(&self) -> String {
        format!("arn:aws:identitystore::{}:identitystore/d-9067example", names::account(0))
    }
}

fn iso(seconds: i64) -> String {
    let mut text = String::new();
    Moment::new(seconds).iso(&mut text);
    text
}
