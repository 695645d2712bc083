//! What an ingest lists of a bucket, and that it finds all of it: layouts, what is asked for, late and failed objects.

use std::sync::Arc;

use chrono::DateTime;
use chrono::Duration;
use chrono::Utc;
use futures::TryStreamExt;
use object_store::ObjectStore;
use object_store::ObjectStoreExt;
use object_store::memory::InMemory;
use object_store::path::Path;
use trailql::ingest;
use trailql::ingest::Options;
use trailql::ingest::Progress;
use trailql::ingest::Scope;
use trailql::ingest::Source;
use trailql::ingest::Summary;
use trailql::lake::Lake;
use trailql::logs::LOGS;
use trailql::session::Session;
use trailql::storage::Location;
use url::Url;

use crate::watched::Watched;

/// A bucket and a lake, both in memory.
struct Case {
    bucket: Arc<Watched>,
    lake: Arc<dyn ObjectStore>,
}

impl Case {
    fn new() -> Self {
        Self { bucket: Arc::default(), lake: Arc::new(InMemory::new()) }
    }

    /// Puts an object with one event, whose id is the key.
    async fn put(&self, key: &str, time: DateTime<Utc>) {
        let event =
            serde_json::json!({"eventVersion": "1.09", "eventID": key, "eventTime": time, "eventName": "X"});
        let text = serde_json::json!({"Records": [event]}).to_string();
        self.bucket.put(&Path::parse(key).unwrap(), text.into()).await.unwrap();
    }

    /// Puts what CloudTrail delivers at a time.
    async fn deliver(&self, account: &str, region: &str, time: DateTime<Utc>) -> String {
        let (day, stamp) = (time.format("%Y/%m/%d"), time.format("%Y%m%dT%H%MZ"));
        let key = format!(
            "logs/AWSLogs/o-abc1234567/{account}/CloudTrail/{region}/{day}/{account}_CloudTrail_{region}_{stamp}_id.json"
        );
        self.put(&key, time - Duration::minutes(5)).await;
        key
    }

    async fn ingest(&self, path: &str, options: &Options) -> Summary {
        self.bucket.take_listed();
        let at = |url: &str, store| Location::in_store(Url::parse(url).unwrap(), store).unwrap();
        let bucket: Arc<dyn ObjectStore> = Arc::<Watched>::clone(&self.bucket);
        let source = Source::at(at(&format!("memory:///{path}"), bucket));
        let lake = Lake::open_or_create(&at("memory:///lake", Arc::clone(&self.lake)), LOGS).await.unwrap();
        ingest::run(&lake, vec![source], options, &Arc::new(Progress::default())).await.unwrap()
    }

    async fn number(&self, sql: &str) -> String {
        let location = Location::in_store(Url::parse("memory:///lake").unwrap(), Arc::clone(&self.lake));
        let lake = Lake::open(&location.unwrap(), LOGS).await.unwrap();
        let session = Session::new(lake, 1 << 28).unwrap();
        let statement = Session::parse(sql).unwrap().remove(0);
        let batches: Vec<_> = session.run(statement).await.unwrap().try_collect().await.unwrap();
        let column = batches[0].column(0);
        arrow::util::display::array_value_to_string(column, 0).unwrap()
    }
}

fn time(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

fn only(since: Option<&str>, until: Option<&str>, account: &[&str], region: &[&str]) -> Options {
    let list = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect();
    let scope = Scope {
        since: since.map(time),
        until: until.map(time),
        accounts: list(account),
        regions: list(region),
    };
    Options { scope, ..Options::default() }
}

#[tokio::test]
async fn only_the_folders_that_are_asked_for_are_listed() {
    let case = Case::new();
    let accounts = ["111111111111", "222222222222", "333333333333"];
    let regions = ["eu-central-1", "eu-west-1", "us-east-1", "us-gov-west-1"];
    for account in accounts {
        for region in regions {
            for day in 0..30 {
                let time = time("2026-09-01T08:00:00Z") + Duration::days(day);
                case.deliver(account, region, time).await;
            }
        }
    }
    let options = only(
        Some("2026-09-10T00:00:00Z"),
        Some("2026-09-12T00:00:00Z"),
        &["222222222222"],
        &["eu-west-1", "us-east-1"],
    );
    let summary = case.ingest("logs/AWSLogs", &options).await;
    insta::assert_snapshot!(case.bucket.take_listed().join("\n"), @r"
    logs/AWSLogs/
    logs/AWSLogs/o-abc1234567/
    logs/AWSLogs/o-abc1234567/222222222222/
    logs/AWSLogs/o-abc1234567/222222222222/CloudTrail/
    logs/AWSLogs/o-abc1234567/222222222222/CloudTrail/eu-west-1/2026/09/10
    logs/AWSLogs/o-abc1234567/222222222222/CloudTrail/eu-west-1/2026/09/11
    logs/AWSLogs/o-abc1234567/222222222222/CloudTrail/eu-west-1/2026/09/12
    logs/AWSLogs/o-abc1234567/222222222222/CloudTrail/us-east-1/2026/09/10
    logs/AWSLogs/o-abc1234567/222222222222/CloudTrail/us-east-1/2026/09/11
    logs/AWSLogs/o-abc1234567/222222222222/CloudTrail/us-east-1/2026/09/12
    ");
    assert_eq!((summary.read, summary.rows), (4, 4), "{summary:?}");
    assert_eq!(summary.objects, summary.read + summary.outside, "{summary:?}");

    // Without a first day the store is asked which days there are.
    let summary =
        case.ingest("", &only(None, Some("2026-09-02T00:00:00Z"), &["333333333333"], &["us-east-1"])).await;
    insta::assert_snapshot!(case.bucket.take_listed().join("\n"), @r"

     > logs/~
    logs
    logs > logs/AWSLogs/~
    logs/AWSLogs/
    logs/AWSLogs/o-abc1234567/
    logs/AWSLogs/o-abc1234567/333333333333/
    logs/AWSLogs/o-abc1234567/333333333333/CloudTrail/
    logs/AWSLogs/o-abc1234567/333333333333/CloudTrail/us-east-1/
    logs/AWSLogs/o-abc1234567/333333333333/CloudTrail/us-east-1/2026/
    logs/AWSLogs/o-abc1234567/333333333333/CloudTrail/us-east-1/2026/09/
    logs/AWSLogs/o-abc1234567/333333333333/CloudTrail/us-east-1/2026/09/01
    logs/AWSLogs/o-abc1234567/333333333333/CloudTrail/us-east-1/2026/09/02
    logs/AWSLogs/o-abc1234567/333333333333/CloudTrail/us-east-1/2026/09/03
    ");
    assert_eq!(summary.read, 1, "{summary:?}");

    let summary = case.ingest("", &Options::default()).await;
    assert_eq!((summary.objects, summary.known, summary.read), (360, 5, 355), "{summary:?}");
    assert_eq!(case.number("SELECT count(*) FROM cloudtrail").await, "360");
}

#[tokio::test]
async fn names_in_the_order_of_time_are_entered_where_the_time_begins() {
    let case = Case::new();
    for head in ["", "site-"] {
        for day in 0..30 {
            let time = time("2026-09-01T08:00:00Z") + Duration::days(day);
            case.put(&format!("access/{head}{}-0123456789ABCDEF", time.format("%Y-%m-%d-%H-%M-%S")), time)
                .await;
        }
    }
    for other in ["access/2026-notes.txt", "access/AWSLogs/readme", "access/zebra", "access/111111111111/x"] {
        case.put(other, time("2026-09-11T00:00:00Z")).await;
    }
    let options = only(Some("2026-09-10T00:00:00Z"), Some("2026-09-12T00:00:00Z"), &[], &[]);
    let summary = case.ingest("access", &options).await;
    insta::assert_snapshot!(case.bucket.take_listed().join("\n"), @r"
    access
    access > access/111111111111/~
    access > access/111111111111/~
    access > access/2026-09-09~
    access > access/2026-12-31-~
    access > access/9~
    access > access/AWSLogs/~
    access > access/AWSLogs/~
    access > access/site-2026-09-09~
    access > access/site-2026-12-31-~
    access > access/site-9~
    access/111111111111/
    access/AWSLogs/
    ");
    // Three of each head: deliveries of the 12th may hold events of the 11th.
    assert_eq!(
        case.number("SELECT count(*) FROM cloudtrail WHERE event_id LIKE '%ABCDEF'").await,
        "4",
        "{summary:?}"
    );
    assert_eq!(case.number("SELECT count(*) FROM cloudtrail WHERE event_id NOT LIKE '%ABCDEF'").await, "4");

    let summary = case.ingest("access", &Options { full: true, ..Options::default() }).await;
    assert_eq!((summary.objects, summary.known + summary.read), (64, 64), "{summary:?}");
    assert_eq!(case.number("SELECT count(*) FROM cloudtrail").await, "64");
}

#[tokio::test]
async fn a_plain_layout_is_walked_whole() {
    let case = Case::new();
    for key in
        ["a/b/c/d/e/f/one.json", "a/two.json", "three.json", "2019/x/four.json", "z/2026/09/17/five.json"]
    {
        case.put(key, time("2026-09-17T08:00:00Z")).await;
    }
    let summary = case.ingest("", &only(Some("2026-09-01T00:00:00Z"), None, &[], &[])).await;
    assert_eq!((summary.objects, summary.read), (5, 5), "{summary:?}");
}

#[tokio::test]
async fn late_deliveries_are_found_and_only_days_that_can_change_are_listed() {
    let case = Case::new();
    let now = Utc::now();
    let (account, region) = ("111111111111", "eu-central-1");
    for days in [40, 20, 1, 0] {
        case.deliver(account, region, now - Duration::days(days)).await;
    }
    let summary = case.ingest("logs", &Options::default()).await;
    assert_eq!((summary.read, summary.looked_back.len()), (4, 0), "{summary:?}");

    case.deliver(account, region, now - Duration::hours(20)).await;
    case.deliver(account, region, now - Duration::days(30)).await;
    let summary = case.ingest("logs", &Options::default()).await;
    assert_eq!((summary.read, summary.looked_back.len()), (1, 1), "{summary:?}");
    let listed = case.bucket.take_listed();
    let days = listed.iter().filter(|prefix| prefix.contains(&format!("{region}/20"))).count();
    assert_eq!(days, 4, "the day of the last listing, two before and tomorrow: {listed:?}");

    let summary = case.ingest("logs", &Options { full: true, ..Options::default() }).await;
    assert_eq!((summary.read, summary.known), (1, 5), "{summary:?}");
    assert_eq!(case.number("SELECT count(*) FROM cloudtrail").await, "6");
}

#[tokio::test]
async fn what_a_narrow_ingest_left_out_comes_in_with_the_next() {
    let case = Case::new();
    let now = Utc::now();
    for days in [40, 1] {
        case.deliver("111111111111", "eu-central-1", now - Duration::days(days)).await;
    }
    let scope = Scope { since: Some(now - Duration::days(2)), ..Scope::default() };
    assert_eq!(case.ingest("logs", &Options { scope, ..Options::default() }).await.read, 1);
    assert_eq!(case.ingest("logs", &Options::default()).await.read, 1);
    assert_eq!(case.number("SELECT count(*) FROM cloudtrail").await, "2");
}

#[tokio::test]
async fn what_failed_is_tried_again_though_its_day_is_not_listed() {
    let case = Case::new();
    let old = case.deliver("111111111111", "eu-central-1", Utc::now() - Duration::days(40)).await;
    case.deliver("111111111111", "eu-central-1", Utc::now()).await;
    case.bucket.broken.lock().unwrap().insert(old.clone());
    for _ in 0..2 {
        let summary = case.ingest("logs", &Options::default()).await;
        assert_eq!(summary.failed, 1, "{summary:?}");
        assert_eq!(summary.objects, summary.known + summary.read + summary.failed, "{summary:?}");
    }
    assert_eq!(case.number("SELECT count(*) FROM sources WHERE status = 'failed'").await, "1");
    case.bucket.broken.lock().unwrap().clear();
    let summary = case.ingest("logs", &Options::default()).await;
    assert_eq!((summary.read, summary.failed), (1, 0), "{summary:?}");
    let summary = case.ingest("logs", &Options::default()).await;
    assert_eq!((summary.read, summary.failed), (0, 0), "{summary:?}");
    assert_eq!(case.number("SELECT count(*) FROM cloudtrail").await, "2");
}

#[tokio::test]
async fn what_changed_is_told_once_and_not_counted_twice() {
    let case = Case::new();
    let key = case.deliver("111111111111", "eu-central-1", Utc::now()).await;
    assert_eq!(case.ingest("logs", &Options::default()).await.read, 1);
    case.put(&key, Utc::now() - Duration::hours(7)).await;
    let summary = case.ingest("logs", &Options::default()).await;
    assert_eq!((summary.changed, summary.read, summary.objects), (1, 0, 1), "{summary:?}");
    let summary = case.ingest("logs", &Options::default()).await;
    assert_eq!((summary.changed, summary.known), (0, 1), "{summary:?}");
    assert_eq!(case.number("SELECT count(*) FROM cloudtrail").await, "1");
    assert_eq!(case.number("SELECT count(DISTINCT sha256) FROM sources").await, "2", "both are evidence");
}
