//! Writes events down: who, where and which call together make one CloudTrail record.

use crate::incident::calls::Call;
use crate::incident::identity::Actor;
use crate::incident::moment::Moment;
use crate::incident::random::Random;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

/// One event and the place it is delivered to.
pub(super) struct Event {
    pub(super) time: Moment,
    pub(super) account: &'static str,
    pub(super) region: &'static str,
    pub(super) record: Value,
}

/// Every event so far, in the order of telling.
pub(super) struct Journal {
    pub(super) random: Random,
    pub(super) events: Vec<Event>,
}

impl Journal {
    /// Starts an empty journal; the seed decides every id in it.
    pub(super) fn new(seed: u64) -> Self {
        Self { random: Random::new(seed), events: Vec::new() }
    }

    /// Writes down a call in the actor's own account.
    pub(super) fn write(&mut self, time: Moment, region: &'static str, actor: &Actor, call: Call) {
        self.write_in(actor.account, time, region, actor, call);
    }

    /// Writes down a call that this account received.
    pub(super) fn write_in(
        &mut self,
        account: &'static str,
        time: Moment,
        region: &'static str,
        actor: &Actor,
        call: Call,
    ) {
        let record = self.record(account, time, region, actor, call);
        self.events.push(Event { time, account, region, record: Value::Object(record) });
    }

    /// Writes down one call that two accounts saw, each with an event of its own: the caller's, and the
    /// one whose role was asked for, to whom the caller is a stranger.
    pub(super) fn write_twice(
        &mut self,
        time: Moment,
        region: &'static str,
        caller: &Actor,
        owner: &Actor,
        call: Call,
    ) {
        let shared = Value::from(self.random.uuid());
        let request = Value::from(self.random.uuid());
        for actor in [caller, owner] {
            let mut record = self.record(actor.account, time, region, actor, call.clone());
            record.insert("sharedEventID".into(), shared.clone());
            record.insert("requestID".into(), request.clone());
            let record = Value::Object(record);
            self.events.push(Event { time, account: actor.account, region, record });
        }
    }

    fn record(
        &mut self,
        account: &'static str,
        time: Moment,
        region: &'static str,
        actor: &Actor,
        call: Call,
    ) -> Map<String, Value> {
        let mut record = Map::new();
        let mut set = |field: &str, value: Value| record.insert(field.to_owned(), value);
        set("eventVersion", json!("1.11"));
        set("userIdentity", actor.identity.clone());
        set("eventTime", json!(time.iso()));
        set("eventSource", json!(format!("{}.amazonaws.com", call.service)));
        set("eventName", json!(call.name));
        set("awsRegion", json!(region));
        set("sourceIPAddress", json!(actor.address));
        set("userAgent", json!(actor.agent));
        set("eventID", json!(self.random.uuid()));
        set("readOnly", json!(call.read_only));
        set("eventType", json!(call.event_type));
        set("managementEvent", json!(call.category == "Management"));
        set("eventCategory", json!(call.category));
        set("recipientAccountId", json!(account));
        let mut response = call.response;
        if call.event_type == "AwsApiCall" {
            // S3 numbers its requests in its own way; EC2 says the number in its answer, too.
            let request = if call.service == "s3" { self.random.capitals(16) } else { self.random.uuid() };
            if let (Some(answer), "ec2") = (response.as_object_mut(), call.service) {
                answer.insert("requestId".to_owned(), json!(request));
            }
            set("requestID", json!(request));
        }
        set("requestParameters", call.request);
        set("responseElements", response);
        if actor.has_tls() && call.event_type != "AwsServiceEvent" {
            set("tlsDetails", tls(&call.host.unwrap_or_else(|| endpoint(call.service, region))));
        }
        if actor.from_console {
            set("sessionCredentialFromConsole", json!("true"));
        }
        if let Some(endpoint) = actor.vpc_endpoint {
            set("vpcEndpointId", json!(endpoint));
            set("vpcEndpointAccountId", json!(account));
        }
        for (field, value) in call.more {
            set(field, value);
        }
        record
    }
}

fn tls(host: &str) -> Value {
    json!({
        "tlsVersion": "TLSv1.3",
        "cipherSuite": "TLS_AES_128_GCM_SHA256",
        "clientProvidedHostHeader": host,
    })
}

/// The host name of a service in a region.
fn endpoint(service: &str, region: &str) -> String {
    match service {
        "iam" => "iam.amazonaws.com".to_owned(),
        "signin" => format!("{region}.signin.aws.amazon.com"),
        _ => format!("{service}.{region}.amazonaws.com"),
    }
}
