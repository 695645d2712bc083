//! Services that run by themselves: monitoring, backups, trails, the posture scan.

use crate::incident::calls::access;
use crate::incident::calls::compute;
use crate::incident::calls::storage;
use crate::incident::calls::watch;
use crate::incident::company::AUDITED;
use crate::incident::company::AUDITOR;
use crate::incident::company::BACKUP;
use crate::incident::company::CLOUD;
use crate::incident::company::FLEET;
use crate::incident::company::FRANKFURT;
use crate::incident::company::JUDGE;
use crate::incident::company::MONITORING;
use crate::incident::company::PROBER;
use crate::incident::company::PRODUCTION;
use crate::incident::company::SECURITY;
use crate::incident::company::TRAIL_BUCKET;
use crate::incident::company::UPTIME;
use crate::incident::company::VIRGINIA;
use crate::incident::company::running;
use crate::incident::identity;
use crate::incident::journal::Journal;
use crate::incident::moment::Moment;
use serde_json::json;

/// The monitoring vendor takes its role from its own account and looks whether all is well.
pub(super) fn uptime(journal: &mut Journal, quarter: Moment, region: &'static str) {
    let key = journal.random.session_key();
    let time = quarter.plus(30 + journal.random.below(60));
    let vendor = identity::role_session(&PROBER, "prober", &key, time, MONITORING);
    let asked = access::assume_role(&UPTIME, "prober", &key, time, &mut journal.random);
    journal.write(time, region, &identity::stranger(PRODUCTION, &vendor), asked);

    let actor = identity::role_session(&UPTIME, "prober", &key, time, MONITORING)
        .using("Boto3/1.40.31 md/Botocore#1.40.31 lang/python#3.13.7");
    let ids: Vec<&str> = running(region, time).map(|machine| machine.id).collect();
    journal.write(time.plus(2), region, &actor, compute::describe_these("DescribeInstanceStatus", &ids));
    for (step, group) in (0..).zip(["web/6d0ecf831eec9f09", "api/943f017f100becff"]) {
        let health = compute::target_health(PRODUCTION, region, group);
        journal.write(time.plus(4 + step), region, &actor, health);
    }
    let load = watch::get_metric_data("AWS/EC2", "CPUUtilization", time.minus(900), time);
    // The vendor asks too often, and is told so.
    let load =
        if journal.random.below(6) == 0 { load.failed("ThrottlingException", "Rate exceeded") } else { load };
    journal.write(time.plus(7), region, &actor, load);
    journal.write(time.plus(8), region, &actor, watch::describe_alarms());
}

/// Config judges a few resources.
pub(super) fn config_rules(journal: &mut Journal, quarter: Moment) {
    let key = journal.random.session_key();
    let time = quarter.plus(200 + journal.random.below(200));
    let config = identity::service(PRODUCTION, "config.amazonaws.com");
    let taken = access::assume_role_as_service(&JUDGE, "AWSConfig-Evaluate", &key, time, &mut journal.random);
    journal.write(time, FRANKFURT, &config, taken);
    let actor = identity::role_session(&JUDGE, "AWSConfig-Evaluate", &key, time, MONITORING);
    let actor = actor.through("config.amazonaws.com");
    for step in 1..=3 {
        let verdict = journal.random.pick(&["COMPLIANT", "COMPLIANT", "COMPLIANT", "NON_COMPLIANT"]);
        let group = format!("sg-0{}", journal.random.hex(16));
        let call = watch::put_evaluations("AWS::EC2::SecurityGroup", &group, verdict, time.plus(step));
        journal.write(time.plus(step), FRANKFURT, &actor, call);
    }
}

/// The nightly backup: one new snapshot of each volume, and the oldest goes.
pub(super) fn backup(journal: &mut Journal, quarter: Moment, region: &'static str) {
    let key = journal.random.session_key();
    let session = format!("AWSBackup-{}", quarter.stamp());
    let taken = access::assume_role_as_service(&BACKUP, &session, &key, quarter, &mut journal.random);
    journal.write(quarter.plus(3), region, &identity::service(PRODUCTION, "backup.amazonaws.com"), taken);
    let actor = identity::role_session(&BACKUP, &session, &key, quarter, MONITORING);
    let actor = actor.through("backup.amazonaws.com");
    for (step, machine) in (1..).zip(running(region, quarter)) {
        let time = quarter.plus(3 + step * 20);
        let snapshot = compute::create_snapshot(PRODUCTION, machine.volume, time, &mut journal.random);
        journal.write(time, region, &actor, snapshot);
        let oldest = format!("snap-0{}", journal.random.hex(16));
        journal.write(time.plus(4), region, &actor, compute::delete_snapshot(&oldest));
    }
}

/// Copies of the backups go far away.
pub(super) fn copy_backups(journal: &mut Journal, quarter: Moment, region: &'static str) {
    let key = journal.random.session_key();
    let session = format!("AWSBackup-copy-{}", quarter.stamp());
    let actor = identity::role_session(&BACKUP, &session, &key, quarter, MONITORING);
    let actor = actor.through("backup.amazonaws.com");
    for (step, machine) in (1..).zip(&FLEET) {
        let snapshot = format!("snap-0{}", journal.random.hex(16));
        let copy = compute::copy_snapshot(machine.region, &snapshot, &mut journal.random);
        journal.write(quarter.plus(400 + step * 12), region, &actor, copy);
    }
}

/// CloudTrail delivers into the bucket of the security account: calls of a service on another's data.
pub(super) fn trail_delivery(journal: &mut Journal, quarter: Moment) {
    let trail = identity::service(SECURITY, "cloudtrail.amazonaws.com");
    for step in 0..5 {
        let time = quarter.plus(10 + step * 170);
        let acl = storage::about_bucket(
            "GetBucketAcl",
            "acl",
            SECURITY,
            FRANKFURT,
            TRAIL_BUCKET,
            &mut journal.random,
        );
        journal.write(time, FRANKFURT, &trail, acl);
        let name = journal.random.letters(16);
        let object = format!("AWSLogs/{PRODUCTION}/CloudTrail/{FRANKFURT}/{}/{name}.json.gz", time.folder());
        let put = storage::put_object(SECURITY, FRANKFURT, TRAIL_BUCKET, &object, &mut journal.random);
        journal.write(time.plus(1), FRANKFURT, &trail, put);
        let context = json!({ "aws:cloudtrail:arn": watch::trail_arn(PRODUCTION) });
        let key = storage::generate_data_key(SECURITY, FRANKFURT, context);
        journal.write(time.plus(1), FRANKFURT, &trail, key);
    }
}

/// The security team's scanner looks into both other accounts: ordinary reconnaissance, so to speak.
pub(super) fn posture_scan(journal: &mut Journal, quarter: Moment) {
    let key = journal.random.session_key();
    let scanner = identity::function(&AUDITOR, "posture-scanner", FRANKFURT, &key, quarter);
    for (step, role) in (1..).zip(&AUDITED) {
        let time = quarter.plus(step * 240);
        let key = journal.random.session_key();
        let taken = access::assume_role(role, "posture-scanner", &key, time, &mut journal.random);
        let owner = identity::stranger(role.account, &scanner);
        journal.write_twice(time, FRANKFURT, &scanner, &owner, taken);

        let actor = identity::role_session(role, "posture-scanner", &key, time, CLOUD);
        journal.write(time.plus(1), FRANKFURT, &actor, access::get_caller_identity());
        journal.write(time.plus(2), FRANKFURT, &actor, watch::describe_trails());
        journal.write(time.plus(3), FRANKFURT, &actor, watch::trail_status(role.account));
        let buckets = storage::list_buckets(FRANKFURT, &mut journal.random);
        journal.write(time.plus(4), FRANKFURT, &actor, buckets);
        for name in ["DescribeSecurityGroups", "DescribeVolumes", "DescribeFlowLogs"] {
            journal.write(time.plus(6), FRANKFURT, &actor, compute::describe(name));
        }
        let questions = [
            "ListUsers",
            "ListRoles",
            "GetAccountSummary",
            "GetAccountPasswordPolicy",
            "GetCredentialReport",
        ];
        for (pause, name) in (8..).zip(questions) {
            journal.write(time.plus(pause), VIRGINIA, &actor, access::list(name));
        }
    }
}
