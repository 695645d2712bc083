//! Real attacks and real non-attacks: each recorded attack is found by the reports about its technique, and what only
//! looks like one is in none of the reports that would be false alarms.
//!
//! The tables say which event belongs into which report. A file of the recordings that stands in no table fails the
//! test: whoever adds one says what should find it.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use futures::StreamExt;
use futures::TryStreamExt;
use trailql::reports::Registry;
use trailql::session::Session;

use crate::made::lake_of;
use crate::real_data::data;
use crate::reports::registry;

/// Every file of the attack simulator's recordings, without `aws.`, and the reports about that technique.
const STRATUS: &[(&str, &[&str])] = &[
    ("credential-access.ec2-get-password-data", &["windows_passwords_read"]),
    ("credential-access.ec2-steal-instance-credentials", &["commands_on_instances"]),
    ("credential-access.secretsmanager-batch-retrieve-secrets", &["secrets_read"]),
    ("credential-access.secretsmanager-retrieve-secrets", &["secrets_read", "secret_read_bursts"]),
    ("credential-access.ssm-retrieve-securestring-parameters", &["parameters_decrypted"]),
    ("defense-evasion.cloudtrail-delete", &["trail_changes", "detection_switched_off"]),
    ("defense-evasion.cloudtrail-event-selectors", &["event_selectors_narrowed", "trail_changes"]),
    ("defense-evasion.cloudtrail-stop", &["trail_changes", "detection_switched_off"]),
    ("defense-evasion.dns-delete-logs", &["dns_query_logs_removed"]),
    ("defense-evasion.organizations-leave", &["account_membership_changes"]),
    ("defense-evasion.vpc-remove-flow-logs", &["flow_logs_deleted", "flow_log_changes"]),
    ("discovery.ec2-download-user-data", &["instance_user_data_read"]),
    ("execution.ec2-launch-unusual-instances", &["instances_launched"]),
    ("execution.ec2-user-data", &["instance_user_data_changed"]),
    ("execution.ssm-send-command", &["commands_on_instances"]),
    ("execution.ssm-start-session", &["commands_on_instances"]),
    ("exfiltration.ec2-security-group-open-port-22-ingress", &["rules_open_to_world", "admin_ports_opened"]),
    ("exfiltration.ec2-share-ami", &["images_shared"]),
    ("exfiltration.ec2-share-ebs-snapshot", &["snapshots_shared"]),
    ("exfiltration.rds-share-snapshot", &["database_snapshots_shared"]),
    ("impact.bedrock-invoke-model", &["models_invoked", "model_access_changes"]),
    ("initial-access.console-login-without-mfa", &["console_sign_ins_without_mfa"]),
    ("lateral-movement.ec2-instance-connect", &["instance_connect_sessions"]),
    ("lateral-movement.ec2-serial-console-send-ssh-public-key", &["serial_console_use"]),
    ("persistence.iam-backdoor-role", &["trust_policy_changes", "roles_trusting_outsiders"]),
    ("persistence.iam-backdoor-user", &["access_keys_created", "access_keys_created_for_others"]),
    (
        "persistence.iam-create-admin-user",
        &["users_created", "admin_policies_attached", "identity_persistence_chains"],
    ),
    ("persistence.iam-create-backdoor-role", &["roles_trusting_outsiders", "admin_policies_attached"]),
    ("persistence.iam-create-user-login-profile", &["console_access_changes"]),
    ("persistence.lambda-backdoor-function", &["functions_opened"]),
    ("persistence.lambda-layer-extension", &["function_changes"]),
    ("persistence.lambda-overwrite-code", &["function_changes"]),
    ("persistence.rolesanywhere-create-trust-anchor", &["roles_anywhere_changes"]),
    ("persistence.sts-federation-token", &["federation_tokens"]),
    ("privilege-escalation.iam-update-user-login-profile", &["console_access_changes"]),
];

/// What was done on the day of the recorded deliveries, a report that must list it, and which of its rows that is.
const INVICTUS: &[(&str, &str, &str, i64)] = &[
    ("keys were made for users", "access_keys_created", "outcome = 'success'", 2),
    ("trails were deleted", "trail_changes", "event_name = 'DeleteTrail' AND outcome = 'success'", 2),
    // The lab's own clean-up came first: the trail was gone.
    ("trails were to be stopped", "trail_changes", "event_name = 'StopLogging' AND outcome = 'error'", 3),
    ("a trail was blinded", "event_selectors_narrowed", "outcome = 'success'", 1),
    ("flow logs were deleted", "flow_log_changes", "event_name = 'DeleteFlowLogs'", 1),
    ("a group was opened to the world", "rules_open_to_world", "outcome = 'success'", 2),
    ("a port of administrators was opened", "admin_ports_opened", "outcome = 'success'", 1),
    ("a disk's snapshot was shared", "snapshots_shared", "change = 'shared'", 1),
    ("a database's snapshot was shared", "database_snapshots_shared", "shared_with IS NOT NULL", 1),
    ("an image was shared", "images_shared", "change = 'shared'", 1),
    ("calls were denied in bursts", "denied_bursts", "true", 3),
    ("a role was opened to another account", "roles_trusting_outsiders", "true", 1),
    ("somebody signed in without a second factor", "console_sign_ins_without_mfa", "outcome = 'success'", 1),
    ("administrator rights were granted", "admin_policies_attached", "outcome = 'success'", 2),
    // Nobody used a root user that day; only policies name one.
    ("no root user signed in", "root_console_sign_ins", "true", 0),
    ("no root user did anything", "root_activity", "true", 0),
];

/// What a detection engine's authors made as attacks, and the reports that list it.
const SENTRY_ATTACKS: &[(&str, &[&str])] = &[
    ("aws_config_disabled", &["config_recording_changes", "detection_switched_off"]),
    ("cloudtrail_logging_disabled", &["trail_changes"]),
    ("console_login_brute_force", &["failed_sign_ins"]),
    ("console_login_without_mfa", &["console_sign_ins_without_mfa"]),
    ("guardduty_disabled", &["guardduty_changes", "detection_switched_off"]),
    ("iam_access_key_created", &["access_keys_created"]),
    ("iam_admin_policy_attached", &["admin_policies_attached"]),
    ("iam_role_trust_policy_modified", &["trust_policy_changes", "roles_trusting_outsiders"]),
    ("iam_user_created", &["users_created"]),
    ("kms_key_disabled_or_scheduled_deletion", &["kms_keys_disabled_or_deleted"]),
    ("root_account_used", &["root_console_sign_ins", "root_activity"]),
    ("s3_bucket_exposed_public", &["buckets_made_public"]),
    ("security_group_open_to_internet", &["rules_open_to_world", "admin_ports_opened"]),
    ("unauthorized_api_calls", &["denied_calls"]),
];

/// What they made to look like an attack without being one, and the reports in which it would be a false alarm.
const SENTRY_NEGATIVES: &[(&str, &[&str])] = &[
    // The identity provider asked for the second factor.
    (
        "console_login_saml_no_mfa",
        &["console_sign_ins_without_mfa", "sign_ins_outside_identity_provider", "root_console_sign_ins"],
    ),
    ("console_login_with_mfa", &["console_sign_ins_without_mfa", "failed_sign_ins", "root_console_sign_ins"]),
    (
        "readonly_describe",
        &[
            "access_keys_created",
            "recent_security_group_changes",
            "bucket_policies_changed",
            "iam_changes",
            "denied_calls",
        ],
    ),
    // Only one network may read.
    ("s3_policy_public_with_condition", &["buckets_made_public", "buckets_shared_with_other_accounts"]),
    // The block was switched on.
    ("s3_public_access_block_enabled", &["public_access_blocks_removed", "buckets_made_public"]),
    // The service keeps the detector switched on.
    ("service_linked_role", &["detection_switched_off", "root_activity", "privilege_escalation_calls"]),
    // The call was refused: see below, it is listed, but never as something that happened.
    ("sg_open_but_failed", &["groups_opened_then_closed"]),
];

/// The JSON files of a folder, by their names.
fn recordings(folder: &Path) -> Vec<(String, PathBuf)> {
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let named = paths.filter_map(|path| {
        let name = path.file_name()?.to_str()?.strip_suffix(".json")?.to_owned();
        Some((name.trim_start_matches("aws.").to_owned(), path))
    });
    let mut all: Vec<_> = named.collect();
    all.sort();
    all
}

async fn session_of(recording: &Path, reports: &Arc<Registry>) -> Session {
    Session::with_reports(lake_of(recording).await, 1 << 28, Arc::clone(reports)).unwrap()
}

/// How many rows of a report meet a condition.
async fn count(session: &Session, report: &str, condition: &str) -> i64 {
    let query = format!("SELECT count(*) FROM reports.{report} WHERE {condition}");
    let statement = Session::parse(&query).unwrap().remove(0);
    let rows = session.run(statement).await.unwrap_or_else(|error| panic!("{query}: {error}"));
    let batches: Vec<_> = rows.try_collect().await.unwrap_or_else(|error| panic!("{query}: {error}"));
    batches[0].column(0).as_primitive::<Int64Type>().value(0)
}

/// How many rows the reports of a table have over the recording each line names; a few recordings side by side.
async fn counts(folder: &Path, table: &[(&str, &[&'static str])]) -> Vec<(String, &'static str, i64)> {
    let there = recordings(folder);
    let names: BTreeSet<_> = there.iter().map(|(name, _)| name.as_str()).collect();
    let listed: BTreeSet<_> = table.iter().map(|(name, _)| *name).collect();
    assert_eq!(listed, names, "the table names every file of {}", folder.display());
    let registry = registry().await;
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let asked = there.into_iter().map(|(name, path)| {
        let reports = table.iter().find(|(listed, _)| *listed == name).map(|(_, reports)| *reports).unwrap();
        assert!(!reports.is_empty(), "no report is about {name}");
        let (reports, registry) = (reports.to_vec(), Arc::clone(&registry));
        // A task of its own, so that the cores share the work.
        tokio::spawn(async move {
            let session = session_of(&path, &registry).await;
            let mut counted = Vec::new();
            for report in reports {
                counted.push((name.clone(), report, count(&session, report, "true").await));
            }
            counted
        })
    });
    let all: Vec<_> = futures::stream::iter(asked).buffered(cores).map(Result::unwrap).collect().await;
    all.into_iter().flatten().collect()
}

fn missed(counts: Vec<(String, &str, i64)>) -> String {
    let missed = counts.into_iter().filter(|(_, _, rows)| *rows == 0);
    missed.fold(String::new(), |text, (name, report, _)| text + &format!("{report} does not find {name}\n"))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_recorded_technique_is_found_by_the_reports_about_it() {
    let Some(data) = data() else { return };
    let folder = data.join("DataDog__stratus-red-team/docs/detonation-logs");
    assert_eq!(STRATUS.len(), 35);
    let missed = missed(counts(&folder, STRATUS).await);
    assert!(missed.is_empty(), "{missed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_of_attacks_is_found_act_by_act() {
    let Some(data) = data() else { return };
    let session = session_of(&data.join("invictus-ir__aws_dataset/CloudTrail"), &registry().await).await;
    let asked = INVICTUS.iter().map(|(what, report, condition, rows)| {
        let session = session.clone();
        tokio::spawn(async move { (what, report, count(&session, report, condition).await, rows) })
    });
    let mut wrong = String::new();
    for asked in asked.collect::<Vec<_>>() {
        let (what, report, found, rows) = asked.await.unwrap();
        if found != *rows {
            writeln!(wrong, "{what}: {report} has {found} rows of it, not {rows}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[tokio::test(flavor = "multi_thread")]
async fn made_attacks_are_found_and_what_only_looks_like_one_is_no_alarm() {
    let Some(data) = data() else { return };
    let fixtures = data.join("yashlad1__cloudtrail-sentry/tests/fixtures");
    let mut wrong = missed(counts(&fixtures.join("events"), SENTRY_ATTACKS).await);
    for (name, report, rows) in counts(&fixtures.join("negatives"), SENTRY_NEGATIVES).await {
        if rows > 0 {
            writeln!(wrong, "{report} raises a false alarm on {name}").unwrap();
        }
    }
    // A report that left attempts out would be blind; one that did not tell them from deeds would cry wolf.
    let refused = session_of(&fixtures.join("negatives/sg_open_but_failed.json"), &registry().await).await;
    for report in ["rules_open_to_world", "admin_ports_opened", "recent_security_group_changes"] {
        let found =
            [count(&refused, report, "true").await, count(&refused, report, "outcome = 'denied'").await];
        if found != [1, 1] {
            writeln!(wrong, "{report} does not list the refused call as one that was denied: {found:?}")
                .unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
