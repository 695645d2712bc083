//! What the names of folders and objects tell: whose they are, which region's, and of which time.
//!
//! ```text
//! [prefix/]AWSLogs/[o-org/]<account>/CloudTrail[-Insight|-NetworkActivity|-Digest]/<region>/YYYY/MM/DD/
//!          <account>_CloudTrail_<region>_YYYYMMDDTHHmmZ_<id>.json.gz
//! [prefix/]<account>/<region>/<bucket>/YYYY/MM/DD/<prefix>YYYY-mm-DD-HH-MM-SS-<id>     S3 access log, partitioned
//! [prefix]YYYY-mm-DD-HH-MM-SS-<id>                                                     S3 access log, flat
//! ```

use chrono::DateTime;
use chrono::Duration;
use chrono::NaiveDate;
use chrono::NaiveDateTime;
use chrono::NaiveTime;
use chrono::Utc;

/// What one folder of a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Something above any known folder, or beside them.
    Other,
    /// `AWSLogs` or an organisation in it.
    Logs,
    /// An account's number.
    Account,
    /// `CloudTrail`, `CloudTrail-Digest` ...
    Trail,
    /// A region's name.
    Region,
    /// The bucket that an S3 access log tells of.
    Bucket,
    /// `2026`
    Year(i32),
    /// `2026/09`
    Month(i32, u32),
    /// `2026/09/17`: everything below is of that day.
    Day(NaiveDate),
}

impl Part {
    /// What a folder of that name is within a folder of this kind.
    pub(super) fn child(self, name: &str) -> Self {
        let number = |digits: usize| {
            (name.len() == digits).then(|| name.parse::<u32>().ok()).flatten().filter(|_| is_number(name))
        };
        match self {
            Self::Day(day) => return Self::Day(day),
            Self::Year(year) => {
                let month = number(2).filter(|month| (1..=12).contains(month));
                return month.map_or(Self::Other, |month| Self::Month(year, month));
            }
            Self::Month(year, month) => {
                let day = number(2).and_then(|day| NaiveDate::from_ymd_opt(year, month, day));
                return day.map_or(Self::Other, Self::Day);
            }
            _ => {}
        }
        // Elsewhere a number may mean anything, such as a case, and must hide nothing from `--since`.
        if let (Self::Region | Self::Bucket, Some(year @ 1970..)) = (self, number(4)) {
            return Self::Year(year.cast_signed());
        }
        match self {
            _ if name == "AWSLogs" || is_organisation(name) => Self::Logs,
            _ if is_account(name) => Self::Account,
            Self::Account if name.starts_with("CloudTrail") => Self::Trail,
            Self::Account | Self::Trail if is_region(name) => Self::Region,
            Self::Region => Self::Bucket,
            _ => Self::Other,
        }
    }

    /// Tells whether its folders are few and of a known kind, so that they are looked at one by one.
    pub(super) fn is_known(self) -> bool {
        !matches!(self, Self::Other)
    }

    /// The days that lie in it, first and last.
    pub(super) fn days(self) -> Option<(NaiveDate, NaiveDate)> {
        match self {
            Self::Year(year) => {
                Some((NaiveDate::from_ymd_opt(year, 1, 1)?, NaiveDate::from_ymd_opt(year, 12, 31)?))
            }
            Self::Month(year, month) => {
                let first = NaiveDate::from_ymd_opt(year, month, 1)?;
                Some((first, first.checked_add_months(chrono::Months::new(1))?.pred_opt()?))
            }
            Self::Day(day) => Some((day, day)),
            _ => None,
        }
    }
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_account(name: &str) -> bool {
    name.len() == 12 && is_number(name)
}

fn is_organisation(name: &str) -> bool {
    let id = name.strip_prefix("o-").unwrap_or_default();
    (10..=32).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

/// `eu-central-1`, `us-gov-west-1`, `cn-north-1`.
fn is_region(name: &str) -> bool {
    let mut words = name.rsplit('-');
    let number = words.next().is_some_and(|word| word.len() == 1 && is_number(word));
    let mut count = 0;
    let letters = words.all(|word| {
        count += 1;
        word.len() >= 2 && word.bytes().all(|byte| byte.is_ascii_lowercase())
    });
    number && letters && (2..=3).contains(&count)
}

/// What the path of an object tells of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Told<'a> {
    pub(super) account: Option<&'a str>,
    pub(super) region: Option<&'a str>,
    /// The times between which it was delivered.
    pub(super) delivered: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// How much later than its events it may have been delivered.
    pub(super) lateness: Duration,
}

/// CloudTrail delivers within a quarter of an hour as a rule.
pub(super) const CLOUDTRAIL_LATENESS: Duration = Duration::hours(2);
/// S3 delivers within a few hours as a rule.
const ACCESS_LATENESS: Duration = Duration::hours(24);

impl<'a> Told<'a> {
    /// Reads the path of an object.
    pub(super) fn of(path: &'a str) -> Self {
        let mut told = Self { lateness: CLOUDTRAIL_LATENESS, ..Self::default() };
        let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
        let mut part = Part::Other;
        for folder in folders.split('/') {
            part = part.child(folder);
            match part {
                Part::Account => told.account = Some(folder),
                Part::Region => told.region = Some(folder),
                _ => {}
            }
        }
        let whole_day = |day: NaiveDate| {
            let start = day.and_time(NaiveTime::MIN).and_utc();
            (start, start + Duration::days(1))
        };
        told.delivered = match part {
            Part::Day(day) => Some(whole_day(day)),
            _ => None,
        };
        let mut words = name.split('_');
        if let (Some(account), Some(kind), Some(region)) = (words.next(), words.next(), words.next())
            && is_account(account)
            && kind.starts_with("CloudTrail")
            && is_region(region)
        {
            told.account = Some(account);
            told.region = Some(region);
        }
        if let Some(stamp) = name.split('_').find_map(cloudtrail_stamp) {
            told.delivered = Some((stamp, stamp));
        } else if let Some(flat) = Flat::of(name) {
            told.delivered = flat.time().map(|time| (time, time)).or(told.delivered);
            told.lateness = ACCESS_LATENESS;
        }
        told
    }
}

/// `20260917T0010Z`, and `20260917T001000Z` of digests.
fn cloudtrail_stamp(word: &str) -> Option<DateTime<Utc>> {
    let word = word.split('.').next()?;
    let format = match word.len() {
        14 => "%Y%m%dT%H%MZ",
        16 => "%Y%m%dT%H%M%SZ",
        _ => return None,
    };
    NaiveDateTime::parse_from_str(word, format).ok().map(|time| time.and_utc())
}

/// The name of a delivery of an S3 access log: `<head>2026-09-17-08-14-05-<id>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Flat<'a> {
    /// What stands before the time; names with one head are in the order of time.
    pub(super) head: &'a str,
    /// `2026-09-17-08-14-05`
    pub(super) stamp: &'a str,
}

impl<'a> Flat<'a> {
    const STAMP: &'static str = "dddd-dd-dd-dd-dd-dd";

    /// Reads an object's name without its folders.
    pub(super) fn of(name: &'a str) -> Option<Self> {
        // The id behind the time has sixteen letters and digits; other tools may have added an ending.
        let fits = |at: usize| {
            let stamp = name.get(at..at + Self::STAMP.len())?;
            let same = stamp.bytes().zip(Self::STAMP.bytes()).all(|(byte, form)| match form {
                b'd' => byte.is_ascii_digit(),
                other => byte == other,
            });
            let rest = name.get(at + Self::STAMP.len()..)?.strip_prefix('-')?;
            let id = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
            (same && id >= 8).then_some(Self { head: name.get(..at)?, stamp })
        };
        let last = name.len().checked_sub(Self::STAMP.len() + 1)?;
        (0..=last).rev().filter(|at| name.is_char_boundary(*at)).find_map(fits)
    }

    /// The time of the delivery; none if the digits are no time.
    pub(super) fn time(&self) -> Option<DateTime<Utc>> {
        NaiveDateTime::parse_from_str(self.stamp, "%Y-%m-%d-%H-%M-%S").ok().map(|time| time.and_utc())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(path: &str) -> String {
        let mut part = Part::Other;
        let parts = path.split('/').map(|name| {
            part = part.child(name);
            format!("{part:?}")
        });
        parts.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn folders_are_told_apart() {
        let paths = [
            "AWSLogs/111122223333/CloudTrail/eu-central-1/2026/09/17",
            "logs/AWSLogs/o-abc1234567/111122223333/CloudTrail-Insight/us-gov-west-1/2026/13/17",
            "access/111122223333/cn-north-1/my-bucket/2026/02/30",
            "111122223333/eu-west-1/2026/2026/02/28/below",
            "some/2026/folder",
            "eu-central-1/12/o-short",
        ];
        insta::assert_snapshot!(paths.map(parts).join("\n"), @r"
        Logs Account Trail Region Year(2026) Month(2026, 9) Day(2026-09-17)
        Other Logs Logs Account Trail Region Year(2026) Other Other
        Other Account Region Bucket Year(2026) Month(2026, 2) Other
        Account Region Year(2026) Other Other Other Other
        Other Other Other
        Other Other Other
        ");
    }

    #[test]
    fn paths_tell_account_region_and_time() {
        let paths = [
            "AWSLogs/111122223333/CloudTrail/eu-central-1/2026/09/17/111122223333_CloudTrail_eu-central-1_20260917T0010Z_Xq3vPzr81kLmN0aB.json.gz",
            "copied/444455556666_CloudTrail_us-east-1_20260918T2355Z_abc.json",
            "AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2026/09/17/111122223333_CloudTrail-Digest_us-east-1_trail_us-east-1_20260917T081405Z.json.gz",
            "111122223333/eu-west-1/my-bucket/2026/09/17/2026-09-17-08-14-05-0123456789ABCDEF",
            "logs/site-2026-01-01-2026-09-17-08-14-05-0123456789ABCDEF",
            "logs/2026-99-17-08-14-05-0123456789ABCDEF",
            "any/thing.json",
        ];
        let told = paths.map(|path| {
            let told = Told::of(path);
            let time = told.delivered.map(|(from, to)| format!("{from} to {to}"));
            format!("{:?} {:?} {time:?} late by {}", told.account, told.region, told.lateness)
        });
        insta::assert_snapshot!(told.join("\n"), @r#"
        Some("111122223333") Some("eu-central-1") Some("2026-09-17 00:10:00 UTC to 2026-09-17 00:10:00 UTC") late by PT7200S
        Some("444455556666") Some("us-east-1") Some("2026-09-18 23:55:00 UTC to 2026-09-18 23:55:00 UTC") late by PT7200S
        Some("111122223333") Some("us-east-1") Some("2026-09-17 08:14:05 UTC to 2026-09-17 08:14:05 UTC") late by PT7200S
        Some("111122223333") Some("eu-west-1") Some("2026-09-17 08:14:05 UTC to 2026-09-17 08:14:05 UTC") late by PT86400S
        None None Some("2026-09-17 08:14:05 UTC to 2026-09-17 08:14:05 UTC") late by PT86400S
        None None None late by PT86400S
        None None None late by PT7200S
        "#);
    }
}
