//! What is wanted of an account, and the names that follow from it and from what is there.

use crate::error::Error;
use crate::error::Result;
use crate::setup::facts::Caller;
use crate::setup::facts::Organisation;
use crate::setup::facts::Trail;

/// The tag that tells what setup has made; its value is the name that was given to setup.
pub const TAG: &str = "trailql:setup";

/// The prefix below which S3 access logs are delivered; a folder for each bucket follows.
pub const ACCESS_LOGS: &str = "s3-access-logs/";

/// How new objects are announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Announce {
    /// The bucket tells an SNS topic, which feeds the queue; others can subscribe as well.
    Topic,
    /// The bucket tells the queue.
    Queue,
    /// A rule of EventBridge feeds the queue; it gets along with any notification of the bucket.
    Rule,
}

/// What the user asked for.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// What all that is made is called or begins with.
    pub name: String,
    /// The bucket for the logs; none: that of the trail there is, else a new one.
    pub bucket: Option<String>,
    /// Whether the trail logs the whole organisation.
    pub organisation: bool,
    /// Buckets whose access is logged.
    pub access_logs: Vec<String>,
    /// How a queue is fed; none: there is no queue.
    pub announce: Option<Announce>,
    /// The alias of the key that encrypts the logs, without `alias/`.
    pub key: Option<String>,
    /// After so many days logs are deleted; none: they are kept.
    pub retention: Option<i32>,
    /// The kinds of resources whose data events are logged, such as `AWS::S3::Object`.
    pub data_events: Vec<String>,
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            name: "trailql".to_owned(),
            bucket: None,
            organisation: false,
            access_logs: Vec::new(),
            announce: None,
            key: None,
            retention: None,
            data_events: Vec::new(),
        }
    }
}

impl Wanted {
    /// Checks what would only be refused half way.
    ///
    /// # Errors
    /// A name that AWS does not take.
    pub fn check(&self) -> Result<()> {
        let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let fits = (3..=32).contains(&self.name.len()) && plain(&self.name);
        if !fits || self.name.starts_with('-') || self.name.ends_with('-') {
            return Err(Error::user(format!("{:?} is no name for what is set up", self.name))
                .hinted("three to 32 letters, digits and inner hyphens"));
        }
        let bucket = |name: &str| {
            let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
            (3..=63).contains(&name.len()) && name.bytes().all(good)
        };
        for name in self.bucket.iter().chain(&self.access_logs) {
            if !bucket(name) {
                return Err(Error::user(format!("{name:?} is no name of a bucket"))
                    .hinted("the name alone, without s3:// and without a prefix"));
            }
        }
        if let Some(key) = &self.key
            && (key.is_empty() || key.starts_with("aws/") || !plain(&key.replace(['/', '_'], "-")))
        {
            return Err(
                Error::user(format!("{key:?} is no alias of a key of yours")).hinted("such as trailql")
            );
        }
        Ok(())
    }
}

/// Where it all goes: what is wanted, and what that means in this account.
#[derive(Clone, Debug)]
pub struct Site {
    /// Who asks.
    pub caller: Caller,
    /// What was asked for.
    pub wanted: Wanted,
    /// The bucket for the logs.
    pub bucket: String,
    /// Its region, which is also that of topic, queue and rule.
    pub region: String,
    /// The name of the trail.
    pub trail: String,
    /// The region where the trail is changed.
    pub trail_region: String,
    /// The account that owns the trail: that of the caller, or for an organisation the one that manages it.
    pub trail_account: String,
    /// The identifier of the organisation, if the trail logs one.
    pub organisation: Option<String>,
    /// The folder in the bucket that the trail writes to, with a slash at its end; empty for the top.
    pub prefix: String,
}

impl Site {
    /// Chooses the trail and the bucket: those that are there before new ones.
    pub fn choose(
        caller: Caller,
        wanted: Wanted,
        trails: &[Trail],
        organisation: Option<&Organisation>,
    ) -> Self {
        let organisation = organisation.filter(|_| wanted.organisation);
        let owner =
            organisation.map_or(&caller.account, |organisation| &organisation.management_account).clone();
        let fits = |trail: &&Trail| {
            let same_bucket = wanted.bucket.as_ref().is_none_or(|bucket| *bucket == trail.bucket);
            trail.account() == owner && same_bucket && (trail.organisation || !wanted.organisation)
        };
        let named = trails.iter().find(|trail| {
            trail.name == wanted.name && trail.account() == owner && trail.home_region == caller.region
        });
        let found = named.or_else(|| trails.iter().filter(fits).find(|trail| trail.multi_region));
        let default = format!("{}-{}-{}", wanted.name.to_lowercase(), caller.account, caller.region);
        let bucket = wanted.bucket.clone().or_else(|| Some(found?.bucket.clone())).unwrap_or(default);
        let prefix = found.and_then(|trail| trail.prefix.as_deref()).map(|prefix| format!("{prefix}/"));
        Self {
            bucket,
            region: caller.region.clone(),
            trail: found.map_or_else(|| wanted.name.clone(), |trail| trail.name.clone()),
            trail_region: found.map_or_else(|| caller.region.clone(), |trail| trail.home_region.clone()),
            organisation: organisation.map(|organisation| organisation.id.clone()),
            trail_account: owner,
            prefix: prefix.unwrap_or_default(),
            caller,
            wanted,
        }
    }

    /// The name of the bucket that setup makes when nobody says another.
    pub fn default_bucket(&self) -> String {
        format!("{}-{}-{}", self.wanted.name.to_lowercase(), self.caller.account, self.caller.region)
    }

    /// The name of the queue.
    pub fn queue(&self) -> String {
        self.wanted.name.clone()
    }

    /// The name of the queue for what cannot be read.
    pub fn dead_letters(&self) -> String {
        format!("{}-dead-letters", self.wanted.name)
    }

    /// The name of the role that reads.
    pub fn role(&self) -> String {
        format!("{}-reader", self.wanted.name)
    }

    /// The alias of the key, if one is wanted.
    pub fn alias(&self) -> Option<String> {
        self.wanted.key.as_ref().map(|key| format!("alias/{}", key.trim_start_matches("alias/")))
    }

    /// The ARN of something in the region of the bucket.
    pub fn arn(&self, service: &str, rest: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{rest}", self.caller.partition, self.region, self.caller.account)
    }

    /// The ARN of a bucket, or of what lies in it.
    pub fn bucket_arn(&self, rest: &str) -> String {
        format!("arn:{}:s3:::{rest}", self.caller.partition)
    }

    /// The ARN of the trail.
    pub fn trail_arn(&self) -> String {
        let (partition, account) = (&self.caller.partition, &self.trail_account);
        format!("arn:{partition}:cloudtrail:{}:{account}:trail/{}", self.trail_region, self.trail)
    }

    /// The ARN of the topic.
    pub fn topic_arn(&self) -> String {
        self.arn("sns", &self.wanted.name)
    }

    /// The ARN of the queue.
    pub fn queue_arn(&self) -> String {
        self.arn("sqs", &self.queue())
    }

    /// The ARN of the queue for what cannot be read.
    pub fn dead_letters_arn(&self) -> String {
        self.arn("sqs", &self.dead_letters())
    }

    /// The ARN of the rule.
    pub fn rule_arn(&self) -> String {
        self.arn("events", &format!("rule/{}", self.wanted.name))
    }

    /// The identifier of the bucket's notification for one folder of logs.
    pub fn notification(&self, folder: &str) -> String {
        format!("{}-{folder}", self.wanted.name)
    }

    /// Every folder that setup may deliver to, whether or not it is wanted in this run: what an earlier run has set up
    /// goes on.
    pub fn all_folders(&self) -> [String; 2] {
        [format!("{}AWSLogs/", self.prefix), ACCESS_LOGS.to_owned()]
    }

    /// The folders of the bucket that hold logs, each with a name of one word.
    pub fn folders(&self) -> Vec<(&'static str, String)> {
        let mut folders = vec![("cloudtrail", format!("{}AWSLogs/", self.prefix))];
        if !self.wanted.access_logs.is_empty() {
            folders.push(("s3-access", ACCESS_LOGS.to_owned()));
        }
        folders
    }
}
