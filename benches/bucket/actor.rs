//! A caller at work in one delivery: the identity, address and user agent its records carry.

use super::callers::Caller;
use super::callers::Kind;
use super::callers::World;
use super::catalogue::Catalogue;
use super::catalogue::Habit;
use super::identity::Identity;
use super::names;
use super::random;
use super::random::Random;
use super::random::mix;
use super::scene::Scene;

/// One caller in one session.
pub(super) struct Actor {
    /// The `userIdentity` object, without its closing brace.
    pub(super) identity: String,
    /// The same as it stands when signing in: without a key.
    pub(super) sign_in_identity: String,
    pub(super) arn: String,
    /// The `sourceIPAddress`.
    pub(super) address: String,
    pub(super) agent: String,
    /// The VPC endpoint that the calls come through, if they do.
    pub(super) endpoint: Option<String>,
    /// What it usually calls.
    pub(super) habit: Habit,
    /// Whether it works in the console.
    pub(super) console: bool,
    /// Whether it is a service that speaks for itself, without TLS details.
    pub(super) service: bool,
    /// Whether its account is another one, so that both get a record.
    pub(super) foreign: bool,
    /// How often its calls fail, from 0 to 1.
    pub(super) failing: f64,
}

impl Actor {
    /// Lets somebody of the account start to work, the busy ones more often.
    pub(super) fn enter(
        world: &World,
        account: usize,
        region: &str,
        time: i64,
        catalogue: &Catalogue,
        random: &mut Random,
    ) -> Self {
        let home = &world.accounts[account];
        let caller = &home.callers[home.traffic.pick(random)];
        let slot = random.rank(caller.slots);
        let session = caller.session(slot, time);
        let person = &mut Random::new(caller.salt, mix(slot as u64, random.below(3) as u64));
        let console = match caller.kind {
            Kind::ConsoleUser | Kind::Root => true,
            Kind::Person => random.chance(0.6),
            _ => false,
        };
        let other = &world.accounts[(account + 1 + caller.salt as usize % 5) % world.accounts.len()].id;
        let written = Identity { caller, session: &session, account: &home.id, other, slot };
        let (arn, identity) = written.write(console);
        let sign_in_identity = if console { written.sign_in(&arn) } else { String::new() };
        // Two releases of a program run beside each other, never more.
        let release = mix(caller.salt, slot as u64 % 2);
        let (source, event, request) = ("", "", "");
        let scene =
            Scene { world, account, region, time, arn: &arn, source, event, request, record: release };
        let mut agent = String::new();
        catalogue.agent(caller.kind, console).fill(&scene, &mut Random::new(release, 0), &mut agent);
        let mut actor = Self {
            identity,
            sign_in_identity,
            arn,
            address: names::public_address(person),
            agent,
            endpoint: None,
            habit: habit(caller),
            console,
            service: false,
            foreign: caller.kind == Kind::Foreign,
            failing: caller.failing,
        };
        actor.place(caller, &home.id, slot);
        actor
    }

    /// Gives machines the addresses of their network, and services their own name instead.
    fn place(&mut self, caller: &Caller, account: &str, slot: usize) {
        let lane = &mut Random::new(caller.salt, 77 + slot as u64);
        match caller.kind {
            Kind::Service => self.speak_as(&caller.name),
            Kind::ServiceRole => self.speak_as(caller.service().0),
            Kind::Instance | Kind::Task | Kind::Pod if caller.salt.is_multiple_of(5) => {
                self.address = names::private_address(lane);
                self.endpoint =
                    Some(names::hex("vpce-0", 16, &mut Random::new(caller.salt % 4, account.len() as u64)));
            }
            Kind::Instance | Kind::Task | Kind::Pod | Kind::Function => {
                let gateway = random::hash(account) ^ (slot as u64 % 3);
                self.address = names::public_address(&mut Random::new(gateway, 0));
            }
            Kind::KeyUser | Kind::Vendor | Kind::Pipeline => self.address = names::public_address(lane),
            _ => {}
        }
    }

    fn speak_as(&mut self, service: &str) {
        self.address = service.to_owned();
        self.agent = service.to_owned();
        self.service = true;
    }
}

fn habit(caller: &Caller) -> Habit {
    match caller.kind {
        Kind::Service => Habit::Service,
        Kind::ServiceRole | Kind::Vendor => Habit::Audit,
        Kind::Instance | Kind::Task | Kind::Pod | Kind::KeyUser if caller.salt % 100 < 38 => Habit::Data,
        Kind::Instance | Kind::Function | Kind::Task | Kind::Pod | Kind::KeyUser => Habit::Machine,
        Kind::Pipeline => Habit::Pipeline,
        Kind::Person | Kind::ConsoleUser | Kind::Root | Kind::Federated => Habit::Human,
        Kind::Foreign => Habit::Foreign,
        Kind::WebIdentity | Kind::Saml => Habit::Federation,
        Kind::Portal => Habit::Portal,
    }
}
