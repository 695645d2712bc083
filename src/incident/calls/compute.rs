//! Machines and functions: EC2, Systems Manager, Lambda, load balancers.

use crate::incident::calls::Call;
use crate::incident::calls::items;
use crate::incident::calls::resource;
use crate::incident::company::Instance;
use crate::incident::moment::Moment;
use crate::incident::random::Random;
use serde_json::Value;
use serde_json::json;

/// A state of an instance, as EC2 numbers and names it.
#[derive(Clone, Copy)]
pub(crate) struct State(u32, &'static str);

pub(crate) const PENDING: State = State(0, "pending");
pub(crate) const RUNNING: State = State(16, "running");
pub(crate) const SHUTTING_DOWN: State = State(32, "shutting-down");
pub(crate) const STOPPING: State = State(64, "stopping");
pub(crate) const STOPPED: State = State(80, "stopped");

/// `StartInstances`, `StopInstances` or `TerminateInstances` of these instances, from one state to another.
pub(crate) fn change_state(name: &'static str, ids: &[&str], before: State, after: State) -> Call {
    let asked = items(ids.iter().map(|id| json!({ "instanceId": id })));
    let answer = items(ids.iter().map(|id| {
        json!({
            "instanceId": id,
            "currentState": { "code": after.0, "name": after.1 },
            "previousState": { "code": before.0, "name": before.1 },
        })
    }));
    Call::change("ec2", name, json!({ "instancesSet": asked })).answered(json!({ "instancesSet": answer }))
}

/// The same question about all instances of the region.
pub(crate) fn describe_instances() -> Call {
    Call::read("ec2", "DescribeInstances", json!({ "instancesSet": {}, "filterSet": {} }))
}

/// Looks at some instances by id.
pub(crate) fn describe_these(name: &'static str, ids: &[&str]) -> Call {
    let asked = items(ids.iter().map(|id| json!({ "instanceId": id })));
    Call::read("ec2", name, json!({ "instancesSet": asked, "filterSet": {} }))
}

/// One of the questions about networks, volumes and the like, asked without a filter.
pub(crate) fn describe(name: &'static str) -> Call {
    Call::read("ec2", name, json!({ "filterSet": {} }))
}

/// Takes away what guards an instance against termination.
pub(crate) fn lift_termination_protection(id: &str) -> Call {
    let request = json!({ "instanceId": id, "disableApiTermination": { "value": false } });
    Call::change("ec2", "ModifyInstanceAttribute", request).answered(json!({ "_return": true }))
}

/// Launches the replacement of a lost machine.
pub(crate) fn run_instance(instance: &Instance, when: Moment, random: &mut Random) -> Call {
    let Instance { id, private_ip, .. } = instance;
    let image = "ami-0e7c94a1b3d58f260";
    let profile = format!("arn:aws:iam::{}:instance-profile/ParcelServer", instance.role.account);
    let request = json!({
        "instancesSet": items([json!({ "imageId": image, "minCount": 1, "maxCount": 1 })]),
        "instanceType": "m7g.large",
        "blockDeviceMapping": {},
        "monitoring": { "enabled": false },
        "disableApiTermination": true,
        "iamInstanceProfile": { "arn": profile },
        "clientToken": random.uuid(),
    });
    let launched = json!({
        "instanceId": id,
        "imageId": image,
        "instanceType": "m7g.large",
        "instanceState": { "code": PENDING.0, "name": PENDING.1 },
        "launchTime": when.milliseconds(),
        "privateIpAddress": private_ip,
        "placement": { "availabilityZone": format!("{}a", instance.region), "tenancy": "default" },
        "iamInstanceProfile": { "arn": profile, "id": "AIPAWKESTRELPARCELS4B7" },
    });
    let account = instance.role.account;
    let reservation = format!("r-0{}", random.hex(16));
    let answer =
        json!({ "reservationId": reservation, "ownerId": account, "instancesSet": items([launched]) });
    Call::change("ec2", "RunInstances", request).answered(answer)
}

/// Tags something.
pub(crate) fn create_tags(id: &str, key: &str, value: &str) -> Call {
    let request = json!({
        "resourcesSet": items([json!({ "resourceId": id })]),
        "tagSet": items([json!({ "key": key, "value": value })]),
    });
    Call::change("ec2", "CreateTags", request).answered(json!({ "_return": true }))
}

/// A machine tells Systems Manager that it is well.
pub(crate) fn heartbeat(instance: &Instance) -> Call {
    let request = json!({
        "instanceId": instance.id,
        "agentVersion": "3.3.2958.0",
        "agentStatus": "Active",
        "platformType": "Linux",
        "platformName": "Amazon Linux",
        "platformVersion": "2023",
        "iPAddress": instance.private_ip,
        "agentName": "amazon-ssm-agent",
    });
    Call::change("ssm", "UpdateInstanceInformation", request)
}

/// Reads a parameter with its secret in the clear.
pub(crate) fn get_parameter(name: &str) -> Call {
    Call::read("ssm", "GetParameter", json!({ "name": name, "withDecryption": true }))
}

/// An event runs a function: a call on data, made by the service that brought the event.
pub(crate) fn invoke(account: &str, region: &str, function: &str) -> Call {
    let arn = format!("arn:aws:lambda:{region}:{account}:function:{function}");
    let request = json!({ "functionName": arn, "invocationType": "Event" });
    Call::change("lambda", "Invoke", request)
        .on_data()
        .with("resources", json!([resource(account, "AWS::Lambda::Function", &arn)]))
}

/// Puts new code into a function.
pub(crate) fn update_function_code(
    account: &str,
    region: &str,
    function: &str,
    build: &str,
    when: Moment,
) -> Call {
    let request = json!({
        "functionName": function,
        "s3Bucket": "kestrel-parcels-builds",
        "s3Key": format!("{function}/{build}.zip"),
        "publish": true,
        "dryRun": false,
    });
    let answer = json!({
        "functionName": function,
        "functionArn": format!("arn:aws:lambda:{region}:{account}:function:{function}"),
        "runtime": "provided.al2023",
        "state": "Active",
        "lastUpdateStatus": "InProgress",
        "lastModified": when.iso(),
    });
    Call::change("lambda", "UpdateFunctionCode20150331v2", request).answered(answer)
}

/// Looks at a function.
pub(crate) fn get_function(function: &str) -> Call {
    Call::read("lambda", "GetFunction20150331v2", json!({ "functionName": function }))
}

/// Asks a load balancer which machines behind it are well.
pub(crate) fn target_health(account: &str, region: &str, group: &str) -> Call {
    let arn = format!("arn:aws:elasticloadbalancing:{region}:{account}:targetgroup/{group}");
    Call::read("elasticloadbalancing", "DescribeTargetHealth", json!({ "targetGroupArn": arn }))
}

/// A snapshot of a volume, which EC2 answers before it is made.
pub(crate) fn create_snapshot(account: &str, volume: &str, when: Moment, random: &mut Random) -> Call {
    let tags = items([json!({ "key": "aws:backup:source-resource", "value": volume })]);
    let request = json!({
        "volumeId": volume,
        "description": "This snapshot is created by the AWS Backup service.",
        "tagSpecificationSet": items([json!({ "resourceType": "snapshot", "tags": tags["items"] })]),
    });
    let answer = json!({
        "snapshotId": format!("snap-0{}", random.hex(16)),
        "volumeId": volume,
        "status": "pending",
        "startTime": when.milliseconds(),
        "ownerId": account,
        "volumeSize": "120",
        "encrypted": true,
        "tagSet": tags,
    });
    Call::change("ec2", "CreateSnapshot", request).answered(answer)
}

/// Copies a snapshot from another region.
pub(crate) fn copy_snapshot(source_region: &str, snapshot: &str, random: &mut Random) -> Call {
    let request = json!({
        "sourceRegion": source_region,
        "sourceSnapshotId": snapshot,
        "encrypted": true,
        "description": "Nightly copy",
    });
    let copy = format!("snap-0{}", random.hex(16));
    Call::change("ec2", "CopySnapshot", request).answered(json!({ "snapshotId": copy }))
}

/// Deletes a snapshot.
pub(crate) fn delete_snapshot(snapshot: &str) -> Call {
    let call = Call::change("ec2", "DeleteSnapshot", json!({ "snapshotId": snapshot }));
    call.answered(json!({ "_return": true }))
}

/// Opens a port of a security group to one address range.
pub(crate) fn open_port(group: &str, port: u32, range: &str, random: &mut Random) -> Call {
    let permission = json!({
        "ipProtocol": "tcp",
        "fromPort": port,
        "toPort": port,
        "groups": {},
        "ipRanges": items([json!({ "cidrIp": range })]),
        "ipv6Ranges": {},
        "prefixListIds": {},
    });
    let rule = json!({
        "groupId": group,
        "securityGroupRuleId": format!("sgr-0{}", random.hex(16)),
        "isEgress": false,
        "ipProtocol": "tcp",
        "fromPort": port,
        "toPort": port,
        "cidrIpv4": range,
    });
    let answer: Value = json!({ "_return": true, "securityGroupRuleSet": items([rule]) });
    Call::change(
        "ec2",
        "AuthorizeSecurityGroupIngress",
        json!({ "groupId": group, "ipPermissions": items([permission]) }),
    )
    .answered(answer)
}
