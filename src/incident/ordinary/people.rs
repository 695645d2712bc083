//! People at work: the portal, the console, the command line.

use crate::incident::calls::Call;
use crate::incident::calls::access;
use crate::incident::calls::compute;
use crate::incident::calls::storage;
use crate::incident::calls::watch;
use crate::incident::company::DEVELOPER;
use crate::incident::company::DEVELOPERS;
use crate::incident::company::DEVELOPMENT;
use crate::incident::company::FRANKFURT;
use crate::incident::company::IRELAND;
use crate::incident::company::JONAS;
use crate::incident::company::OFFICE;
use crate::incident::company::OREGON;
use crate::incident::company::Person;
use crate::incident::company::SECURITY;
use crate::incident::company::VIRGINIA;
use crate::incident::identity;
use crate::incident::identity::Actor;
use crate::incident::journal::Journal;
use crate::incident::moment::Moment;
use crate::incident::moment::at;
use serde_json::json;

/// At the portal, people choose the role they want to work in.
pub(super) fn portal(journal: &mut Journal, quarter: Moment) {
    for (step, person) in (0..).zip(&DEVELOPERS) {
        let actor = identity::portal_user(person, &mut journal.random);
        let time = quarter.plus(step * 130 + journal.random.below(60));
        for (pause, name) in (0..).zip(["Authenticate", "ListAccountsForUser", "GetRoleCredentials"]) {
            journal.write(time.plus(pause * 9), FRANKFURT, &actor, access::portal(name, &DEVELOPER));
        }
    }
}

/// Two developers at work, one in the console, one on the command line.
pub(super) fn developers(journal: &mut Journal, quarter: Moment) {
    let first = journal.random.below(DEVELOPERS.len() as u32) as usize;
    let mut turn = DEVELOPERS.iter().cycle().skip(first);
    for clicks in [true, false] {
        let Some(person) = turn.next() else { return };
        let time = quarter.plus(journal.random.below(90));
        let session = sign_in(journal, time, person);
        if clicks {
            in_the_console(journal, time, &session.in_console());
        } else {
            on_the_command_line(journal, time, &session);
        }
    }
}

/// IAM Identity Center opens a session, and the console lets it in. The second factor was asked for at the
/// portal, so the console's own record says `No`.
fn sign_in(journal: &mut Journal, time: Moment, person: &Person) -> Actor {
    let key = journal.random.session_key();
    let actor = identity::vouched_for(DEVELOPMENT, person, &mut journal.random);
    let taken = access::assume_role_with_saml(&DEVELOPER, person.email, &key, time, &mut journal.random);
    journal.write(time, FRANKFURT, &actor, taken);
    let session = identity::staff(&DEVELOPER, person, &key, time);
    let browser = session.clone().using(identity::BROWSER);
    journal.write(time.plus(1), FRANKFURT, &browser, access::console_login("No"));
    session
}

fn in_the_console(journal: &mut Journal, start: Moment, session: &Actor) {
    let pages = [
        "DescribeInstances",
        "DescribeInstanceTypes",
        "DescribeSecurityGroups",
        "DescribeVpcs",
        "DescribeSubnets",
        "DescribeVolumes",
        "DescribeAddresses",
        "DescribeTags",
        "DescribeAvailabilityZones",
    ];
    let mut time = start.plus(20);
    for _ in 0..9 {
        time = time.plus(2 + journal.random.below(50));
        let page = compute::describe(journal.random.pick(&pages));
        journal.write(time, FRANKFURT, session, page);
    }
    let alarms = watch::describe_alarms();
    journal.write(time.plus(12), FRANKFURT, session, alarms);
    // Not everyone knows what he may not do.
    if journal.random.below(4) == 0 {
        let resource = format!("arn:aws:ec2:{FRANKFURT}:{DEVELOPMENT}:instance/*");
        let launch = Call::change("ec2", "RunInstances", json!({ "instanceType": "p5.48xlarge" }));
        journal.write(time.plus(40), FRANKFURT, session, launch.denied(session, &resource));
    }
}

fn on_the_command_line(journal: &mut Journal, start: Moment, session: &Actor) {
    let mut time = start.plus(30);
    journal.write(time, FRANKFURT, session, access::get_caller_identity());
    for _ in 0..6 {
        time = time.plus(5 + journal.random.below(80));
        let call = match journal.random.below(5) {
            0 => compute::describe_instances(),
            1 => compute::get_function("label-printer"),
            2 => compute::get_parameter("/parcels/dev/feature-flags"),
            3 => {
                let key = format!("scratch/{}.json", journal.random.hex(8));
                storage::get_object(DEVELOPMENT, FRANKFURT, "kestrel-parcels-dev", &key, &mut journal.random)
            }
            _ => {
                let when = time;
                compute::update_function_code(DEVELOPMENT, FRANKFURT, "label-printer", "local", when)
            }
        };
        journal.write(time, FRANKFURT, session, call);
    }
    if journal.random.below(3) == 0 {
        let refused = storage::get_secret(DEVELOPMENT, FRANKFURT, "billing/stripe");
        let arn = storage::secret_arn(DEVELOPMENT, FRANKFURT, "billing/stripe");
        journal.write(time.plus(9), FRANKFURT, session, refused.denied(session, &arn));
    }
}

/// Things that happened on one day only.
pub(super) fn once(journal: &mut Journal) {
    break_glass_drill(journal);
    auditor(journal);
    key_rotation(journal);
    experiments(journal);
}

/// Monday: the security team tries the root user of its own account, with its second factor.
fn break_glass_drill(journal: &mut Journal) {
    let root = identity::root(SECURITY, OFFICE);
    journal.write(at(14, 9, 12, 30), VIRGINIA, &root, access::console_login("Yes"));
}

/// Tuesday: the outside auditor mistypes his password, then signs in with his second factor.
fn auditor(journal: &mut Journal) {
    let auditor =
        identity::iam_user_signing_in(SECURITY, "auditor", "AIDAWKESTRELAUDITO3E9", "198.51.100.230");
    journal.write(at(15, 10, 3, 11), FRANKFURT, &auditor, access::failed_console_login("No"));
    journal.write(at(15, 10, 3, 58), FRANKFURT, &auditor, access::console_login("Yes"));
}

/// Tuesday: a developer gives the printer in the warehouse a new key.
fn key_rotation(journal: &mut Journal) {
    let Some(dora) = DEVELOPERS.get(3) else { return };
    let key = journal.random.session_key();
    let actor = identity::staff(&DEVELOPER, dora, &key, at(15, 11, 58, 0)).in_console();
    let time = at(15, 12, 20, 9);
    let new = format!("AKIA{}", journal.random.capitals(16));
    journal.write(
        time.minus(15),
        VIRGINIA,
        &actor,
        access::about_user("ListAccessKeys", "warehouse-printer"),
    );
    journal.write(time, VIRGINIA, &actor, access::create_access_key("warehouse-printer", &new, time));
}

/// Wednesday: two developers try other regions. One of them will be in the story.
fn experiments(journal: &mut Journal) {
    for (person, region) in DEVELOPERS.iter().take(1).zip([IRELAND]).chain([(&JONAS, OREGON)]) {
        let key = journal.random.session_key();
        let actor = identity::staff(&DEVELOPER, person, &key, at(16, 9, 31, 0));
        let mut time = at(16, 9, 45, 20);
        for name in
            ["DescribeInstances", "DescribeVpcs", "DescribeSubnets", "DescribeImages", "DescribeKeyPairs"]
        {
            time = time.plus(10 + journal.random.below(60));
            journal.write(time, region, &actor, compute::describe(name));
        }
    }
}
