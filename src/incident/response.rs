//! What the company did about it: shut the door, switch the light on again, rebuild.

use crate::incident::ISSUED_KEY;
use crate::incident::KEY_OWNER;
use crate::incident::LEAKED_ROOT_ACCOUNT;
use crate::incident::LOST_INSTANCES;
use crate::incident::calls::access;
use crate::incident::calls::compute;
use crate::incident::calls::watch;
use crate::incident::company::DEVELOPMENT_ADMIN;
use crate::incident::company::FARAH;
use crate::incident::company::FRANKFURT;
use crate::incident::company::IRELAND;
use crate::incident::company::OPENING;
use crate::incident::company::PRODUCTION_ADMIN;
use crate::incident::company::REBUILT;
use crate::incident::company::RELEASE_MANAGER;
use crate::incident::company::REPLACEMENTS;
use crate::incident::company::RESPONDER;
use crate::incident::company::VIRGINIA;
use crate::incident::identity;
use crate::incident::journal::Journal;
use crate::incident::moment::at;
use crate::incident::story;

/// Tells what happened after the alarm.
pub(super) fn tell(journal: &mut Journal) {
    farah_wakes_up(journal);
    she_shuts_the_door(journal);
    he_finds_it_shut(journal);
    they_rebuild(journal);
}

/// The engineer on call sees what is gone, and searches what did it.
fn farah_wakes_up(journal: &mut Journal) {
    let admin =
        identity::staff(&PRODUCTION_ADMIN, &FARAH, "ASIAKESTRELF2EXAMPLE", at(17, 2, 50, 9)).in_console();
    journal.write(at(17, 2, 51, 0), FRANKFURT, &admin, watch::describe_alarms());
    journal.write(at(17, 2, 51, 34), FRANKFURT, &admin, compute::describe_instances());
    journal.write(at(17, 2, 52, 12), IRELAND, &admin, compute::describe_instances());
    journal.write(at(17, 2, 52, 20), VIRGINIA, &admin, compute::describe_instances());
    let deeds = watch::lookup_events("EventName", "TerminateInstances", at(16, 0, 0, 0));
    journal.write(at(17, 2, 54, 45), FRANKFURT, &admin, deeds);

    let key = journal.random.session_key();
    let responder = identity::staff(&RESPONDER, &FARAH, &key, at(17, 2, 57, 2)).in_console();
    journal.write(at(17, 2, 57, 40), FRANKFURT, &responder, watch::list_findings());
    let his = watch::lookup_events("AccessKeyId", ISSUED_KEY, OPENING);
    journal.write(at(17, 2, 58, 26), FRANKFURT, &responder, his);
}

/// Trail on, key off, sessions ended. How she got into the leaked account, its log cannot say.
fn she_shuts_the_door(journal: &mut Journal) {
    let key = journal.random.session_key();
    let admin = identity::staff(&DEVELOPMENT_ADMIN, &FARAH, &key, at(17, 3, 1, 48)).in_console();
    let on = watch::switch_logging("StartLogging", LEAKED_ROOT_ACCOUNT);
    journal.write(story::LOGGING_STARTED, FRANKFURT, &admin, on);
    journal.write(at(17, 3, 4, 50), FRANKFURT, &admin, watch::trail_status(LEAKED_ROOT_ACCOUNT));
    journal.write(at(17, 3, 6, 15), VIRGINIA, &admin, access::about_user("ListAccessKeys", KEY_OWNER));
    let off = access::deactivate_access_key(KEY_OWNER, ISSUED_KEY);
    journal.write(at(17, 3, 6, 44), VIRGINIA, &admin, off);

    let admin =
        identity::staff(&PRODUCTION_ADMIN, &FARAH, "ASIAKESTRELF2EXAMPLE", at(17, 2, 50, 9)).in_console();
    let time = at(17, 3, 8, 20);
    journal.write(time, VIRGINIA, &admin, access::revoke_sessions(&RELEASE_MANAGER, time));
}

/// He comes back once more, too late.
fn he_finds_it_shut(journal: &mut Journal) {
    let role = story::stolen_role();
    let why = format!(
        "You are not authorized to perform this operation. User: {} is not authorized to perform: \
         ec2:DescribeInstances with an explicit deny in an identity-based policy",
        role.arn()
    );
    let refused = compute::describe_instances().failed("Client.UnauthorizedOperation", &why);
    journal.write(at(17, 3, 12, 57), FRANKFURT, &role, refused);
}

/// In the morning the machines come back, from the backups he could not delete.
fn they_rebuild(journal: &mut Journal) {
    let key = journal.random.session_key();
    let admin =
        identity::staff(&PRODUCTION_ADMIN, &FARAH, &key, at(17, 7, 28, 30)).using(identity::TERRAFORM_AGENT);
    for (step, (lost, machine)) in (0..).zip(LOST_INSTANCES.into_iter().zip(&REPLACEMENTS)) {
        let time = REBUILT.minus(1500).plus(step * 40);
        let launch = compute::run_instance(machine, time, &mut journal.random);
        journal.write(time, machine.region, &admin, launch);
        let tag = compute::create_tags(machine.id, "replaces", lost);
        journal.write(time.plus(6), machine.region, &admin, tag);
    }
}
