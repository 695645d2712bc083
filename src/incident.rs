//! The bundled incident: the CloudTrail bucket of a company that does not exist, made in memory.
//!
//! `trailql demo` ingests it, and tests may: a few thousand ordinary events of five working days in three
//! accounts and four regions, and among them the night in which a leaked root password cost the company
//! all its machines. [`deliveries`] gives the objects of the bucket, [`QUERIES`] the questions that solve
//! the case. Everything is made from a fixed seed: the same records on every machine and in every run.
//!
//! Read `story` first, top to bottom; `response` is what came after, `ordinary` what was there anyway.
//! `company` names the cast; `identity` and `calls` know what CloudTrail records of them.

mod bucket;
mod calls;
mod company;
mod identity;
mod journal;
mod moment;
mod ordinary;
mod queries;
mod random;
mod response;
mod story;
#[cfg(test)]
mod tests;

pub use company::DEVELOPMENT;
pub use company::PRODUCTION;
pub use company::SECURITY;
pub use queries::QUERIES;
pub use queries::Query;

use crate::incident::journal::Journal;

/// The account whose root password leaked: development, the company's first.
pub const LEAKED_ROOT_ACCOUNT: &str = DEVELOPMENT;
/// The one address all of the attack came from.
pub const ATTACKER_ADDRESS: &str = "203.0.113.77";
/// The forgotten IAM user to whom the leaked root user gave a key.
pub const KEY_OWNER: &str = "deploy-old";
/// The access key that the leaked root user created.
pub const ISSUED_KEY: &str = "AKIAKESTRELQ7EXAMPLE";
/// The temporary key of the role that was taken in production with [`ISSUED_KEY`].
pub const ISSUED_SESSION_KEY: &str = "ASIAKESTRELX3EXAMPLE";
/// The session name of the person behind it all.
pub const ROGUE_EMPLOYEE: &str = "jonas.reed@kestrel-parcels.example";
/// The machines of production that ran when the attack began. All of them were terminated.
pub const LOST_INSTANCES: [&str; 8] = {
    let mut ids = [""; 8];
    let mut next = 0;
    while next < ids.len() {
        ids[next] = company::FLEET[next].id;
        next += 1;
    }
    ids
};

/// One object of the bundled bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The object's key: `AWSLogs/<account>/CloudTrail/<region>/2026/09/17/<name>.json.gz`.
    pub path: String,
    /// Its content, JSON in gzip.
    pub bytes: Vec<u8>,
}

/// Makes every object of the bundled bucket, sorted by path: log files, and one CloudTrail digest.
pub fn deliveries() -> Vec<Delivery> {
    let mut journal = Journal::new(0x6b65_7374_7265_6c21);
    story::tell(&mut journal);
    response::tell(&mut journal);
    ordinary::tell(&mut journal);
    bucket::deliver(journal)
}
