//! `--at`: an earlier snapshot instead of the newest.

use clap::Args;

use crate::cli::parse;
use crate::error::Result;
use crate::lake::Lake;
use crate::lake::upkeep::At;
use crate::session::Session;

/// Which snapshot is read.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct AsOf {
    /// Read the lake as it was: at a time, or at a version of cloudtrail as `status` shows it (s3_access:17 for that of another log)
    #[arg(long, value_name = "VERSION|T", value_parser = parse::at)]
    at: Option<At>,
}

impl AsOf {
    /// The session, which sees the snapshot that was asked for and no other; the newest if none was.
    pub(super) async fn pin(&self, session: Session, lake: &Lake) -> Result<Session> {
        match &self.at {
            None => Ok(session),
            Some(at) => Ok(session.pinned(lake.at(at).await?)),
        }
    }
}
