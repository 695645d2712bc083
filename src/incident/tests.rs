//! The bucket is well formed, always the same, and tells the story that the demo tells.

use super::*;
use flate2::read::GzDecoder;
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::Read as _;
use std::sync::LazyLock;

/// One record and the path of the delivery it came in.
struct Told {
    path: String,
    record: Value,
}

impl Told {
    fn text(&self, pointer: &str) -> &str {
        self.record.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    fn time(&self) -> &str {
        self.text("/eventTime")
    }

    fn name(&self) -> &str {
        self.text("/eventName")
    }

    fn failed(&self) -> bool {
        self.record.get("errorCode").is_some() || self.record.get("errorMessage").is_some()
    }

    fn instances(&self) -> Vec<&str> {
        let items = self.record.pointer("/responseElements/instancesSet/items").and_then(Value::as_array);
        items.into_iter().flatten().filter_map(|item| item["instanceId"].as_str()).collect()
    }
}

fn inflate(delivery: &Delivery) -> Value {
    let mut text = String::new();
    GzDecoder::new(delivery.bytes.as_slice()).read_to_string(&mut text).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn is_digest(delivery: &Delivery) -> bool {
    delivery.path.contains("/CloudTrail-Digest/")
}

/// The bucket, made once for all tests.
static BUCKET: LazyLock<Vec<Delivery>> = LazyLock::new(deliveries);

/// Every record of the bucket in the order of its time.
static TOLD: LazyLock<Vec<Told>> = LazyLock::new(|| {
    let mut all = Vec::new();
    for delivery in BUCKET.iter().filter(|delivery| !is_digest(delivery)) {
        let Value::Array(records) = inflate(delivery)["Records"].take() else {
            panic!("{} has no records", delivery.path)
        };
        assert!(!records.is_empty(), "{} is empty", delivery.path);
        all.extend(records.into_iter().map(|record| Told { path: delivery.path.clone(), record }));
    }
    all.sort_by(|left, right| left.time().cmp(right.time()));
    all
});

#[test]
fn the_bucket_is_small_and_always_the_same() {
    let first = &*BUCKET;
    assert_eq!(*first, deliveries());
    assert!((24..=200).contains(&first.len()), "{} deliveries", first.len());
    let bytes: usize = first.iter().map(|delivery| delivery.bytes.len()).sum();
    assert!(bytes < 2_000_000, "{bytes} bytes");
    let paths: BTreeSet<&str> = first.iter().map(|delivery| delivery.path.as_str()).collect();
    assert_eq!(paths.len(), first.len());
    let records = TOLD.len();
    assert!((3_500..=6_000).contains(&records), "{records} records");
}

#[test]
fn every_id_is_used_once() {
    let told = &*TOLD;
    let ids: BTreeSet<&str> = told.iter().map(|event| event.text("/eventID")).collect();
    assert_eq!(ids.len(), told.len());
    assert!(ids.iter().all(|id| uuid::Uuid::parse_str(id).is_ok()));
}

#[test]
fn every_event_is_where_and_when_its_path_says() {
    for event in TOLD.iter() {
        let parts: Vec<&str> = event.path.split('/').collect();
        let ["AWSLogs", account, "CloudTrail", region, year, month, day, name] = parts[..] else {
            panic!("{}", event.path)
        };
        assert_eq!(event.text("/recipientAccountId"), account);
        assert_eq!(event.text("/awsRegion"), region);
        let pieces: Vec<&str> = name.split('_').collect();
        let [owner, "CloudTrail", place, stamp, unique] = pieces[..] else { panic!("{name}") };
        assert_eq!((owner, place), (account, region));
        assert_eq!(unique.strip_suffix(".json.gz").map(str::len), Some(16), "{name}");
        let delivered = chrono::NaiveDateTime::parse_from_str(stamp, "%Y%m%dT%H%MZ").unwrap();
        assert_eq!(delivered.format("%Y/%m/%d").to_string(), format!("{year}/{month}/{day}"));
        let happened = chrono::NaiveDateTime::parse_from_str(event.time(), "%Y-%m-%dT%H:%M:%SZ").unwrap();
        let waited = (delivered - happened).num_seconds();
        assert!((1..=900).contains(&waited), "{waited} s in {}", event.path);
    }
}

#[test]
fn every_record_has_the_fields_of_its_kind() {
    for event in TOLD.iter() {
        let (record, name) = (&event.record, event.name());
        assert_eq!(event.text("/eventVersion"), "1.11");
        assert!(event.text("/eventSource").ends_with(".amazonaws.com"));
        for field in ["userIdentity", "requestParameters", "responseElements", "readOnly", "managementEvent"]
        {
            assert!(record.get(field).is_some(), "{name} lacks {field}");
        }
        assert_eq!(record["managementEvent"] == true, event.text("/eventCategory") == "Management", "{name}");
        assert_eq!(record.get("requestID").is_some(), event.text("/eventType") == "AwsApiCall", "{name}");
        if let Some(number) = record.pointer("/responseElements/requestId") {
            assert_eq!(*number, record["requestID"], "{name}");
        }
        if name == "ConsoleLogin" {
            for field in ["LoginTo", "MobileVersion", "MFAUsed"] {
                assert!(record["additionalEventData"][field].is_string(), "{field}");
            }
        }
        if record["userIdentity"]["type"] == "AWSService" {
            assert!(record.get("tlsDetails").is_none(), "{name}");
        }
    }
}

#[test]
fn all_kinds_of_caller_appear() {
    let told = &*TOLD;
    let kinds: BTreeSet<&str> = told.iter().map(|event| event.text("/userIdentity/type")).collect();
    let all = [
        "AWSAccount",
        "AWSService",
        "AssumedRole",
        "IAMUser",
        "IdentityCenterUser",
        "Root",
        "SAMLUser",
        "WebIdentityUser",
    ];
    assert_eq!(kinds, BTreeSet::from(all));
    assert!(told.iter().any(|event| !event.text("/userIdentity/onBehalfOf/userId").is_empty()));
    assert!(told.iter().any(|event| event.text("/sessionCredentialFromConsole") == "true"));
    let accounts: BTreeSet<&str> = told.iter().map(|event| event.text("/recipientAccountId")).collect();
    assert_eq!(accounts, BTreeSet::from([PRODUCTION, DEVELOPMENT, SECURITY]));
    let regions: BTreeSet<&str> = told.iter().map(|event| event.text("/awsRegion")).collect();
    assert_eq!(regions.len(), 4);
}

#[test]
fn every_machine_of_production_is_terminated_and_no_other() {
    let told = &*TOLD;
    let ended = |event: &&Told| event.name() == "TerminateInstances" && !event.failed();
    let lost: Vec<&str> = told.iter().filter(ended).flat_map(Told::instances).collect();
    assert_eq!(lost.len(), LOST_INSTANCES.len(), "each is terminated once");
    assert_eq!(BTreeSet::from_iter(lost), BTreeSet::from(LOST_INSTANCES));
    for event in told.iter().filter(ended) {
        assert_eq!(event.text("/userIdentity/accessKeyId"), ISSUED_SESSION_KEY);
        assert_eq!(event.text("/sourceIPAddress"), ATTACKER_ADDRESS);
        for item in event.record["responseElements"]["instancesSet"]["items"].as_array().unwrap() {
            assert_eq!(item["currentState"]["name"], "shutting-down");
            assert!(["running", "stopped"].contains(&item["previousState"]["name"].as_str().unwrap()));
        }
    }

    // What ran before the attack is just what was lost, and nothing of it ran afterwards.
    let production = |event: &&Told| {
        event.name() == "UpdateInstanceInformation" && event.text("/recipientAccountId") == PRODUCTION
    };
    let (before, after): (Vec<&Told>, Vec<&Told>) =
        told.iter().filter(production).partition(|event| event.time() < "2026-09-17T01:52:00Z");
    let ids = |events: Vec<&Told>| -> BTreeSet<String> {
        events.iter().map(|event| event.text("/requestParameters/instanceId").to_owned()).collect()
    };
    assert_eq!(ids(before), BTreeSet::from(LOST_INSTANCES.map(str::to_owned)));
    assert!(ids(after).iter().all(|id| !LOST_INSTANCES.contains(&id.as_str())));
}

#[test]
fn the_issued_keys_are_used_only_after_they_were_issued() {
    let told = &*TOLD;
    let issued = |pointer: &str, key: &str| {
        let event = told.iter().find(|event| event.text(pointer) == key && !event.failed());
        event.map(|event| event.time().to_owned()).unwrap()
    };
    let created = issued("/responseElements/accessKey/accessKeyId", ISSUED_KEY);
    let taken = issued("/responseElements/credentials/accessKeyId", ISSUED_SESSION_KEY);
    assert!(created < taken);
    for (key, since) in [(ISSUED_KEY, created), (ISSUED_SESSION_KEY, taken)] {
        let used: Vec<&Told> =
            told.iter().filter(|event| event.text("/userIdentity/accessKeyId") == key).collect();
        assert!(used.len() > 5, "{key}");
        for event in used {
            assert!(event.time() > since.as_str(), "{} with {key}", event.name());
            assert_eq!(event.text("/sourceIPAddress"), ATTACKER_ADDRESS);
        }
    }
}

#[test]
fn root_of_the_leaked_account_signs_in_without_a_second_factor() {
    let told = &*TOLD;
    let logins: Vec<&Told> = told
        .iter()
        .filter(|event| event.name() == "ConsoleLogin" && event.text("/sourceIPAddress") == ATTACKER_ADDRESS)
        .collect();
    let answers: Vec<&str> =
        logins.iter().map(|event| event.text("/responseElements/ConsoleLogin")).collect();
    assert_eq!(answers, ["Failure", "Failure", "Success"]);
    for event in logins {
        assert_eq!(event.text("/userIdentity/type"), "Root");
        assert_eq!(event.text("/recipientAccountId"), LEAKED_ROOT_ACCOUNT);
        assert_eq!(event.text("/additionalEventData/MFAUsed"), "No");
    }
    let first = told.iter().find(|event| event.text("/sourceIPAddress") == ATTACKER_ADDRESS).unwrap();
    assert_eq!(first.name(), "ConsoleLogin", "nobody has seen the address before");
}

#[test]
fn the_role_is_taken_across_accounts_and_both_saw_it() {
    let told = &*TOLD;
    let taken: Vec<&Told> = told
        .iter()
        .filter(|event| event.text("/responseElements/credentials/accessKeyId") == ISSUED_SESSION_KEY)
        .collect();
    let [one, other] = taken[..] else { panic!("{} records", taken.len()) };
    assert_ne!(one.text("/recipientAccountId"), other.text("/recipientAccountId"));
    assert_ne!(one.text("/eventID"), other.text("/eventID"));
    for pointer in ["/sharedEventID", "/requestID", "/eventTime"] {
        assert!(!one.text(pointer).is_empty());
        assert_eq!(one.text(pointer), other.text(pointer));
    }
}

#[test]
fn the_leaked_account_is_silent_while_its_trail_is_off() {
    let told = &*TOLD;
    let here: Vec<&Told> =
        told.iter().filter(|event| event.text("/recipientAccountId") == LEAKED_ROOT_ACCOUNT).collect();
    let off = here.iter().position(|event| event.name() == "StopLogging").unwrap();
    assert!(!here[off].failed());
    assert_eq!(here[off].text("/userIdentity/type"), "Root");
    assert_eq!(here[off + 1].name(), "StartLogging");
    let denied = |event: &&Told| event.name() == "StopLogging" && event.text("/errorCode") == "AccessDenied";
    assert!(told.iter().filter(denied).all(|event| event.text("/recipientAccountId") == PRODUCTION));
    assert_eq!(told.iter().filter(denied).count(), 2);
}

#[test]
fn one_search_for_the_address_names_the_employee() {
    let told = &*TOLD;
    let his = |event: &&Told| event.text("/sourceIPAddress") == ATTACKER_ADDRESS;
    let named =
        told.iter().filter(his).find(|event| event.text("/userIdentity/arn").ends_with(ROGUE_EMPLOYEE));
    let key = named.unwrap().text("/userIdentity/accessKeyId");
    // The same session worked at the office the day before.
    let same = |event: &&Told| event.text("/userIdentity/accessKeyId") == key && !his(event);
    assert_eq!(told.iter().find(same).unwrap().text("/sourceIPAddress"), company::OFFICE);
    let refusals: BTreeSet<&str> = told
        .iter()
        .filter(his)
        .map(|event| event.text("/errorCode"))
        .filter(|code| !code.is_empty())
        .collect();
    assert!(refusals.is_superset(&BTreeSet::from(["AccessDenied", "Client.UnauthorizedOperation"])));
}

#[test]
fn the_digest_names_deliveries_of_the_bucket_with_their_hashes() {
    use sha2::Digest as _;
    let all = &*BUCKET;
    let digests: Vec<Value> = all.iter().filter(|delivery| is_digest(delivery)).map(inflate).collect();
    let [digest] = &digests[..] else { panic!("{} digests", digests.len()) };
    for field in ["digestStartTime", "digestEndTime", "digestS3Bucket", "digestS3Object"] {
        assert!(digest[field].is_string(), "{field}");
    }
    let files = digest["logFiles"].as_array().unwrap();
    assert!(!files.is_empty());
    for file in files {
        let delivery = all.iter().find(|delivery| file["s3Object"] == *delivery.path).unwrap();
        let mut text = Vec::new();
        GzDecoder::new(delivery.bytes.as_slice()).read_to_end(&mut text).unwrap();
        let hash: String = sha2::Sha256::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(file["hashValue"], *hash);
    }
}

#[test]
fn the_queries_speak_of_this_incident() {
    let [changes, who, activity, chain, address] = QUERIES;
    for (query, words) in [
        (changes, ["report('recent_instance_state_changes'", "state_change"]),
        (who, ["reports.recent_instance_state_changes", "access_key_id"]),
        (activity, ["activity('", KEY_OWNER]),
        (chain, ["assume_chain('", ISSUED_SESSION_KEY]),
        (address, ["FROM cloudtrail", ATTACKER_ADDRESS]),
    ] {
        for word in words {
            assert!(query.sql.contains(word), "{} does not name {word}", query.title);
        }
    }
}

#[test]
fn the_queries_fit_the_screen_and_tell_one_sentence_each() {
    for Query { title, story, sql } in QUERIES {
        assert!(
            [title, story, sql].into_iter().flat_map(str::lines).all(|line| line.len() <= 100),
            "{title}"
        );
        assert!(title.ends_with('?') && story.ends_with('.') && !story.contains(". "), "{title}: {story}");
    }
}
