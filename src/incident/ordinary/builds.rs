//! Programs that change the company's accounts: the build service and Terraform.

use crate::incident::calls::access;
use crate::incident::calls::compute;
use crate::incident::calls::storage;
use crate::incident::company::BUILD;
use crate::incident::company::BUILD_RUNNERS;
use crate::incident::company::DEVELOPMENT;
use crate::incident::company::FRANKFURT;
use crate::incident::company::PRODUCTION;
use crate::incident::company::RELEASE_MANAGER;
use crate::incident::company::TERRAFORM;
use crate::incident::company::VIRGINIA;
use crate::incident::company::running;
use crate::incident::identity;
use crate::incident::journal::Journal;
use crate::incident::moment::Moment;

/// The build service brings new code to production, and the release role marks the machines.
pub(super) fn deployment(journal: &mut Journal, quarter: Moment) {
    let random = &mut journal.random;
    let (address, key, build) =
        (random.pick(&BUILD_RUNNERS), random.session_key(), 1_200 + random.below(400));
    let session = format!("build-{build}");
    let time = quarter.plus(45);
    let subject = "repo:kestrel-parcels/parcels:ref:refs/heads/main";
    let taken = access::assume_role_with_web_identity(&BUILD, &session, subject, &key, time, random);
    journal.write(time, FRANKFURT, &identity::build_job(PRODUCTION, "parcels", address), taken);

    let actor = identity::role_session(&BUILD, &session, &key, time, address);
    journal.write(time.plus(2), FRANKFURT, &actor, access::get_caller_identity());
    for (step, function) in (1..).zip(["label-printer", "route-planner", "price-quoter"]) {
        let time = time.plus(step * 25);
        let key = format!("{function}/{session}.zip");
        let upload =
            storage::put_object(PRODUCTION, FRANKFURT, "kestrel-parcels-builds", &key, &mut journal.random);
        journal.write(time, FRANKFURT, &actor, upload);
        journal.write(time.plus(3), FRANKFURT, &actor, compute::get_function(function));
        let update = compute::update_function_code(PRODUCTION, FRANKFURT, function, &session, time);
        journal.write(time.plus(5), FRANKFURT, &actor, update);
    }
    let (time, key) = (time.plus(140), journal.random.session_key());
    let release = access::assume_role(&RELEASE_MANAGER, &session, &key, time, &mut journal.random);
    journal.write(time, FRANKFURT, &actor, release);
    let actor = identity::role_session(&RELEASE_MANAGER, &session, &key, time, address);
    journal.write(time.plus(3), FRANKFURT, &actor, compute::describe_instances());
    let ids: Vec<&str> = running(FRANKFURT, time).map(|machine| machine.id).collect();
    for (step, id) in (5..).zip(ids) {
        journal.write(time.plus(step), FRANKFURT, &actor, compute::create_tags(id, "build", &session));
    }
}

/// Terraform compares the development account with its plan: many questions, a few of them about things
/// that are not there, and one change.
pub(super) fn terraform(journal: &mut Journal, quarter: Moment) {
    let random = &mut journal.random;
    let (address, key, run) = (random.pick(&BUILD_RUNNERS), random.session_key(), 300 + random.below(90));
    let session = format!("terraform-{run}");
    let start = quarter.plus(60);
    let subject = "repo:kestrel-parcels/infrastructure:ref:refs/heads/main";
    let taken = access::assume_role_with_web_identity(&TERRAFORM, &session, subject, &key, start, random);
    let job = identity::build_job(DEVELOPMENT, "infrastructure", address);
    journal.write(start, FRANKFURT, &job, taken);

    let actor =
        identity::role_session(&TERRAFORM, &session, &key, start, address).using(identity::TERRAFORM_AGENT);
    journal.write(start.plus(1), FRANKFURT, &actor, access::get_caller_identity());
    let mut time = start.plus(4);
    for (name, aspect, error) in BUCKET_QUESTIONS {
        let bucket = "kestrel-parcels-dev";
        let call = storage::about_bucket(name, aspect, DEVELOPMENT, FRANKFURT, bucket, &mut journal.random);
        let call =
            if error.is_empty() { call } else { call.failed(error, "The configuration does not exist") };
        time = time.plus(1);
        journal.write(time, FRANKFURT, &actor, call);
    }
    for name in [
        "DescribeVpcs",
        "DescribeSubnets",
        "DescribeRouteTables",
        "DescribeSecurityGroups",
        "DescribeVolumes",
    ] {
        time = time.plus(1);
        journal.write(time, FRANKFURT, &actor, compute::describe(name));
    }
    for name in ["GetRole", "ListRolePolicies", "ListAttachedRolePolicies", "ListInstanceProfilesForRole"] {
        journal.write(time.plus(2), VIRGINIA, &actor, access::about_role(name, "DevServer"));
    }
    let rule = compute::open_port("sg-04e1c7d9b25a8f360", 443, "198.51.100.0/24", &mut journal.random);
    journal.write(time.plus(6), FRANKFURT, &actor, rule);
    let state = "development/terraform.tfstate";
    let save = storage::put_object(DEVELOPMENT, FRANKFURT, "kestrel-parcels-dev", state, &mut journal.random);
    journal.write(time.plus(8), FRANKFURT, &actor, save);
}

/// What Terraform asks of a bucket: the call, S3's word for it in the URL, the error where there is no answer.
const BUCKET_QUESTIONS: [(&str, &str, &str); 9] = [
    ("GetBucketAcl", "acl", ""),
    ("GetBucketPolicy", "policy", "NoSuchBucketPolicy"),
    ("GetBucketVersioning", "versioning", ""),
    ("GetBucketLogging", "logging", ""),
    ("GetBucketEncryption", "encryption", ""),
    ("GetBucketLifecycle", "lifecycle", "NoSuchLifecycleConfiguration"),
    ("GetBucketReplication", "replication", "ReplicationConfigurationNotFoundError"),
    ("GetBucketTagging", "tagging", ""),
    ("GetBucketWebsite", "website", "NoSuchWebsiteConfiguration"),
];
