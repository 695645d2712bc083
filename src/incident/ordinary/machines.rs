//! Servers and functions at work.

use crate::incident::calls::access;
use crate::incident::calls::compute;
use crate::incident::calls::storage;
use crate::incident::calls::watch;
use crate::incident::company::DEV_MACHINES;
use crate::incident::company::DEV_SCHEDULER;
use crate::incident::company::FRANKFURT;
use crate::incident::company::Instance;
use crate::incident::company::LABEL_PRINTER;
use crate::incident::company::PRODUCTION;
use crate::incident::identity;
use crate::incident::identity::Actor;
use crate::incident::journal::Journal;
use crate::incident::moment::Moment;
use serde_json::json;

/// Where labels and parcel data are kept.
const BUCKET: &str = "kestrel-parcels-labels";

/// Which way the scheduler turns the developers' machines.
#[derive(Clone, Copy)]
pub(super) enum Switch {
    /// In the morning.
    On,
    /// In the evening.
    Off,
}

/// A quarter of an hour of one server of production.
pub(super) fn parcel_server(journal: &mut Journal, quarter: Moment, machine: &Instance) {
    let (actor, region) = (credentials(journal, quarter, machine), machine.region);
    beat(journal, quarter, machine, &actor);

    if journal.random.below(3) == 0 {
        let time = later(journal, quarter);
        let secret = "parcels/database";
        journal.write(time, region, &actor, storage::get_secret(PRODUCTION, region, secret));
        let context = json!({ "SecretARN": storage::secret_arn(PRODUCTION, region, secret) });
        let decrypt = storage::decrypt(PRODUCTION, region, context);
        journal.write(time, region, &actor.through("secretsmanager.amazonaws.com"), decrypt);
    }
    for _ in 0..1 + journal.random.below(3) {
        let time = later(journal, quarter);
        let parcel = format!("labels/{}/{}.pdf", time.folder(), journal.random.capitals(10));
        let read = storage::get_object(PRODUCTION, region, BUCKET, &parcel, &mut journal.random);
        // Now and then somebody asks for a label that was never printed.
        let read = if journal.random.below(12) == 0 {
            read.failed("NoSuchKey", "The specified key does not exist.")
        } else {
            read
        };
        journal.write(time, region, &actor, read);
    }
    let time = later(journal, quarter);
    let parcel = format!("events/{}/{}.json", time.folder(), journal.random.capitals(10));
    write_object(journal, time, region, &actor, &parcel);
}

/// A quarter of an hour of one of the developers' machines.
pub(super) fn dev_server(journal: &mut Journal, quarter: Moment, machine: &Instance) {
    let actor = credentials(journal, quarter, machine);
    beat(journal, quarter, machine, &actor);
    let time = later(journal, quarter);
    journal.write(time, machine.region, &actor, compute::get_parameter("/parcels/dev/feature-flags"));
}

/// A function prints the labels of new parcels.
pub(super) fn label_printer(journal: &mut Journal, quarter: Moment) {
    let (function, role) = ("label-printer", &LABEL_PRINTER);
    let key = journal.random.session_key();
    let began = quarter.plus(journal.random.below(60));
    let lambda = identity::service(PRODUCTION, "lambda.amazonaws.com");
    let taken = access::assume_role_as_service(role, function, &key, began, &mut journal.random);
    journal.write(began, FRANKFURT, &lambda, taken);

    let actor = identity::function(role, function, FRANKFURT, &key, began);
    let stream = format!("{}/[$LATEST]{}", began.folder(), journal.random.hex(32));
    journal.write(began.plus(1), FRANKFURT, &actor, watch::create_log_stream(function, &stream));
    let bucket = identity::service(PRODUCTION, "s3.amazonaws.com");
    for _ in 0..3 + journal.random.below(3) {
        let time = later(journal, quarter);
        journal.write(time, FRANKFURT, &bucket, compute::invoke(PRODUCTION, FRANKFURT, function));
        let label = format!("labels/{}/{}.pdf", time.folder(), journal.random.capitals(10));
        write_object(journal, time.plus(1), FRANKFURT, &actor, &label);
    }
}

/// The scheduler wakes the developers' machines in the morning and puts them to sleep in the evening.
pub(super) fn dev_scheduler(journal: &mut Journal, quarter: Moment, switch: Switch) {
    let (function, role) = ("dev-scheduler", &DEV_SCHEDULER);
    let key = journal.random.session_key();
    let lambda = identity::service(role.account, "lambda.amazonaws.com");
    let taken = access::assume_role_as_service(role, function, &key, quarter, &mut journal.random);
    journal.write(quarter.plus(1), FRANKFURT, &lambda, taken);

    let actor = identity::function(role, function, FRANKFURT, &key, quarter);
    journal.write(quarter.plus(4), FRANKFURT, &actor, compute::describe_instances());
    let ids: Vec<&str> = DEV_MACHINES.iter().map(|machine| machine.id).collect();
    let call = match switch {
        Switch::On => compute::change_state("StartInstances", &ids, compute::STOPPED, compute::PENDING),
        Switch::Off => compute::change_state("StopInstances", &ids, compute::RUNNING, compute::STOPPING),
    };
    journal.write(quarter.plus(5), FRANKFURT, &actor, call);
}

/// EC2 hands a machine the credentials of its role.
fn credentials(journal: &mut Journal, quarter: Moment, machine: &Instance) -> Actor {
    let key = journal.random.session_key();
    let time = quarter.plus(journal.random.below(60));
    let ec2 = identity::service(machine.role.account, "ec2.amazonaws.com");
    let taken = access::assume_role_as_service(&machine.role, machine.id, &key, time, &mut journal.random);
    journal.write(time, machine.region, &ec2, taken);
    identity::machine(machine, &key, time)
}

/// The machine's agent says that it is well.
fn beat(journal: &mut Journal, quarter: Moment, machine: &Instance, actor: &Actor) {
    let (time, agent) = (later(journal, quarter), actor.clone().using(identity::AGENT));
    journal.write(time, machine.region, &agent, compute::heartbeat(machine));
}

/// Writes an encrypted object: the write itself, and S3 asking for the key.
fn write_object(journal: &mut Journal, time: Moment, region: &'static str, actor: &Actor, key: &str) {
    let put = storage::put_object(PRODUCTION, region, BUCKET, key, &mut journal.random);
    journal.write(time, region, actor, put);
    let context = json!({ "aws:s3:arn": format!("arn:aws:s3:::{BUCKET}/{key}") });
    let data_key = storage::generate_data_key(PRODUCTION, region, context);
    journal.write(time, region, &actor.through("s3.amazonaws.com"), data_key);
}

/// A moment of the quarter after its first two minutes.
fn later(journal: &mut Journal, quarter: Moment) -> Moment {
    quarter.plus(120 + journal.random.below(770))
}
