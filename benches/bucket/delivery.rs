//! One object's content: the records of one account and region, delivered together.

use super::actor::Actor;
use super::callers::World;
use super::catalogue::Call;
use super::catalogue::Catalogue;
use super::random;
use super::random::Random;
use super::random::mix;
use super::reader;
use super::record::Record;
use super::scene::Scene;
use std::sync::Arc;

/// So many different requests of a call that is made again and again, some far more often than others.
///
/// Of 163 DescribeRouteTables in real logs 29 differ, of 43 DescribeVpcs 9, of 49 AssumeRole 17: see the README.
const USUAL_REQUESTS: usize = 30;

/// One object to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Delivery {
    /// The place of the account in the world.
    pub(super) account: usize,
    pub(super) region: &'static str,
    /// When it is delivered, in seconds since 1970.
    pub(super) time: i64,
    pub(super) events: usize,
    /// The number of its own stream of random numbers.
    pub(super) stream: u64,
}

/// Somebody who has calls left to make, and the call made last.
struct Turn {
    actor: Actor,
    last: Option<Arc<Call>>,
}

impl Delivery {
    /// Writes the inflated object, `{"Records":[...]}`.
    pub(super) fn body(&self, world: &World) -> String {
        let catalogue = reader::catalogue();
        let random = &mut Random::new(world.seed, mix(0xb0d7, self.stream));
        let mut out = String::with_capacity(self.events * 1_600 + 64);
        out.push_str(r#"{"Records":["#);
        let mut turns: Vec<Turn> = Vec::new();
        let crowd = 2 + random.rank(9 + self.events.min(6_000) / 300);
        for number in 0..self.events {
            if number > 0 {
                out.push(',');
            }
            let time = self.event_time(number, random);
            if turns.len() < crowd {
                turns.push(self.turn(world, catalogue, random));
            }
            let place = random.rank(turns.len());
            if random.chance(0.07) {
                turns[place] = self.turn(world, catalogue, random);
            }
            self.write(&mut turns[place], world, catalogue, time, random, &mut out);
        }
        out.push_str("]}");
        out
    }

    /// Spreads the records over the minutes before the delivery, in order.
    fn event_time(&self, number: usize, random: &mut Random) -> i64 {
        let span = 300.0;
        let step = span / self.events as f64;
        self.time - 420 + ((number as f64 + random.fraction()) * step) as i64
    }

    /// Seeds one of the few requests of a call that the programs of an account and region make all the time.
    fn usual(&self, world: &World, source: &str, name: &str, random: &mut Random) -> u64 {
        let call = mix(random::hash(source), random::hash(name));
        let place = mix(random::hash(&world.accounts[self.account].id), random::hash(self.region));
        mix(mix(world.seed, mix(place, call)), random.rank(USUAL_REQUESTS) as u64)
    }

    fn turn(&self, world: &World, catalogue: &Catalogue, random: &mut Random) -> Turn {
        let actor = Actor::enter(world, self.account, self.region, self.time, catalogue, random);
        Turn { actor, last: None }
    }

    fn write(
        &self,
        turn: &mut Turn,
        world: &World,
        catalogue: &Catalogue,
        time: i64,
        random: &mut Random,
        out: &mut String,
    ) {
        // Programs call the same thing again and again.
        let call = match turn.last.take() {
            Some(last) if random.chance(0.3) => last,
            _ => Arc::clone(catalogue.call(turn.actor.habit, self.region, random)),
        };
        let mut request = String::new();
        if catalogue.services[call.service].short_ids {
            random.text(random::UPPER, 16, &mut request);
        } else {
            random.uuid(&mut request);
        }
        let source = &catalogue.services[call.service].source;
        let record = match call.repeats {
            true => self.usual(world, source, &call.name, random),
            false => random.bits(),
        };
        let scene = Scene {
            world,
            account: self.account,
            region: self.region,
            time,
            arn: &turn.actor.arn,
            source,
            event: &call.name,
            request: &request,
            record,
        };
        match random.below(40_000) {
            0 => catalogue.word("insight-record").fill(&scene, random, out),
            1..=8 => catalogue.word("network-record").fill(&scene, random, out),
            _ => Record { catalogue, actor: &turn.actor, call: &call, scene: &scene }.write(random, out),
        }
        turn.last = Some(call);
    }
}
