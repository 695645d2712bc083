//! One record, field by field in CloudTrail's order.

use super::actor::Actor;
use super::catalogue::Call;
use super::catalogue::Catalogue;
use super::catalogue::Failure;
use super::catalogue::Nature;
use super::catalogue::Service;
use super::clock::Moment;
use super::random;
use super::random::Random;
use super::scene::Scene;
use super::template::Template;
use std::fmt::Write;

/// Writes the record of one call.
pub(super) struct Record<'a> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) actor: &'a Actor,
    pub(super) call: &'a Call,
    pub(super) scene: &'a Scene<'a>,
}

/// How a call came to its service.
struct Way<'a> {
    /// The service that called on the caller's behalf.
    via: Option<&'a str>,
    failure: Option<&'a Failure>,
    refused_sign_in: bool,
}

impl Record<'_> {
    /// Appends the JSON object.
    pub(super) fn write(&self, random: &mut Random, out: &mut String) {
        let way = self.way(random);
        self.write_caller(&way, random, out);
        self.write_error(&way, random, out);
        self.write_content(&way, random, out);
        let _ = write!(out, r#","requestID":"{}","eventID":""#, self.scene.request);
        random.uuid(out);
        let _ = write!(out, r#"","readOnly":{}"#, self.call.read);
        let shared = self.service().resources.as_ref();
        self.fill(r#","resources":"#, self.call.resources.as_deref().or(shared), random, out);
        self.write_kind(out);
        self.write_network(&way, random, out);
        out.push('}');
    }

    fn way(&self, random: &mut Random) -> Way<'_> {
        let service = self.service();
        let behalf = !service.via.is_empty() && !self.actor.service && random.chance(0.35);
        let via = behalf.then(|| random.pick(&service.via).as_str());
        let failed = self.call.nature != Nature::ServiceEvent && random.chance(self.actor.failing);
        let (own, common) = (service.chances.as_ref(), &self.catalogue.services[0]);
        let failure = failed.then(|| match (own, &common.chances) {
            (Some(chances), _) => service.errors.get(chances.pick(random)),
            (None, Some(chances)) => common.errors.get(chances.pick(random)),
            _ => None,
        });
        Way { via, failure: failure.flatten(), refused_sign_in: failed && self.call.nature == Nature::SignIn }
    }

    fn write_caller(&self, way: &Way<'_>, random: &mut Random, out: &mut String) {
        let Record { actor, call, scene, .. } = self;
        let source = &self.service().source;
        let version = ["1.08", "1.09", "1.10", "1.11"][(random::hash(source) >> 7) as usize % 4];
        let _ = write!(out, r#"{{"eventVersion":"{version}","userIdentity":"#);
        match call.nature {
            Nature::ServiceEvent => {
                let _ = write!(out, r#"{{"accountId":"{}","invokedBy":"{source}""#, scene.account_id());
            }
            Nature::SignIn if !actor.sign_in_identity.is_empty() => out.push_str(&actor.sign_in_identity),
            _ => out.push_str(&actor.identity),
        }
        let (address, agent) = match (call.nature, way.via) {
            (Nature::ServiceEvent, _) => (source.as_str(), source.as_str()),
            (_, Some(service)) => {
                let _ = write!(out, r#","invokedBy":"{service}""#);
                (service, service)
            }
            // What the console asks behind the scenes says so instead of naming a browser.
            _ if actor.console && call.nature == Nature::Api && random.chance(0.3) => {
                (actor.address.as_str(), "AWS Internal")
            }
            _ => (actor.address.as_str(), actor.agent.as_str()),
        };
        out.push_str(r#"},"eventTime":""#);
        Moment::new(scene.time).iso(out);
        let _ = write!(
            out,
            r#"","eventSource":"{source}","eventName":"{}","awsRegion":"{}","sourceIPAddress":"{address}","userAgent":"{agent}""#,
            call.name, scene.region
        );
    }

    fn write_error(&self, way: &Way<'_>, random: &mut Random, out: &mut String) {
        let Some(failure) = way.failure else { return };
        if way.refused_sign_in {
            out.push_str(r#","errorMessage":"Failed authentication""#);
            return;
        }
        let _ = write!(out, r#","errorCode":"{}","errorMessage":""#, failure.code);
        failure.message.fill(self.scene, random, out);
        out.push('"');
    }

    fn write_content(&self, way: &Way<'_>, random: &mut Random, out: &mut String) {
        let failed = way.failure.is_some();
        let too_large = !self.call.read && random.chance(0.0004);
        if too_large {
            out.push_str(r#","requestParameters":{"reason":"requestParameters too large","omitted":true"#);
            let _ = write!(out, r#","originalSize":{}}}"#, 102_400 + random.below(900_000));
        } else if !self.fill_request(random, out) {
            out.push_str(r#","requestParameters":null"#);
        }
        if way.refused_sign_in {
            out.push_str(r#","responseElements":{"ConsoleLogin":"Failure"}"#);
        } else if failed || !self.fill(r#","responseElements":"#, self.call.response.as_deref(), random, out)
        {
            out.push_str(r#","responseElements":null"#);
        }
        let shared = self.service().additional.as_ref();
        self.fill(r#","additionalEventData":"#, self.call.additional.as_deref().or(shared), random, out);
    }

    fn write_kind(&self, out: &mut String) {
        let Record { call, scene, .. } = self;
        let (kind, management) = match call.nature {
            Nature::Api => ("AwsApiCall", !call.data),
            Nature::ServiceEvent => ("AwsServiceEvent", true),
            Nature::SignIn => ("AwsConsoleSignIn", true),
        };
        let _ = write!(out, r#","eventType":"{kind}""#);
        if let Some(version) = &self.service().api_version {
            let _ = write!(out, r#","apiVersion":"{version}""#);
        }
        let account = scene.account_id();
        let _ = write!(out, r#","managementEvent":{management},"recipientAccountId":"{account}""#);
    }

    fn write_network(&self, way: &Way<'_>, random: &mut Random, out: &mut String) {
        let Record { actor, call, scene, .. } = self;
        let direct = way.via.is_none() && !actor.service && call.nature != Nature::ServiceEvent;
        if actor.foreign || random.chance(0.004) {
            out.push_str(r#","sharedEventID":""#);
            random.uuid(out);
            out.push('"');
        }
        if let (Some(endpoint), true) = (&actor.endpoint, direct) {
            let account = scene.account_id();
            let _ = write!(out, r#","vpcEndpointId":"{endpoint}","vpcEndpointAccountId":"{account}""#);
        }
        self.fill(r#","serviceEventDetails":"#, call.details.as_deref(), random, out);
        let category = if call.data { "Data" } else { "Management" };
        let _ = write!(out, r#","eventCategory":"{category}""#);
        if direct {
            self.write_tls(random, out);
        }
        if actor.console && direct && call.nature == Nature::Api {
            out.push_str(r#","sessionCredentialFromConsole":"true""#);
        }
        if random.chance(0.000_05) {
            let _ = write!(
                out,
                r#","addendum":{{"reason":"DELIVERY_DELAY","updatedFields":"","originalRequestID":"{}"}}"#,
                scene.request
            );
        }
    }

    fn write_tls(&self, random: &mut Random, out: &mut String) {
        let old = random::hash(&self.actor.agent).is_multiple_of(6);
        let (version, suite) = match old {
            true => ("TLSv1.2", "ECDHE-RSA-AES128-GCM-SHA256"),
            false => ("TLSv1.3", "TLS_AES_128_GCM_SHA256"),
        };
        let _ = write!(
            out,
            r#","tlsDetails":{{"tlsVersion":"{version}","cipherSuite":"{suite}","clientProvidedHostHeader":""#
        );
        match &self.service().host {
            Some(host) => host.fill(self.scene, random, out),
            None if self.service().global => {
                let _ = write!(out, "{}.amazonaws.com", self.scene.service());
            }
            None => {
                let _ = write!(out, "{}.{}.amazonaws.com", self.scene.service(), self.scene.region);
            }
        }
        out.push('"');
        // Only few services name the key exchange, and those only lately.
        if !old && self.service().source.starts_with("secretsmanager") {
            out.push_str(r#","keyExchange":"X25519MLKEM768""#);
        }
        out.push('}');
    }

    /// Appends the request; the same seed makes the same one where calls repeat themselves.
    fn fill_request(&self, random: &mut Random, out: &mut String) -> bool {
        let request = self.call.request.as_deref();
        let mut usual = self.call.repeats.then(|| Random::new(self.scene.record, 0x4e9));
        self.fill(r#","requestParameters":"#, request, usual.as_mut().unwrap_or(random), out)
    }

    /// Appends a field if there is a template for it, and says whether there was.
    fn fill(&self, before: &str, template: Option<&Template>, random: &mut Random, out: &mut String) -> bool {
        let Some(template) = template else { return false };
        out.push_str(before);
        template.fill(self.scene, random, out);
        true
    }

    fn service(&self) -> &Service {
        &self.catalogue.services[self.call.service]
    }
}
