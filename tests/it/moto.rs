//! AWS for tests: moto, on a port of its own, in a Python environment of its own.

use std::io::BufRead;
use std::io::BufReader;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::mpsc;
use std::time::Duration;

use crate::program::Ended;
use crate::program::trailql;
use crate::proxy::exchange;
use crate::python;

/// What is installed; exact versions, so that every run meets the same server.
const PACKAGES: &[&str] = &["moto[server]==5.2.5"];

/// Serves until standard input is closed, which it is when the test ends, however it ends.
///
/// Moto looks whether an object exists and then stores it, without a lock in between; S3 has one. It keeps that a
/// bucket tells EventBridge, but does not say so when asked; what a bucket does not have has another name than in S3; and
/// a queue loses its policy when another attribute is set. Whether access logs may be delivered it finds out from
/// statements of one form only, and fails at others; and statements with a condition always hold.
const SERVER: &str = r#"
import json, sys, threading
from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.models import FakeBucket
from moto.s3.responses import S3Response
from moto.sqs.models import Queue
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

class Quiet(WSGIRequestHandler):
    def log(self, *_):
        pass

serialized = S3Response.serialized
NAMES = {"Versioning": "VersioningConfiguration", "Logging": "BucketLoggingStatus",
         "Notification": "NotificationConfiguration", "NotificationConfiguration": "NotificationConfiguration"}

def named(self, result):
    status, headers, body = serialized(self, result)
    if isinstance(body, str):
        for name, own in NAMES.items():
            body = body.replace(f"GetBucket{name}Response", own)
    return status, headers, body

S3Response.serialized = named
told = S3Response.get_bucket_notification

def get_bucket_notification(self):
    status, headers, body = told(self)
    kept = self.backend.get_bucket_notification_configuration(self.bucket_name)
    if kept and kept.event_bridge is not None:
        root = "NotificationConfiguration"
        if not body.endswith(f"</{root}>"):
            body = body.replace("/>", f"></{root}>")
        body = body.replace(f"</{root}>", f"<EventBridgeConfiguration></EventBridgeConfiguration></{root}>")
    return status, headers, body

S3Response.get_bucket_notification = get_bucket_notification

def may_log(target_bucket, target_prefix):
    policy = target_bucket.policy
    statements = json.loads(policy.decode())["Statement"] if policy else []
    principals = [it["Principal"] for it in statements if it["Effect"] == "Allow"]
    return any(isinstance(it, dict) and it.get("Service") == "logging.s3.amazonaws.com" for it in principals)

def permission(self, action, resource):
    policy = json.loads(self.policy.decode()) if self.policy else {"Statement": []}
    policy["Statement"] = [it for it in policy["Statement"] if "Condition" not in it]
    if not policy["Statement"]:
        return PermissionResult.NEUTRAL
    return IAMPolicy(json.dumps(policy)).is_action_permitted(action, resource)

FakeBucket._log_permissions_enabled_policy = staticmethod(may_log)
FakeBucket.get_permission = permission
set_attributes = Queue._set_attributes

def keep_policy(self, attributes, now=None):
    policy = getattr(self, "_policy_json", None)
    if "Policy" not in attributes and policy:
        attributes = {**attributes, "Policy": policy if isinstance(policy, str) else json.dumps(policy)}
    set_attributes(self, attributes, now)

Queue._set_attributes = keep_policy
moto = DomainDispatcherApplication(create_backend_app)
creating = threading.Lock()

def answer(environ, start):
    if "HTTP_IF_NONE_MATCH" in environ and environ["REQUEST_METHOD"] == "PUT":
        with creating:
            return moto(environ, start)
    return moto(environ, start)

server = make_server("127.0.0.1", 0, answer, threaded=True, request_handler=Quiet)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.port, flush=True)
sys.stdin.read()
"#;

/// How long the server may take to start on a slow machine.
const PATIENCE: Duration = Duration::from_mins(2);

pub(crate) const REGION: &str = "eu-central-1";
pub(crate) const ACCESS_KEY: &str = "AKIAIOSFODNN7EXAMPLE";
pub(crate) const SECRET_KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/// A running server; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Moto {
    server: Child,
    port: u16,
}

impl Drop for Moto {
    fn drop(&mut self) {
        // It may have ended; there is nothing to do about either failure.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Moto {
    /// Starts a server; none where there is no Python or no package index.
    pub(crate) fn start() -> Option<Self> {
        let python = python::with_packages("moto", PACKAGES)?;
        let mut server = Command::new(python)
            .args(["-c", SERVER])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = server.stdout.take().unwrap();
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            let read = BufReader::new(output).read_line(&mut line);
            // Nobody listens any more when it took too long.
            let _ = sender.send(read.map(|_| line));
        });
        // Made before the port is known, so that the server ends if it never is.
        let mut moto = Self { server, port: 0 };
        let line = receiver.recv_timeout(PATIENCE).expect("moto starts in time").unwrap();
        moto.port = line.trim().parse().expect("moto prints its port");
        Some(moto)
    }

    /// The port that it listens on, at 127.0.0.1.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Its address.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Makes a bucket.
    pub(crate) fn create_bucket(&self, bucket: &str) {
        let place = format!("<LocationConstraint>{REGION}</LocationConstraint>");
        let body = format!("<CreateBucketConfiguration>{place}</CreateBucketConfiguration>");
        self.send("PUT", bucket, body.as_bytes());
    }

    /// Puts an object under any key, also one that `object_store` could not write.
    pub(crate) fn put(&self, bucket: &str, key: &str, bytes: &[u8]) {
        let escape = |byte: u8| match byte {
            b'/' | b'-' | b'.' | b'_' => char::from(byte).to_string(),
            _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        };
        let key: String = key.bytes().map(escape).collect();
        self.send("PUT", &format!("{bucket}/{key}"), bytes);
    }

    /// Sends a request.
    pub(crate) fn send(&self, method: &str, target: &str, body: &[u8]) {
        self.send_with(method, target, "", body);
    }

    /// Sends a request with further headers, each ended by a line break.
    pub(crate) fn send_with(&self, method: &str, target: &str, headers: &str, body: &[u8]) {
        // Moto does not check the signature, but takes the account and the region from it.
        let head = format!(
            "{method} /{target} HTTP/1.1\r\nhost: 127.0.0.1:{}\r\nauthorization: AWS4-HMAC-SHA256 \
             Credential={ACCESS_KEY}/20260917/{REGION}/s3/aws4_request, SignedHeaders=host, Signature=0\r\n\
             content-length: {}\r\n{headers}connection: close\r\n\r\n",
            self.port,
            body.len()
        );
        let answer = exchange(self.port, &[head.as_bytes(), body].concat()).unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 200"), "{target}: {}", String::from_utf8_lossy(&answer));
    }

    /// Puts the files of a folder, and of those in it, below a prefix.
    pub(crate) fn put_folder(&self, bucket: &str, prefix: &str, folder: &Path) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{prefix}/{}", entry.file_name().to_str().unwrap());
            if entry.path().is_dir() {
                self.put_folder(bucket, &name, &entry.path());
            } else {
                self.put(bucket, &name, &std::fs::read(entry.path()).unwrap());
            }
        }
    }
}

/// The interpreter that has moto, and with it boto3; none where there is no Python or no package index.
pub(crate) fn interpreter() -> Option<PathBuf> {
    python::with_packages("moto", PACKAGES)
}

/// The variables by which the program finds a server and may use it.
pub(crate) fn environment(endpoint: &str) -> Vec<(&'static str, String)> {
    vec![
        ("AWS_ENDPOINT_URL", endpoint.to_owned()),
        ("AWS_REGION", REGION.to_owned()),
        ("AWS_ACCESS_KEY_ID", ACCESS_KEY.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", SECRET_KEY.to_owned()),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
    ]
}

/// The program, to be run in a folder against a server.
pub(crate) fn command(folder: &Path, endpoint: &str, arguments: &[&str]) -> Command {
    let mut command = trailql(folder, arguments);
    command.envs(environment(endpoint));
    command
}

/// Runs the program against a server to its end.
pub(crate) fn run(folder: &Path, endpoint: &str, arguments: &[&str]) -> Ended {
    command(folder, endpoint, arguments).output().unwrap().into()
}
