//! Follow mode: what is delivered while it runs arrives exactly once, told by every kind of message, killed or stopped.

use std::io::BufRead;
use std::io::BufReader;
use std::io::Lines;
use std::path::Path;
use std::process::Child;
use std::process::ChildStdout;
use std::process::Command;
use std::process::Stdio;
use std::sync::mpsc;
use std::time::Duration;
use std::time::Instant;

use serde_json::json;

use crate::moto;
use crate::moto::ACCESS_KEY;
use crate::moto::Moto;
use crate::moto::REGION;
use crate::program::Ended;
use crate::program::number;
use crate::program::trailql;
use crate::proxy::Fate;
use crate::proxy::Proxy;
use crate::proxy::exchange;

const BUCKET: &str = "kestrel-trail";
/// The fifth number of the issue: so many processes are killed between the commit and the deletion of the message.
const KILLS: usize = 20;
const PATIENCE: Duration = Duration::from_mins(2);

/// An event as CloudTrail delivers it.
fn delivery(number: usize) -> Vec<u8> {
    let event = json!({
        "eventVersion": "1.09", "eventTime": "2026-09-17T08:14:05Z", "eventSource": "ec2.amazonaws.com",
        "eventName": "RunInstances", "eventID": format!("event-{number}"), "awsRegion": REGION,
    });
    json!({"Records": [event]}).to_string().into_bytes()
}

/// Calls an AWS service in its form-encoded protocol.
fn call(moto: &Moto, service: &str, action: &str, parameters: &[(&str, &str)]) -> String {
    let escape = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let parameters = parameters.iter().map(|(name, value)| format!("&{name}={}", escape(value)));
    let body = format!("Action={action}{}", parameters.collect::<String>());
    let head = format!(
        "POST / HTTP/1.1\r\nhost: {service}.{REGION}.amazonaws.com\r\nauthorization: AWS4-HMAC-SHA256 \
         Credential={ACCESS_KEY}/20260917/{REGION}/{service}/aws4_request, SignedHeaders=host, Signature=0\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let answer = exchange(moto.port(), (head + &body).as_bytes()).unwrap();
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{action}: {answer}");
    answer
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(start).unwrap_or_else(|| panic!("no {start} in {text}"));
    rest.split_once(end).unwrap().0
}

/// A queue that hides a message for a second only, so that one that was not deleted comes again soon.
struct Queue<'a> {
    moto: &'a Moto,
    url: String,
    arn: String,
}

impl<'a> Queue<'a> {
    fn create(moto: &'a Moto) -> Self {
        let name = [
            ("QueueName", "deliveries"),
            ("Attribute.1.Name", "VisibilityTimeout"),
            ("Attribute.1.Value", "1"),
        ];
        let answer = call(moto, "sqs", "CreateQueue", &name);
        let url = between(&answer, "<QueueUrl>", "</QueueUrl>").to_owned();
        let of = [("QueueUrl", url.as_str()), ("AttributeName.1", "QueueArn")];
        let answer = call(moto, "sqs", "GetQueueAttributes", &of);
        let arn = between(&answer, "<Value>", "</Value>").to_owned();
        Self { moto, url, arn }
    }

    fn send(&self, text: &str) {
        call(self.moto, "sqs", "SendMessage", &[("QueueUrl", &self.url), ("MessageBody", text)]);
    }

    /// How many messages it holds, hidden ones too.
    fn len(&self) -> usize {
        let of = [("QueueUrl", self.url.as_str()), ("AttributeName.1", "All")];
        let answer = call(self.moto, "sqs", "GetQueueAttributes", &of);
        let count = |name: &str| {
            let (_, rest) = answer.split_once(&format!("<Name>{name}</Name>")).unwrap();
            between(rest, "<Value>", "</Value>").parse::<usize>().unwrap()
        };
        count("ApproximateNumberOfMessages") + count("ApproximateNumberOfMessagesNotVisible")
    }
}

/// A program that follows; it ends when this is dropped.
struct Follower {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Drop for Follower {
    fn drop(&mut self) {
        // It may have ended; there is nothing to do about either failure.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Follower {
    fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    fn of_queue(folder: &Path, endpoint: &str, queue: &Queue) -> Self {
        let arguments = ["--lake", "lake", "ingest", "--follow", "--queue", &queue.url];
        Self::start(moto::command(folder, endpoint, &arguments))
    }

    /// Reads what it says until it has told of so many rows.
    fn wait_for_rows(&mut self, rows: usize) {
        let mut told = 0;
        while told < rows {
            let line = self.lines.next().expect("it goes on").unwrap();
            let count = line.split(", ").find_map(|part| part.strip_suffix(" rows")?.parse::<usize>().ok());
            told += count.unwrap_or(0);
        }
    }

    /// Asks it to stop, as a service manager does.
    fn stop(mut self) -> Ended {
        let asked = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(asked.success());
        let mut out = String::new();
        for line in self.lines.by_ref() {
            out += &line.unwrap();
            out.push('\n');
        }
        Ended { code: self.child.wait().unwrap().code(), out, err: String::new() }
    }
}

#[test]
fn a_folder_is_followed_until_it_is_told_to_stop() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    std::fs::create_dir(folder.join("bucket")).unwrap();
    std::fs::write(folder.join("bucket/0.json"), delivery(0)).unwrap();
    let arguments = ["--lake", "lake", "ingest", "--follow", "--every", "1s", "bucket"];
    let mut follower = Follower::start(trailql(folder, &arguments));
    follower.wait_for_rows(1);
    for number in 1..4 {
        std::fs::write(folder.join(format!("bucket/{number}.json")), delivery(number)).unwrap();
        follower.wait_for_rows(1);
    }
    let ended = follower.stop();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.out.contains("\nrecords  4 = 4 rows + 0 rejected\n"), "{ended:?}");
    assert_eq!(number(folder, "lake", "SELECT count(*) FROM cloudtrail"), 4);
}

#[test]
fn every_kind_of_message_brings_its_object_once() {
    let Some(moto) = Moto::start() else { return };
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    moto.create_bucket(BUCKET);
    let queue = Queue::create(&moto);
    let topic = call(&moto, "sns", "CreateTopic", &[("Name", "deliveries")]);
    let topic = between(&topic, "<TopicArn>", "</TopicArn>");
    let subscription = [("TopicArn", topic), ("Protocol", "sqs"), ("Endpoint", queue.arn.as_str())];
    call(&moto, "sns", "Subscribe", &subscription);
    let filter = |prefix: &str| {
        format!(
            "<Event>s3:ObjectCreated:*</Event><Filter><S3Key><FilterRule><Name>prefix</Name><Value>{prefix}</Value>\
             </FilterRule></S3Key></Filter>"
        )
    };
    let notification = format!(
        "<NotificationConfiguration><QueueConfiguration><Queue>{}</Queue>{}</QueueConfiguration>\
         <TopicConfiguration><Topic>{topic}</Topic>{}</TopicConfiguration></NotificationConfiguration>",
        queue.arn,
        filter("direct/"),
        filter("topic/")
    );
    moto.send("PUT", &format!("{BUCKET}?notification"), notification.as_bytes());

    let mut follower = Follower::of_queue(folder, &moto.endpoint(), &queue);
    for number in 0..4 {
        moto.put(BUCKET, &format!("direct/a b+ä/{number}.json"), &delivery(number));
        moto.put(BUCKET, &format!("topic/{number}.json"), &delivery(10 + number));
        let key = format!("bridge/{number}.json");
        moto.put(BUCKET, &key, &delivery(20 + number));
        let detail = json!({"bucket": {"name": BUCKET}, "object": {"key": key, "size": 1}});
        let event =
            json!({"source": "aws.s3", "detail-type": "Object Created", "detail": detail}).to_string();
        // SQS delivers at least once.
        queue.send(&event);
        queue.send(&event);
    }
    follower.wait_for_rows(12);
    queue.send("this is no notification");
    queue.send(
        &json!({"s3Bucket": BUCKET, "s3ObjectKey": ["topic/nowhere.json", "topic/0.json"]}).to_string(),
    );
    while number(folder, "lake", "SELECT count(*) FROM sources WHERE status = 'failed'") < 2 {}
    let ended = follower.stop();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(number(folder, "lake", "SELECT count(*) FROM cloudtrail"), 12);
    assert_eq!(number(folder, "lake", "SELECT count(DISTINCT event_id) FROM cloudtrail"), 12);
    assert_eq!(number(folder, "lake", "SELECT count(*) FROM sources WHERE status = 'read'"), 12);
    let poison = "SELECT count(*) FROM sources WHERE detail LIKE '%this is no notification%'";
    assert_eq!(number(folder, "lake", poison), 1);
    assert_eq!(queue.len(), 2, "what failed is left to the queue's own rules");
}

#[test]
fn a_kill_between_commit_and_deletion_doubles_nothing() {
    let Some(moto) = Moto::start() else { return };
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    moto.create_bucket(BUCKET);
    let queue = Queue::create(&moto);
    let (sender, deletions) = mpsc::channel();
    let deletes =
        |asked: &crate::proxy::Asked| asked.headers.iter().any(|line| line.contains("DeleteMessageBatch"));
    let proxy = Proxy::start(moto.port(), {
        let sender = sender.clone();
        move |_, asked| {
            if !deletes(asked) {
                return Fate::Answered;
            }
            // Nobody listens any more when the test is over.
            let _ = sender.send(());
            Fate::Dropped
        }
    });
    let notify = |number: usize| {
        let key = format!("{number}.json");
        moto.put(BUCKET, &key, &delivery(number));
        let object = json!({"key": key, "size": 1});
        let record =
            json!({"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": BUCKET}, "object": object}});
        queue.send(&json!({"Records": [record]}).to_string());
    };
    for number in 0..KILLS {
        notify(number);
        let mut follower = Follower::of_queue(folder, &proxy.endpoint(), &queue);
        deletions.recv_timeout(PATIENCE).expect("it comes to delete a message");
        follower.child.kill().unwrap();
        follower.child.wait().unwrap();
        while deletions.try_recv().is_ok() {}
    }
    assert_eq!(queue.len(), KILLS);
    let answering = Proxy::start(moto.port(), move |_, asked| {
        if deletes(asked) {
            let _ = sender.send(());
        }
        Fate::Answered
    });
    let follower = Follower::of_queue(folder, &answering.endpoint(), &queue);
    // A deletion is told of before the server has seen it.
    let started = Instant::now();
    while queue.len() > 0 {
        assert!(started.elapsed() < PATIENCE, "it deletes all messages");
        let _ = deletions.recv_timeout(Duration::from_millis(100));
    }
    assert_eq!(follower.stop().code, Some(0));
    assert_eq!(number(folder, "lake", "SELECT count(*) FROM cloudtrail"), KILLS as u64);
    assert_eq!(number(folder, "lake", "SELECT count(*) FROM sources"), KILLS as u64);
}
