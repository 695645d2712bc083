//! The fields that templates know without defining them.

use super::clock::Moment;
use super::names;
use super::random;
use super::random::Random;
use super::random::mix;
use super::scene::Scene;
use super::template::Template;
use super::template::Words;
use std::fmt::Write;
use std::sync::Arc;

/// One hole's content.
pub(super) enum Field {
    /// `account`, the record's; `other`, any account.
    Account,
    Other,
    /// `region`, `source` (`ec2.amazonaws.com`), `service` (`ec2`), `event`, `arn` (the caller's), `request`.
    Region,
    Source,
    Service,
    Event,
    Arn,
    Request,
    /// `time` (ISO 8601), `spelled` (`Sep 17, 2026, 1:15:00 PM`), `seconds`, `day`, and an hour later: `until`.
    Time,
    Spelled,
    Seconds,
    Day,
    Until,
    /// `uuid`; `label`, a thing's name; `person`; `address`, a public one.
    Uuid,
    Label,
    Person,
    Address,
    /// `hex 16`, `key 16`, `upper 16`, `letters 8`, `base64 40 900`: so many random letters.
    Text {
        alphabet: &'static [u8],
        least: usize,
        most: usize,
    },
    /// `number 1 900`: small more often than big. `integer 0 9`: all as likely.
    Number {
        least: usize,
        most: usize,
    },
    Integer {
        least: usize,
        most: usize,
    },
    /// `pool word 40`: what the account has 40 of in the region, some of them used far more than others.
    Pool {
        member: Arc<Template>,
        size: usize,
        stream: u64,
    },
    /// `role`, `role-id`, `session`, `session-key`: a session of one of the account's roles.
    Role,
    RoleId,
    Session,
    SessionKey,
    /// A word that the templates defined.
    Word(Arc<Template>),
}

impl Field {
    /// Reads a hole's content; a mistake is a mistake in this program, so it panics.
    pub(super) fn parse(text: &str, words: &Words) -> Self {
        let parts: Vec<&str> = text.split(' ').collect();
        let word = |name: &str| match words.get(name) {
            Some(template) => Arc::clone(template),
            None => panic!("no template is called {name}"),
        };
        let number = |place: usize| parts.get(place).and_then(|part| part.parse().ok());
        let least = number(1).unwrap_or(1);
        let most = number(2).unwrap_or(least);
        match parts[0] {
            "account" => Self::Account,
            "other" => Self::Other,
            "region" => Self::Region,
            "source" => Self::Source,
            "service" => Self::Service,
            "event" => Self::Event,
            "arn" => Self::Arn,
            "request" => Self::Request,
            "time" => Self::Time,
            "spelled" => Self::Spelled,
            "seconds" => Self::Seconds,
            "day" => Self::Day,
            "until" => Self::Until,
            "uuid" => Self::Uuid,
            "label" => Self::Label,
            "person" => Self::Person,
            "address" => Self::Address,
            "hex" => Self::Text { alphabet: random::HEX, least, most },
            "key" => Self::Text { alphabet: random::KEY, least, most },
            "upper" => Self::Text { alphabet: random::UPPER, least, most },
            "letters" => Self::Text { alphabet: random::ALPHANUMERIC, least, most },
            "base64" => Self::Text { alphabet: random::BASE64, least, most },
            "number" => Self::Number { least, most },
            "integer" => Self::Integer { least, most },
            "pool" => Self::Pool { member: word(parts[1]), size: most, stream: random::hash(parts[1]) },
            "role" => Self::Role,
            "role-id" => Self::RoleId,
            "session" => Self::Session,
            "session-key" => Self::SessionKey,
            name => Self::Word(word(name)),
        }
    }

    /// Appends what the field stands for in this record.
    pub(super) fn fill(&self, scene: &Scene<'_>, random: &mut Random, out: &mut String) {
        match self {
            Self::Account => out.push_str(scene.account_id()),
            Self::Other => out.push_str(&random.pick(&scene.world.accounts).id),
            Self::Region => out.push_str(scene.region),
            Self::Source => out.push_str(scene.source),
            Self::Service => out.push_str(scene.service()),
            Self::Event => out.push_str(scene.event),
            Self::Arn => out.push_str(scene.arn),
            Self::Request => out.push_str(scene.request),
            Self::Time => Moment::new(scene.time).iso(out),
            Self::Spelled => Moment::new(scene.time).spelled(out),
            Self::Seconds => push(scene.time, out),
            Self::Day => Moment::new(scene.time).day(out),
            Self::Until => Moment::new(scene.time + 3_600).spelled(out),
            Self::Uuid => random.uuid(out),
            Self::Label => out.push_str(&names::label(random)),
            Self::Person => out.push_str(&names::person(random)),
            Self::Address => out.push_str(&names::public_address(random)),
            Self::Text { alphabet, least, most } => {
                let length = random.between(*least, *most);
                random.text(alphabet, length, out);
            }
            Self::Number { least, most } => push(least + random.rank(most - least + 1), out),
            Self::Integer { least, most } => push(random.between(*least, *most), out),
            Self::Pool { member, size, stream } => {
                let owner = mix(scene.world.seed, random::hash(scene.account_id()));
                let owner = mix(owner, mix(random::hash(scene.region), *stream));
                let rank = random.rank(*size) as u64;
                member.fill(scene, &mut Random::new(owner, rank), out);
            }
            Self::Role | Self::RoleId | Self::Session | Self::SessionKey => self.fill_session(scene, out),
            Self::Word(template) => template.fill(scene, random, out),
        }
    }

    /// All four fields of one record tell of one session, so that keys handed out are keys that are used.
    fn fill_session(&self, scene: &Scene<'_>, out: &mut String) {
        let session = scene.world.any_session(scene);
        out.push_str(match self {
            Self::Role => &session.role,
            Self::RoleId => &session.role_id,
            Self::Session => &session.name,
            _ => &session.key,
        });
    }
}

fn push(number: impl std::fmt::Display, out: &mut String) {
    let _ = write!(out, "{number}");
}
