//! Kestrel Parcels, a company that does not exist: its accounts, people, roles and machines.
//!
//! Addresses are from the ranges set aside for documentation, account ids from AWS's own examples.

use crate::incident::moment::Moment;
use crate::incident::moment::at;

/// The account the parcels run in.
pub const PRODUCTION: &str = "111122223333";
/// The account the developers try things in. It was the company's first, made by hand.
pub const DEVELOPMENT: &str = "444455556666";
/// The account of the security team; all trails deliver into its bucket.
pub const SECURITY: &str = "777788889999";

/// Where the company is at home.
pub(super) const FRANKFURT: &str = "eu-central-1";
pub(super) const IRELAND: &str = "eu-west-1";
/// Where global services (IAM, sign-in of the root user) record what happens.
pub(super) const VIRGINIA: &str = "us-east-1";
/// Where copies of the backups are kept.
pub(super) const OREGON: &str = "us-west-2";
/// Every region the company has opened.
pub(super) const REGIONS: [&str; 4] = [FRANKFURT, IRELAND, VIRGINIA, OREGON];

/// The office's way out to the internet.
pub(super) const OFFICE: &str = "198.51.100.24";
/// The runners of the build service.
pub(super) const BUILD_RUNNERS: [&str; 3] = ["192.0.2.31", "192.0.2.32", "192.0.2.33"];
/// The monitoring vendor.
pub(super) const MONITORING: &str = "192.0.2.140";
/// The way out of the company's own networks at AWS.
pub(super) const CLOUD: &str = "192.0.2.200";

/// The bucket of the trails, in the security account.
pub(super) const TRAIL_BUCKET: &str = "kestrel-parcels-trails";
/// The trail of every account.
pub(super) const TRAIL: &str = "kestrel-trail";

/// A member of staff, who comes in through IAM Identity Center.
#[derive(Clone, Copy, Default)]
pub(super) struct Person {
    /// The sign-in name, which becomes the name of each role session.
    pub(super) email: &'static str,
    /// The id in the identity store.
    pub(super) store_id: &'static str,
    /// Where they work from.
    pub(super) address: &'static str,
}

const fn person(email: &'static str, store_id: &'static str, address: &'static str) -> Person {
    Person { email, store_id, address }
}

/// The developers.
pub(super) const DEVELOPERS: [Person; 5] = [
    person("ada.moreno@kestrel-parcels.example", "c3a4b8f2-10e1-70aa-8a51-5d0e6b1f9c01", OFFICE),
    person("ben.okafor@kestrel-parcels.example", "c3a4b8f2-10e1-70aa-8a51-5d0e6b1f9c02", OFFICE),
    person("chen.li@kestrel-parcels.example", "c3a4b8f2-10e1-70aa-8a51-5d0e6b1f9c03", "198.51.100.87"),
    person("dora.lind@kestrel-parcels.example", "c3a4b8f2-10e1-70aa-8a51-5d0e6b1f9c04", OFFICE),
    person("emil.haas@kestrel-parcels.example", "c3a4b8f2-10e1-70aa-8a51-5d0e6b1f9c05", "198.51.100.161"),
];

/// The developer who has handed in his notice.
pub(super) const JONAS: Person =
    person("jonas.reed@kestrel-parcels.example", "c3a4b8f2-10e1-70aa-8a51-5d0e6b1f9c06", OFFICE);

/// The engineer on call.
pub(super) const FARAH: Person =
    person("farah.aziz@kestrel-parcels.example", "c3a4b8f2-10e1-70aa-8a51-5d0e6b1f9c07", "198.51.100.203");

/// A role and who may use it is not said here: that is what the log is for.
#[derive(Clone, Copy)]
pub(super) struct Role {
    pub(super) account: &'static str,
    /// The path in the role's ARN, with both slashes: `/` for most.
    pub(super) path: &'static str,
    pub(super) name: &'static str,
    /// The role's unique id, `AROA...`.
    pub(super) id: &'static str,
}

impl Role {
    /// The ARN of the role itself.
    pub(super) fn arn(&self) -> String {
        format!("arn:aws:iam::{}:role{}{}", self.account, self.path, self.name)
    }
}

const fn role(account: &'static str, name: &'static str, id: &'static str) -> Role {
    Role { account, path: "/", name, id }
}

/// The folder of the roles that IAM Identity Center makes.
const SSO: &str = "/aws-reserved/sso.amazonaws.com/eu-central-1/";

const fn sso_role(account: &'static str, name: &'static str, id: &'static str) -> Role {
    Role { account, path: SSO, name, id }
}

pub(super) const DEVELOPER: Role =
    sso_role(DEVELOPMENT, "AWSReservedSSO_DeveloperAccess_0f3a9c1b7d2e4865", "AROAWKESTRELDEVSSO2A7");
pub(super) const PRODUCTION_READER: Role =
    sso_role(PRODUCTION, "AWSReservedSSO_ReadOnlyAccess_5be1d07c9a3f2846", "AROAWKESTRELPRDSSO3B6");
pub(super) const PRODUCTION_ADMIN: Role =
    sso_role(PRODUCTION, "AWSReservedSSO_Administrator_91c7e2a4b05d6f38", "AROAWKESTRELPRDADM4C5");
pub(super) const DEVELOPMENT_ADMIN: Role =
    sso_role(DEVELOPMENT, "AWSReservedSSO_Administrator_2d84f6b1c37a9e05", "AROAWKESTRELDEVADM5D4");
pub(super) const RESPONDER: Role =
    sso_role(SECURITY, "AWSReservedSSO_SecurityResponder_7a60b3d9e1f4c258", "AROAWKESTRELSECSSO6E3");

/// Starts, stops and replaces the machines of production.
pub(super) const RELEASE_MANAGER: Role = role(PRODUCTION, "ReleaseManager", "AROAWKESTRELRELMGR7F2");
pub(super) const ORGANIZATION_ACCESS: Role =
    role(PRODUCTION, "OrganizationAccountAccessRole", "AROAWKESTRELORGACC2G3");
pub(super) const BUILD: Role = role(PRODUCTION, "BuildDeploy", "AROAWKESTRELBUILDP3H4");
pub(super) const TERRAFORM: Role = role(DEVELOPMENT, "TerraformApply", "AROAWKESTRELTERRAF4J5");
pub(super) const DEV_SCHEDULER: Role = role(DEVELOPMENT, "DevScheduler", "AROAWKESTRELSCHEDU5K6");
/// The monitoring vendor's, in an account of its own.
pub(super) const PROBER: Role = role("888877776666", "Prober", "AROAWVENDORPROBERA5V8");
pub(super) const UPTIME: Role = role(PRODUCTION, "UptimeMonitor", "AROAWKESTRELUPTIME6L7");
pub(super) const LABEL_PRINTER: Role = role(PRODUCTION, "LabelPrinterFunction", "AROAWKESTRELLABELS7M2");
pub(super) const PARCEL_SERVER: Role = role(PRODUCTION, "ParcelServer", "AROAWKESTRELSERVER2N3");
pub(super) const DEV_SERVER: Role = role(DEVELOPMENT, "DevServer", "AROAWKESTRELDEVSRV3P4");
pub(super) const AUDITOR: Role = role(SECURITY, "PostureScanner", "AROAWKESTRELPOSTUR4Q5");
/// The scanner's foothold in each account that it looks at.
pub(super) const AUDITED: [Role; 2] = [
    role(PRODUCTION, "PostureReader", "AROAWKESTRELREADPR5R6"),
    role(DEVELOPMENT, "PostureReader", "AROAWKESTRELREADDE6S7"),
];
/// What Config judges production's resources with.
pub(super) const JUDGE: Role = Role {
    account: PRODUCTION,
    path: "/aws-service-role/config.amazonaws.com/",
    name: "AWSServiceRoleForConfig",
    id: "AROAWKESTRELCONFIG2U3",
};
pub(super) const BACKUP: Role = Role {
    account: PRODUCTION,
    path: "/service-role/",
    name: "AWSBackupDefaultServiceRole",
    id: "AROAWKESTRELBACKUP7T2",
};

/// A machine of EC2 and the time it lives in this story.
#[derive(Clone, Copy)]
pub(super) struct Instance {
    pub(super) id: &'static str,
    pub(super) region: &'static str,
    pub(super) role: Role,
    pub(super) private_ip: &'static str,
    pub(super) volume: &'static str,
    pub(super) since: Moment,
    pub(super) until: Moment,
}

/// The first moment of the bucket; what is older than the story began before it.
pub(super) const OPENING: Moment = at(14, 0, 0, 0);
/// The end of the bucket.
pub(super) const CLOSING: Moment = at(18, 18, 0, 0);
/// When the machines of production went, by the first call that stopped one.
pub(super) const LOSS: Moment = at(17, 1, 52, 0);
/// When their replacements ran.
pub(super) const REBUILT: Moment = at(17, 8, 0, 0);

const fn server(
    id: &'static str,
    region: &'static str,
    private_ip: &'static str,
    volume: &'static str,
) -> Instance {
    Instance { id, region, role: PARCEL_SERVER, private_ip, volume, since: OPENING, until: LOSS }
}

const fn replacement(
    id: &'static str,
    region: &'static str,
    private_ip: &'static str,
    volume: &'static str,
) -> Instance {
    Instance { id, region, role: PARCEL_SERVER, private_ip, volume, since: REBUILT, until: CLOSING }
}

const fn sleeper(id: &'static str, private_ip: &'static str, volume: &'static str) -> Instance {
    Instance { id, region: FRANKFURT, role: DEV_SERVER, private_ip, volume, since: OPENING, until: CLOSING }
}

/// Every machine of production that ran when the attack began. The fourth holds the database.
pub(super) const FLEET: [Instance; 8] = [
    server("i-0a4c1e8f27b3d9501", FRANKFURT, "10.20.1.11", "vol-0b91f3c7d52e8a401"),
    server("i-0a4c1e8f27b3d9502", FRANKFURT, "10.20.1.12", "vol-0b91f3c7d52e8a402"),
    server("i-0d72b6a95c01e4f83", FRANKFURT, "10.20.2.21", "vol-0b91f3c7d52e8a403"),
    server("i-0f6e93b1d84c2a7d0", FRANKFURT, "10.20.3.31", "vol-0b91f3c7d52e8a4db"),
    server("i-03b8d5f10e7a4c926", IRELAND, "10.30.1.11", "vol-05ac27e9b41d6f801"),
    server("i-03b8d5f10e7a4c927", IRELAND, "10.30.1.12", "vol-05ac27e9b41d6f802"),
    server("i-07e1c4a8f95b2d36a", VIRGINIA, "10.40.1.11", "vol-0e38d1b6c70f5a901"),
    server("i-07e1c4a8f95b2d36b", VIRGINIA, "10.40.1.12", "vol-0e38d1b6c70f5a902"),
];

/// What the company put in their place the next morning.
pub(super) const REPLACEMENTS: [Instance; 8] = [
    replacement("i-0c95e7d3a16f4b281", FRANKFURT, "10.20.1.51", "vol-0c12a8d4e97b3f501"),
    replacement("i-0c95e7d3a16f4b282", FRANKFURT, "10.20.1.52", "vol-0c12a8d4e97b3f502"),
    replacement("i-0c95e7d3a16f4b283", FRANKFURT, "10.20.2.53", "vol-0c12a8d4e97b3f503"),
    replacement("i-0c95e7d3a16f4b284", FRANKFURT, "10.20.3.54", "vol-0c12a8d4e97b3f5db"),
    replacement("i-02f4b9a6d8c13e705", IRELAND, "10.30.1.51", "vol-06d3f7b2a85e1c401"),
    replacement("i-02f4b9a6d8c13e706", IRELAND, "10.30.1.52", "vol-06d3f7b2a85e1c402"),
    replacement("i-0b6d1f8c4e29a5377", VIRGINIA, "10.40.1.51", "vol-0f94c2e7d31b6a801"),
    replacement("i-0b6d1f8c4e29a5378", VIRGINIA, "10.40.1.52", "vol-0f94c2e7d31b6a802"),
];

/// The developers' two machines, which sleep at night.
pub(super) const DEV_MACHINES: [Instance; 2] = [
    sleeper("i-0e50a7c2b9d61f384", "10.60.1.11", "vol-01c8e5f3b7a92d601"),
    sleeper("i-0e50a7c2b9d61f385", "10.60.1.12", "vol-01c8e5f3b7a92d602"),
];

/// The machines of production that run in this region at this moment.
pub(super) fn running(region: &str, when: Moment) -> impl Iterator<Item = &'static Instance> {
    FLEET
        .iter()
        .chain(&REPLACEMENTS)
        .filter(move |machine| machine.region == region && machine.since <= when && when < machine.until)
}
