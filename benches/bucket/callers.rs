//! Who there is: accounts, and in each of them roles, users and services, a few of which do most.

use super::names;
use super::random::Random;
use super::random::Weighted;
use super::random::mix;
use super::scene::Scene;

/// Everybody who may appear in the bucket.
pub(super) struct World {
    pub(super) seed: u64,
    pub(super) accounts: Vec<Account>,
}

/// One account and who acts in it.
pub(super) struct Account {
    pub(super) id: String,
    pub(super) callers: Vec<Caller>,
    /// How much of the account's traffic is whose.
    pub(super) traffic: Weighted,
    /// The callers that are roles with sessions which somebody is handed the key of.
    roles: Vec<usize>,
}

/// A principal, or a service.
pub(super) struct Caller {
    pub(super) kind: Kind,
    /// The role's, user's or service's name.
    pub(super) name: String,
    /// The principal id, `AROA...` or `AIDA...`.
    pub(super) id: String,
    /// Seed of everything about the caller that does not change.
    pub(super) salt: u64,
    /// How many run beside each other: instances of a role, keys of a user.
    pub(super) slots: usize,
    /// How often its calls fail, from 0 to 1.
    pub(super) failing: f64,
}

/// A role that somebody holds for an hour.
pub(super) struct Session {
    pub(super) role: String,
    pub(super) role_id: String,
    pub(super) name: String,
    pub(super) key: String,
    /// Seconds since 1970.
    pub(super) started: i64,
}

/// What a caller is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Service,
    ServiceRole,
    Instance,
    Function,
    Task,
    Pod,
    Pipeline,
    Vendor,
    Person,
    ConsoleUser,
    KeyUser,
    Foreign,
    WebIdentity,
    Saml,
    Portal,
    Federated,
    Root,
}

/// The kinds with their share of an account's traffic, how many there are in the busiest account, and how many
/// run beside each other.
const CAST: [(Kind, f64, usize, usize); 17] = [
    (Kind::Service, 0.36, 11, 1),
    (Kind::ServiceRole, 0.06, 6, 1),
    (Kind::Instance, 0.15, 8, 60),
    (Kind::Function, 0.12, 14, 2),
    (Kind::Task, 0.07, 8, 20),
    (Kind::Pod, 0.07, 8, 12),
    (Kind::Pipeline, 0.05, 3, 4),
    (Kind::Vendor, 0.04, 2, 1),
    (Kind::Person, 0.03, 10, 1),
    (Kind::ConsoleUser, 0.010, 3, 1),
    (Kind::KeyUser, 0.20, 6, 2),
    (Kind::Foreign, 0.012, 3, 3),
    (Kind::WebIdentity, 0.008, 3, 1),
    (Kind::Saml, 0.002, 2, 1),
    (Kind::Portal, 0.005, 5, 1),
    (Kind::Federated, 0.001, 1, 1),
    (Kind::Root, 0.0002, 1, 1),
];

/// Services that act in their own name.
const SERVICES: [&str; 11] = [
    "ec2",
    "lambda",
    "ecs-tasks",
    "config",
    "eks",
    "events",
    "states",
    "firehose",
    "cloudtrail",
    "glue",
    "backup",
];

/// Roles that services act through: the end of the role's name, the service, the session.
pub(super) const SERVICE_ROLES: [(&str, &str, &str); 6] = [
    ("Config", "config.amazonaws.com", "AWSConfig-Describe"),
    ("AutoScaling", "autoscaling.amazonaws.com", "AutoScaling"),
    ("ECS", "ecs.amazonaws.com", "ecs-service-scheduler"),
    ("TrustedAdvisor", "trustedadvisor.amazonaws.com", "TrustedAdvisor"),
    ("AmazonEKS", "eks.amazonaws.com", "AmazonEKS"),
    ("AccessAnalyzer", "access-analyzer.amazonaws.com", "access-analyzer"),
];

impl World {
    /// Peoples so many accounts; the first are the busiest and the most crowded.
    pub(super) fn new(seed: u64, accounts: usize) -> Self {
        Self { seed, accounts: (0..accounts.max(1)).map(|place| Account::new(seed, place)).collect() }
    }

    /// Picks the session that a record hands out the key of: always the same for the same record.
    pub(super) fn any_session(&self, scene: &Scene<'_>) -> Session {
        let account = &self.accounts[scene.account];
        let random = &mut Random::new(scene.record, 0x5e55);
        let caller = &account.callers[account.roles[random.rank(account.roles.len())]];
        caller.session(random.rank(caller.slots), scene.time)
    }
}

impl Account {
    fn new(seed: u64, place: usize) -> Self {
        let random = &mut Random::new(seed, mix(0xacc0, place as u64));
        let (mut callers, mut shares) = (Vec::new(), Vec::new());
        for (kind, share, most, slots) in CAST {
            let crowd = (most * 12 / (12 + place)).max(1);
            let slots = (slots * 8 / (8 + place)).max(1);
            let harmonic: f64 = (1..=crowd).map(|rank| 1.0 / rank as f64).sum();
            for rank in 0..crowd {
                callers.push(Caller::new(kind, rank, slots, random));
                shares.push(share / harmonic / (rank + 1) as f64);
            }
        }
        let held = |caller: &Caller| {
            matches!(caller.kind, Kind::Instance | Kind::Function | Kind::Task | Kind::Pod | Kind::Pipeline)
        };
        let roles = (0..callers.len()).filter(|&place| held(&callers[place])).collect();
        Self { id: names::account(place), callers, traffic: Weighted::new(shares.into_iter()), roles }
    }
}

impl Caller {
    fn new(kind: Kind, rank: usize, slots: usize, random: &mut Random) -> Self {
        let salt = random.bits();
        let name = match kind {
            Kind::Service => format!("{}.amazonaws.com", SERVICES[rank % SERVICES.len()]),
            Kind::ServiceRole => format!("AWSServiceRoleFor{}", SERVICE_ROLES[rank % SERVICE_ROLES.len()].0),
            Kind::Person => {
                let set =
                    random.pick(&["AdministratorAccess", "PowerUserAccess", "ReadOnlyAccess", "DataAnalyst"]);
                names::hex(&format!("AWSReservedSSO_{set}_"), 16, random)
            }
            Kind::Vendor => ["SkyglassIntegrationRole", "northwatch-cspm-audit"][rank % 2].to_owned(),
            Kind::ConsoleUser | Kind::Saml | Kind::Portal | Kind::Federated => names::person(random),
            Kind::Pipeline => format!("{}-deploy", names::label(random)),
            Kind::KeyUser => format!("svc-{}", names::label(random)),
            _ => names::label(random),
        };
        let user = matches!(kind, Kind::ConsoleUser | Kind::KeyUser | Kind::Federated);
        let failing = if random.chance(0.06) { 0.25 } else { 0.028 };
        let id = names::key(if user { "AIDA" } else { "AROA" }, 17, random);
        Self { kind, name, id, salt, slots, failing }
    }

    /// Gives the session that holds the caller's role in a slot at a time; its key lasts an hour.
    pub(super) fn session(&self, slot: usize, time: i64) -> Session {
        let lane = mix(self.salt, slot as u64);
        let offset = (lane % 3_600) as i64;
        let started = (time - offset).div_euclid(3_600) * 3_600 + offset;
        let fixed = &mut Random::new(lane, 0);
        let hourly = &mut Random::new(lane, started as u64);
        let name = match self.kind {
            Kind::Instance => names::hex("i-0", 16, fixed),
            Kind::Task => names::hex("", 32, &mut Random::new(lane, (started / 86_400) as u64)),
            Kind::Pod if self.salt.is_multiple_of(2) => format!("botocore-session-{started}"),
            Kind::Pod => format!("aws-sdk-java-{started}{:03}", lane % 1_000),
            Kind::Pipeline if self.salt.is_multiple_of(3) => "GitHubActions".to_owned(),
            Kind::Pipeline => names::hex("terraform-run-", 12, hourly),
            Kind::Person => format!("{}@example.com", names::person(fixed)),
            Kind::Vendor => "collector".to_owned(),
            Kind::ServiceRole => self.service().1.to_owned(),
            _ => self.name.clone(),
        };
        let key = names::key("ASIA", 16, hourly);
        Session { role: self.name.clone(), role_id: self.id.clone(), name, key, started }
    }

    /// Gives the service behind a service's role, and the session's name.
    pub(super) fn service(&self) -> (&'static str, &'static str) {
        let role = SERVICE_ROLES.iter().find(|role| self.name.ends_with(role.0));
        role.map_or(("ec2.amazonaws.com", "ec2"), |role| (role.1, role.2))
    }
}
