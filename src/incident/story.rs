//! The story, from the leaked password to the last terminated machine, in the order it happened.
//!
//! Jonas Reed, a developer, has handed in his notice. The company's first account was opened by hand, and
//! the password of its root user still lies in a parameter store where every developer can read it.

use crate::incident::ATTACKER_ADDRESS;
use crate::incident::ISSUED_KEY;
use crate::incident::ISSUED_SESSION_KEY;
use crate::incident::KEY_OWNER;
use crate::incident::LEAKED_ROOT_ACCOUNT;
use crate::incident::calls::Call;
use crate::incident::calls::access;
use crate::incident::calls::compute;
use crate::incident::calls::storage;
use crate::incident::calls::watch;
use crate::incident::company::DEVELOPER;
use crate::incident::company::FLEET;
use crate::incident::company::FRANKFURT;
use crate::incident::company::IRELAND;
use crate::incident::company::Instance;
use crate::incident::company::JONAS;
use crate::incident::company::LOSS;
use crate::incident::company::ORGANIZATION_ACCESS;
use crate::incident::company::PRODUCTION;
use crate::incident::company::PRODUCTION_READER;
use crate::incident::company::REGIONS;
use crate::incident::company::RELEASE_MANAGER;
use crate::incident::company::VIRGINIA;
use crate::incident::identity;
use crate::incident::identity::Actor;
use crate::incident::journal::Journal;
use crate::incident::moment::Moment;
use crate::incident::moment::at;
use serde_json::json;

/// From here to [`LOGGING_STARTED`] the leaked account's trail records nothing.
pub(super) const LOGGING_STOPPED: Moment = at(17, 1, 44, 9);
/// When the responders switched the trail on again; this call is the first it records.
pub(super) const LOGGING_STARTED: Moment = at(17, 3, 4, 31);

/// The machine that is guarded against termination.
pub(super) const DATABASE: &str = "i-0f6e93b1d84c2a7d0";

/// The key of the session in production that Jonas opened under his own name.
const HIS_KEY: &str = "ASIAKESTRELJ8EXAMPLE";

/// Tells the whole story.
pub(super) fn tell(journal: &mut Journal) {
    he_reads_the_password(journal);
    he_signs_in_as_root(journal);
    he_makes_himself_a_key(journal);
    he_tries_the_key(journal);
    he_takes_a_role_in_production(journal);
    he_looks_around(journal);
    he_tries_to_blind_the_trails(journal);
    he_stops_the_machines(journal);
    he_terminates_the_machines(journal);
    he_goes_for_the_backups(journal);
    he_checks_his_work(journal);
}

/// Wednesday afternoon, from his desk. Nothing about it is forbidden.
fn he_reads_the_password(journal: &mut Journal) {
    let key = journal.random.session_key();
    let jonas = identity::staff(&DEVELOPER, &JONAS, &key, at(16, 13, 31, 4));
    let name = "/bootstrap/aws-root-sign-in";
    journal.write(at(16, 15, 6, 40), FRANKFURT, &jonas, compute::get_parameter(name));
    let context =
        json!({ "PARAMETER_ARN": format!("arn:aws:ssm:{FRANKFURT}:{LEAKED_ROOT_ACCOUNT}:parameter{name}") });
    let decrypt = storage::decrypt(LEAKED_ROOT_ACCOUNT, FRANKFURT, context);
    journal.write(at(16, 15, 6, 40), FRANKFURT, &jonas.through("ssm.amazonaws.com"), decrypt);

    // He also looks at what runs in production, with a session that lives until the night.
    let time = at(16, 15, 8, 51);
    let vouched = identity::vouched_for(PRODUCTION, &JONAS, &mut journal.random);
    let random = &mut journal.random;
    let opened = access::assume_role_with_saml(&PRODUCTION_READER, JONAS.email, HIS_KEY, time, random);
    journal.write(time, FRANKFURT, &vouched, opened);
    let reader = his_own_session().using(identity::BROWSER).in_console();
    let reader = Actor { address: JONAS.address.to_owned(), ..reader };
    journal.write(at(16, 15, 9, 2), FRANKFURT, &reader, compute::describe_instances());
    journal.write(at(16, 15, 9, 3), FRANKFURT, &reader, compute::describe("DescribeVolumes"));
}

/// That night, from an address nobody has seen: two typing errors, then he is in. No second factor.
fn he_signs_in_as_root(journal: &mut Journal) {
    let root = identity::root(LEAKED_ROOT_ACCOUNT, ATTACKER_ADDRESS);
    journal.write(at(17, 1, 4, 48), VIRGINIA, &root, access::failed_console_login("No"));
    journal.write(at(17, 1, 5, 27), VIRGINIA, &root, access::failed_console_login("No"));
    journal.write(at(17, 1, 6, 12), VIRGINIA, &root, access::console_login("No"));
}

/// Root may not take a role, so he gives a key to a user whom everyone has forgotten.
fn he_makes_himself_a_key(journal: &mut Journal) {
    let root = his_root_session();
    let organization = ORGANIZATION_ACCESS;
    let role =
        access::assume_role(&organization, "root", ISSUED_SESSION_KEY, at(17, 1, 8, 3), &mut journal.random);
    let refused = role.failed("AccessDenied", "Roles may not be assumed by root accounts.");
    journal.write(at(17, 1, 8, 3), VIRGINIA, &root, refused);
    journal.write(at(17, 1, 9, 30), VIRGINIA, &root, access::list("ListUsers"));
    journal.write(at(17, 1, 10, 2), VIRGINIA, &root, access::about_user("ListAccessKeys", KEY_OWNER));
    let time = at(17, 1, 12, 55);
    journal.write(time, VIRGINIA, &root, access::create_access_key(KEY_OWNER, ISSUED_KEY, time));
}

/// From now on he works on the command line. The user may little here.
fn he_tries_the_key(journal: &mut Journal) {
    let user = forgotten_user();
    journal.write(at(17, 1, 16, 20), VIRGINIA, &user, access::get_caller_identity());
    let buckets = storage::list_buckets(VIRGINIA, &mut journal.random);
    journal.write(at(17, 1, 16, 51), VIRGINIA, &user, buckets);
    for (step, region) in (0..).zip(REGIONS) {
        let refused = compute::describe_instances().denied(&user, "*");
        journal.write(at(17, 1, 17, 30).plus(step * 4), region, &user, refused);
    }
}

/// What nobody has cleared away either: production's release role still trusts that user.
fn he_takes_a_role_in_production(journal: &mut Journal) {
    let user = forgotten_user();
    let time = at(17, 1, 20, 11);
    let role =
        access::assume_role(&ORGANIZATION_ACCESS, KEY_OWNER, ISSUED_SESSION_KEY, time, &mut journal.random);
    journal.write(time, VIRGINIA, &user, role.denied(&user, &ORGANIZATION_ACCESS.arn()));

    // He asks for four hours. He will need less.
    let time = at(17, 1, 21, 37);
    let random = &mut journal.random;
    let role = access::assume_role_for(14_400, &RELEASE_MANAGER, KEY_OWNER, ISSUED_SESSION_KEY, time, random);
    journal.write_twice(time, VIRGINIA, &user, &identity::stranger(PRODUCTION, &user), role);
}

/// Twenty minutes of reconnaissance in every region.
fn he_looks_around(journal: &mut Journal) {
    let role = stolen_role();
    journal.write(at(17, 1, 22, 8), VIRGINIA, &role, access::get_caller_identity());
    let buckets = storage::list_buckets(VIRGINIA, &mut journal.random);
    journal.write(at(17, 1, 22, 40), VIRGINIA, &role, buckets);
    let users = format!("arn:aws:iam::{PRODUCTION}:user/");
    journal.write(at(17, 1, 23, 15), VIRGINIA, &role, access::list("ListUsers").denied(&role, &users));
    for (step, region) in (0..).zip(REGIONS) {
        let time = at(17, 1, 24, 2).plus(step * 5);
        journal.write(time, region, &role, compute::describe_instances());
        // The last page of a long answer.
        journal.write(time.plus(2), region, &role, compute::describe_instances());
    }
    for (step, secret) in (0..).zip(["parcels/database", "parcels/carrier-api", "billing/stripe"]) {
        let arn = storage::secret_arn(PRODUCTION, FRANKFURT, secret);
        let refused = storage::get_secret(PRODUCTION, FRANKFURT, secret).denied(&role, &arn);
        journal.write(at(17, 1, 33, 18).plus(step * 9), FRANKFURT, &role, refused);
    }
    journal.write(at(17, 1, 38, 50), FRANKFURT, &role, watch::describe_trails());
}

/// Production's trail is guarded by the organization. The leaked account's is not: as root he stops it,
/// and from that second its log is silent. He forgets that production's goes on.
fn he_tries_to_blind_the_trails(journal: &mut Journal) {
    let role = stolen_role();
    for time in [at(17, 1, 41, 16), at(17, 1, 41, 58)] {
        let message = format!(
            "User: {} is not authorized to perform: cloudtrail:StopLogging on resource: {} with an explicit \
             deny in a service control policy",
            role.arn(),
            watch::trail_arn(PRODUCTION),
        );
        let refused = watch::switch_logging("StopLogging", PRODUCTION).failed("AccessDenied", &message);
        journal.write(time, FRANKFURT, &role, refused);
    }
    let call = watch::switch_logging("StopLogging", LEAKED_ROOT_ACCOUNT);
    journal.write(LOGGING_STOPPED, FRANKFURT, &his_root_session(), call);
}

/// He tests whether he may, then stops the machines at the company's home.
fn he_stops_the_machines(journal: &mut Journal) {
    let role = stolen_role();
    let home = fleet_in(FRANKFURT);
    let message = "Request would have succeeded, but DryRun flag is set.";
    let rehearsal = change("TerminateInstances", &[DATABASE], compute::RUNNING, compute::SHUTTING_DOWN);
    journal.write(LOSS.minus(130), FRANKFURT, &role, rehearsal.failed("Client.DryRunOperation", message));
    journal.write(
        LOSS,
        FRANKFURT,
        &role,
        change("StopInstances", &home, compute::RUNNING, compute::STOPPING),
    );
}

/// Then he terminates every machine of production, in one region after the other.
fn he_terminates_the_machines(journal: &mut Journal) {
    let role = stolen_role();
    let unguarded: Vec<&str> = fleet_in(FRANKFURT).into_iter().filter(|id| *id != DATABASE).collect();
    let terminate = |ids: &[&str], before| change("TerminateInstances", ids, before, compute::SHUTTING_DOWN);

    journal.write(at(17, 2, 6, 3), FRANKFURT, &role, terminate(&unguarded, compute::STOPPED));

    // The database is guarded. Who may modify it may also lift the guard.
    let message = format!(
        "The instance '{DATABASE}' may not be terminated. Modify its 'disableApiTermination' instance \
         attribute and try again."
    );
    let refused = terminate(&[DATABASE], compute::STOPPED).failed("Client.OperationNotPermitted", &message);
    journal.write(at(17, 2, 6, 41), FRANKFURT, &role, refused);
    journal.write(at(17, 2, 8, 10), FRANKFURT, &role, compute::lift_termination_protection(DATABASE));
    journal.write(at(17, 2, 8, 26), FRANKFURT, &role, terminate(&[DATABASE], compute::STOPPED));

    journal.write(at(17, 2, 10, 2), IRELAND, &role, terminate(&fleet_in(IRELAND), compute::RUNNING));
    journal.write(at(17, 2, 10, 49), VIRGINIA, &role, terminate(&fleet_in(VIRGINIA), compute::RUNNING));
}

/// The backups are what saves the company: this role may not delete them.
fn he_goes_for_the_backups(journal: &mut Journal) {
    let role = stolen_role();
    for (step, snapshot) in (0..).zip(["snap-0c4d81e97a25b3f01", "snap-0c4d81e97a25b3f02"]) {
        let arn = format!("arn:aws:ec2:{FRANKFURT}::snapshot/{snapshot}");
        let refused = compute::delete_snapshot(snapshot).denied(&role, &arn);
        journal.write(at(17, 2, 12, 30).plus(step * 11), FRANKFURT, &role, refused);
    }
}

/// His one mistake: he looks at the result from the same address, under his own name.
fn he_checks_his_work(journal: &mut Journal) {
    let jonas = his_own_session();
    for (step, region) in (0..).zip([FRANKFURT, IRELAND, VIRGINIA]) {
        journal.write(at(17, 2, 13, 5).plus(step * 7), region, &jonas, compute::describe_instances());
    }
}

/// The console session of the root user.
fn his_root_session() -> Actor {
    let since = at(17, 1, 6, 12);
    identity::root_console(LEAKED_ROOT_ACCOUNT, ATTACKER_ADDRESS, "ASIAKESTRELR5EXAMPLE", since)
}

/// The user nobody remembers, with the key that root made.
fn forgotten_user() -> Actor {
    let id = "AIDAWKESTRELDEPOLD2C8";
    identity::iam_user(LEAKED_ROOT_ACCOUNT, KEY_OWNER, id, ISSUED_KEY, ATTACKER_ADDRESS)
}

/// The role he took in production.
pub(super) fn stolen_role() -> Actor {
    let since = at(17, 1, 21, 37);
    identity::role_session(&RELEASE_MANAGER, KEY_OWNER, ISSUED_SESSION_KEY, since, ATTACKER_ADDRESS)
}

/// His own session in production, opened on Wednesday at his desk and still alive at night.
fn his_own_session() -> Actor {
    let since = at(16, 15, 8, 51);
    let session = identity::staff(&PRODUCTION_READER, &JONAS, HIS_KEY, since);
    Actor { address: ATTACKER_ADDRESS.to_owned(), ..session }
}

fn fleet_in(region: &str) -> Vec<&'static str> {
    let here = |machine: &&Instance| machine.region == region;
    FLEET.iter().filter(here).map(|machine| machine.id).collect()
}

fn change(name: &'static str, ids: &[&str], before: compute::State, after: compute::State) -> Call {
    compute::change_state(name, ids, before, after)
}
