//! What a record's holes are filled from: who, where, when, which call.

use super::callers::World;

/// One record in the making.
pub(super) struct Scene<'a> {
    /// Everybody there is.
    pub(super) world: &'a World,
    /// The place of the account in the world.
    pub(super) account: usize,
    /// The region, such as `us-east-1`.
    pub(super) region: &'a str,
    /// Seconds since 1970.
    pub(super) time: i64,
    /// The ARN of who acts.
    pub(super) arn: &'a str,
    /// The service that is called, such as `ec2.amazonaws.com`.
    pub(super) source: &'a str,
    /// The name of the call.
    pub(super) event: &'a str,
    /// The id of the request.
    pub(super) request: &'a str,
    /// Seed of what is the same wherever it stands in this record.
    pub(super) record: u64,
}

impl Scene<'_> {
    /// Gives the id of the account.
    pub(super) fn account_id(&self) -> &str {
        &self.world.accounts[self.account].id
    }

    /// Gives the service's short name, such as `ec2`.
    pub(super) fn service(&self) -> &str {
        self.source.split('.').next().unwrap_or_default()
    }
}
