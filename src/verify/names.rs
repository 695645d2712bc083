//! What the rows that a check reads say: the names of deliveries, and the files that digests name.

use arrow::array::RecordBatch;

use crate::error::Result;
use crate::logs::digest::file_name;
use crate::logs::digest::stamp_time;
use crate::logs::digest::tail;
use crate::verify::Range;
use crate::verify::chain::HOUR;
use crate::verify::rows::Texts;
use crate::verify::rows::Times;

/// What the name of a delivery tells.
#[derive(Default)]
pub(super) struct LogName<'a> {
    pub(super) account: Option<&'a str>,
    pub(super) region: Option<&'a str>,
    pub(super) stamp: Option<i64>,
}

impl<'a> LogName<'a> {
    /// Reads `<account>_CloudTrail_<region>_<time>_<id>.json.gz`.
    pub(super) fn of(path: &'a str) -> Self {
        let mut words = file_name(path).split('_');
        match (words.next(), words.next(), words.next(), words.next().and_then(stamp_time)) {
            (account, Some(kind), region, stamp @ Some(_)) if kind.starts_with("CloudTrail") => {
                Self { account, region, stamp }
            }
            _ => Self::default(),
        }
    }
}

/// A batch of `digest_files`.
pub(super) struct Named<'a> {
    pub(super) digest: Texts<'a>,
    pub(super) account: Texts<'a>,
    pub(super) region: Texts<'a>,
    pub(super) start: Times<'a>,
    pub(super) end: Times<'a>,
    pub(super) bucket: Texts<'a>,
    pub(super) object: Texts<'a>,
    pub(super) sha256: Texts<'a>,
}

impl<'a> Named<'a> {
    pub(super) fn of(batch: &'a RecordBatch) -> Result<Self> {
        Ok(Self {
            digest: Texts::of(batch, "digest")?,
            account: Texts::of(batch, "account_id")?,
            region: Texts::of(batch, "aws_region")?,
            start: Times::of(batch, "start_time")?,
            end: Times::of(batch, "end_time")?,
            bucket: Texts::of(batch, "s3_bucket")?,
            object: Texts::of(batch, "s3_object")?,
            sha256: Texts::of(batch, "sha256")?,
        })
    }

    pub(super) fn is_wanted(&self, row: usize, range: &Range) -> bool {
        range.wants_place(self.account.get(row), self.region.get(row))
            && range.wants_time(self.start.get(row), self.end.get(row))
    }

    /// Tells whether a digest is wanted, or so near that a file named by it may have the time of one that is.
    pub(super) fn is_near(&self, row: usize, range: &Range) -> bool {
        let (start, end) = (self.start.get(row), self.end.get(row));
        range.wants_place(self.account.get(row), self.region.get(row))
            && range.wants_time(start.map(|start| start - 2 * HOUR), end.map(|end| end + 2 * HOUR))
    }

    /// Where the file should be: beside its digest.
    pub(super) fn url(&self, row: usize) -> String {
        let (digest, object) =
            (self.digest.get(row).unwrap_or_default(), self.object.get(row).unwrap_or_default());
        let root = tail(digest).and_then(|tail| digest.strip_suffix(tail));
        match (root, tail(object)) {
            (Some(root), Some(tail)) => format!("{root}{tail}"),
            _ => format!("s3://{}/{object}", self.bucket.get(row).unwrap_or_default()),
        }
    }
}
