//! What the derivations look at, read out of one event.

use std::borrow::Cow;

use crate::logs::cloudtrail::walk::members;
use crate::logs::json::Members;
use crate::logs::json::skip_space;
use crate::logs::json::text;

/// What the derivations look at, decoded.
///
/// Texts are `None` when absent, null or not a string; an empty text stays empty. Raw values are JSON text as
/// it stood, and `None` when absent. An ingest that has taken the event apart already fills it in directly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the CloudTrail field of that name, as in the lake's columns")]
pub struct Facts<'a> {
    pub event_source: Option<Cow<'a, str>>,
    pub event_name: Option<Cow<'a, str>>,
    pub event_type: Option<Cow<'a, str>>,
    pub error_code: Option<Cow<'a, str>>,
    pub error_message: Option<Cow<'a, str>>,
    pub aws_region: Option<Cow<'a, str>>,
    pub recipient_account_id: Option<Cow<'a, str>>,
    pub source_ip: Option<Cow<'a, str>>,
    pub principal_type: Option<Cow<'a, str>>,
    pub user_name: Option<Cow<'a, str>>,
    pub user_arn: Option<Cow<'a, str>>,
    pub user_principal_id: Option<Cow<'a, str>>,
    pub user_account_id: Option<Cow<'a, str>>,
    pub access_key_id: Option<Cow<'a, str>>,
    pub invoked_by: Option<Cow<'a, str>>,
    pub identity_provider: Option<Cow<'a, str>>,
    pub credential_id: Option<Cow<'a, str>>,
    pub on_behalf_of_user_id: Option<Cow<'a, str>>,
    pub on_behalf_of_identity_store_arn: Option<Cow<'a, str>>,
    pub issuer_type: Option<Cow<'a, str>>,
    pub issuer_arn: Option<Cow<'a, str>>,
    pub issuer_principal_id: Option<Cow<'a, str>>,
    pub issuer_account_id: Option<Cow<'a, str>>,
    pub issuer_user_name: Option<Cow<'a, str>>,
    pub request_parameters: Option<&'a [u8]>,
    pub response_elements: Option<&'a [u8]>,
    pub additional_event_data: Option<&'a [u8]>,
    pub service_event_details: Option<&'a [u8]>,
    pub resources: Option<&'a [u8]>,
}

impl<'a> Facts<'a> {
    /// Reads them from one event's JSON object, or from a bare `userIdentity` object.
    ///
    /// An object in which no field of an event is found is taken for a `userIdentity`. Of a key that
    /// stands twice the last counts, as in `serde_json`. `None` if `event` is not one whole JSON object.
    pub fn read(event: &'a [u8]) -> Option<Self> {
        let start = skip_space(event, 0);
        if event.get(start) != Some(&b'{') {
            return None;
        }
        let mut facts = Self::default();
        let mut is_event = false;
        let mut walk = Members::new(event, start);
        for member in walk.by_ref() {
            let member = member.ok()?;
            is_event |= facts.take(member.key.of(event), member.value.of(event));
        }
        if skip_space(event, walk.offset()) != event.len() {
            return None;
        }
        if !is_event {
            facts.take_identity(event);
        }
        Some(facts)
    }

    /// Takes one field of an event, its key in quotes; tells whether it knew the field.
    fn take(&mut self, key: &'a [u8], value: &'a [u8]) -> bool {
        let field = match key {
            br#""eventSource""# => &mut self.event_source,
            br#""eventName""# => &mut self.event_name,
            br#""eventType""# => &mut self.event_type,
            br#""errorCode""# => &mut self.error_code,
            br#""errorMessage""# => &mut self.error_message,
            br#""awsRegion""# => &mut self.aws_region,
            br#""recipientAccountId""# => &mut self.recipient_account_id,
            br#""sourceIPAddress""# => &mut self.source_ip,
            br#""userIdentity""# => {
                self.take_identity(value);
                return true;
            }
            _ => return self.take_raw(key, value),
        };
        *field = text(value);
        true
    }

    fn take_raw(&mut self, key: &'a [u8], value: &'a [u8]) -> bool {
        let field = match key {
            br#""requestParameters""# => &mut self.request_parameters,
            br#""responseElements""# => &mut self.response_elements,
            br#""additionalEventData""# => &mut self.additional_event_data,
            br#""serviceEventDetails""# => &mut self.service_event_details,
            br#""resources""# => &mut self.resources,
            br#""eventTime""# | br#""eventVersion""# | br#""eventID""# => return true,
            _ => return false,
        };
        *field = Some(value);
        true
    }

    fn take_identity(&mut self, identity: &'a [u8]) {
        for (key, value) in members(identity) {
            let field = match key {
                b"type" => &mut self.principal_type,
                b"userName" => &mut self.user_name,
                b"arn" => &mut self.user_arn,
                b"principalId" => &mut self.user_principal_id,
                b"accountId" => &mut self.user_account_id,
                b"accessKeyId" => &mut self.access_key_id,
                b"invokedBy" => &mut self.invoked_by,
                b"identityProvider" => &mut self.identity_provider,
                b"credentialId" => &mut self.credential_id,
                b"onBehalfOf" => {
                    self.take_on_behalf_of(value);
                    continue;
                }
                b"sessionContext" => {
                    let issuers = members(value).filter(|(key, _)| *key == b"sessionIssuer");
                    issuers.for_each(|(_, issuer)| self.take_issuer(issuer));
                    continue;
                }
                _ => continue,
            };
            *field = text(value);
        }
    }

    fn take_on_behalf_of(&mut self, value: &'a [u8]) {
        for (key, value) in members(value) {
            match key {
                b"userId" => self.on_behalf_of_user_id = text(value),
                b"identityStoreArn" => self.on_behalf_of_identity_store_arn = text(value),
                _ => {}
            }
        }
    }

    fn take_issuer(&mut self, value: &'a [u8]) {
        for (key, value) in members(value) {
            let field = match key {
                b"type" => &mut self.issuer_type,
                b"arn" => &mut self.issuer_arn,
                b"principalId" => &mut self.issuer_principal_id,
                b"accountId" => &mut self.issuer_account_id,
                b"userName" => &mut self.issuer_user_name,
                _ => continue,
            };
            *field = text(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_an_event() {
        let event = br#" {"eventSource":"s3.amazonaws.com","eventName":7,"errorCode":null,"errorMessage":"",
            "userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::1:assumed-role\/R\/s","onBehalfOf":{"userId":"u"},
              "sessionContext":{"sessionIssuer":{"arn":"arn:aws:iam::1:role/R","userName":"R"}}},
            "requestParameters":{"bucketName": "b"},"responseElements":null} "#;
        let facts = Facts::read(event).unwrap();
        assert_eq!(facts.event_source.as_deref(), Some("s3.amazonaws.com"));
        assert_eq!((facts.event_name, facts.error_code), (None, None));
        assert_eq!(facts.error_message.as_deref(), Some(""));
        assert_eq!(facts.user_arn.as_deref(), Some("arn:aws:sts::1:assumed-role/R/s"));
        assert_eq!(facts.on_behalf_of_user_id.as_deref(), Some("u"));
        assert_eq!(facts.issuer_user_name.as_deref(), Some("R"));
        assert_eq!(facts.request_parameters, Some(br#"{"bucketName": "b"}"#.as_slice()));
        assert_eq!(facts.response_elements, Some(b"null".as_slice()));
    }

    #[test]
    fn reads_a_bare_identity() {
        let facts = Facts::read(br#"{"type":"Root","accountId":"123456789012"}"#).unwrap();
        assert_eq!(facts.principal_type.as_deref(), Some("Root"));
        // An event's own field of such a name is none of the caller's.
        let facts = Facts::read(br#"{"eventName":"X","type":"Root"}"#).unwrap();
        assert_eq!(facts.principal_type, None);
    }

    #[test]
    fn refuses_what_is_no_object() {
        for text in ["", "  ", "null", "[]", "\"{}\"", "{", "{\"a\":1", "{} {}", "{\"a\":tru}"] {
            assert_eq!(Facts::read(text.as_bytes()), None, "{text}");
        }
        assert_eq!(Facts::read(b"{}"), Some(Facts::default()));
    }
}
