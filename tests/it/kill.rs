//! Ingests that are killed at any moment, and ingests that run at the same time, end with the rows of one clean run.

use std::collections::BTreeSet;
use std::fs::File;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use flate2::Compression;
use flate2::GzBuilder;
use serde_json::json;

use crate::program::run;
use crate::program::trailql;

const DELIVERIES: usize = 48;
/// The second number of the issue: so many processes must die.
const KILLS: usize = 100;
/// So little memory that an ingest makes many commits.
const MEMORY: &str = "512KiB";

/// Writes a bucket of small deliveries over several days; each also holds an event of the day before.
pub(crate) fn write_bucket(folder: &Path) {
    for delivery in 0..DELIVERIES {
        let day = 10 + delivery / 8;
        let event = |number: usize| {
            let (day, hour) = if number == 0 { (day - 1, 23) } else { (day, delivery % 8) };
            json!({
                "eventVersion": "1.09",
                "eventTime": format!("2026-09-{day:02}T{hour:02}:{:02}:{:02}Z", number / 60, number % 60),
                "eventSource": "ec2.amazonaws.com",
                "eventName": (["DescribeInstances", "RunInstances", "StopInstances"][number % 3]),
                "awsRegion": "eu-central-1",
                "eventID": format!("{delivery:08}-{number:04}-4aaa-8bbb-cccccccccccc"),
                "userIdentity": {"type": "IAMUser", "accountId": "111122223333", "userName": format!("user{}", number % 7)},
                "requestParameters": {"instanceId": format!("i-{number:017x}"), "padding": "x".repeat(number * 7 % 90)},
                "recipientAccountId": "111122223333",
            })
        };
        let records: Vec<_> = (0..5 + delivery * 11 % 17).map(event).collect();
        let below = folder.join(format!("AWSLogs/111122223333/CloudTrail/eu-central-1/2026/09/{day}"));
        std::fs::create_dir_all(&below).unwrap();
        let name = format!(
            "111122223333_CloudTrail_eu-central-1_202609{day}T{:02}15Z_{delivery:016}.json.gz",
            delivery % 8
        );
        let file = File::create(below.join(name)).unwrap();
        let mut file = GzBuilder::new().write(file, Compression::fast());
        let text = json!({"Records": records}).to_string();
        // Every ninth delivery is cut, so that rejects have to survive, too.
        let end = if delivery % 9 == 4 { text.len() - 30 } else { text.len() };
        std::io::Write::write_all(&mut file, &text.as_bytes()[..end]).unwrap();
        file.finish().unwrap();
    }
}

/// A bucket, and what a lake of it holds after one clean run.
struct Case {
    folder: tempfile::TempDir,
    expected: String,
    /// How long the clean run took.
    duration: Duration,
}

impl Case {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        write_bucket(&folder.path().join("bucket"));
        let mut case = Self { folder, expected: String::new(), duration: Duration::ZERO };
        let started = Instant::now();
        case.finish("clean");
        case.duration = started.elapsed();
        case.expected = case.content("clean");
        let commits = commits(&case.lake("clean"));
        assert!(commits > 5, "one run makes only {commits} commits; a kill has to have something in between");
        case
    }

    fn lake(&self, lake: &str) -> PathBuf {
        self.folder.path().join(lake)
    }

    fn start(&self, lake: &str) -> Child {
        let mut command =
            trailql(self.folder.path(), &["--lake", lake, "ingest", "bucket", "--memory", MEMORY]);
        command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Runs an ingest to its end. 3: there are rejects; 0: there are none in what was left to do.
    fn finish(&self, lake: &str) {
        let ended = self.start(lake).wait_with_output().unwrap();
        assert!(matches!(ended.status.code(), Some(0 | 3)), "{ended:?}");
    }

    /// All that a lake holds, but for the times of the ingest, in an order of its own.
    fn content(&self, lake: &str) -> String {
        let queries = "SELECT * FROM cloudtrail ORDER BY source_file, source_index;
            SELECT * EXCEPT (ingested_at) FROM sources ORDER BY url;
            SELECT * EXCEPT (ingested_at) FROM rejects ORDER BY source_file, position";
        let ended = run(self.folder.path(), &["--lake", lake, "sql", "--format", "csv", queries]);
        assert_eq!(ended.code, Some(0), "{lake}: {}", ended.err);
        ended.out
    }

    fn holds_what_it_should(&self, lake: &str) {
        let content = self.content(lake);
        if content != self.expected {
            let strange: Vec<_> = difference(&content, &self.expected).take(5).collect();
            let missing: Vec<_> = difference(&self.expected, &content).take(5).collect();
            panic!("{lake} differs from a clean run\ntoo much: {strange:#?}\nmissing: {missing:#?}");
        }
    }
}

/// The lines of a text that another does not have so often.
fn difference<'a>(text: &'a str, other: &str) -> impl Iterator<Item = &'a str> {
    let count = |text: &str, line: &str| text.lines().filter(|other| *other == line).count();
    text.lines().filter(move |line| count(text, line) > count(other, line))
}

fn commits(lake: &Path) -> usize {
    let entries = std::fs::read_dir(lake.join("cloudtrail/_delta_log")).into_iter().flatten().flatten();
    entries.filter(|entry| entry.file_name().to_string_lossy().ends_with(".json")).count()
}

fn count_files(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| if entry.path().is_dir() { count_files(&entry.path()) } else { 1 }).sum()
}

/// When a process is to be killed.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// After a part of the time that a clean run takes.
    Time(f64),
    /// As soon as its lake has so many more files.
    Files(usize),
}

impl Moment {
    /// The n-th of an endless list that is spread evenly and looks like chance.
    fn nth(n: usize) -> Self {
        let spread = (n as f64 * 0.618_033_988_749_895).fract();
        if n.is_multiple_of(3) { Self::Files((spread * 60.0) as usize) } else { Self::Time(spread * 1.3) }
    }
}

/// Kills a process at the moment; tells whether it was still alive.
fn kill_at(case: &Case, child: &mut Child, moment: Moment, lake: &Path) -> bool {
    let started = Instant::now();
    let files_before = count_files(lake);
    while child.try_wait().unwrap().is_none() {
        let due = match moment {
            Moment::Time(part) => started.elapsed() >= case.duration.mul_f64(part),
            Moment::Files(files) => count_files(lake) >= files_before + files,
        };
        if due {
            child.kill().unwrap();
            break;
        }
        std::thread::sleep(Duration::from_micros(500));
    }
    let status = child.wait().unwrap();
    // 9 is SIGKILL.
    let killed = status.signal() == Some(9);
    assert!(killed || matches!(status.code(), Some(0 | 3)), "{status:?}");
    killed
}

#[test]
fn a_hundred_killed_ingests_end_as_one_clean_run() {
    let case = Case::new();
    let (kills, next) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let met = Mutex::new(BTreeSet::new());
    let work = || {
        while kills.load(Ordering::SeqCst) < KILLS {
            let round = next.fetch_add(1, Ordering::SeqCst);
            let lake = format!("lake-{round}");
            // Some lakes see one kill, some a row of them.
            for again in 0..1 + round % 5 {
                let mut child = case.start(&lake);
                let moment = Moment::nth(round * 5 + again);
                if kill_at(&case, &mut child, moment, &case.lake(&lake)) {
                    kills.fetch_add(1, Ordering::SeqCst);
                    met.lock().unwrap().insert(commits(&case.lake(&lake)));
                }
            }
            case.finish(&lake);
            case.holds_what_it_should(&lake);
            std::fs::remove_dir_all(case.lake(&lake)).unwrap();
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, |cores| cores.get().min(8)) {
            scope.spawn(work);
        }
    });
    let met = met.into_inner().unwrap();
    println!(
        "{} kills on {} lakes, with so many commits made: {met:?}",
        kills.into_inner(),
        next.into_inner()
    );
    assert!(met.len() > 5, "the kills met too few phases: {met:?}");
}

fn at_the_same_time(processes: usize) {
    let case = Case::new();
    for round in 0..3 {
        let lake = format!("lake-{round}");
        let children: Vec<_> = (0..processes).map(|_| case.start(&lake)).collect();
        for child in children {
            let ended = child.wait_with_output().unwrap();
            // 3: this one brought a delivery that is cut; 0: another one did.
            assert!(matches!(ended.status.code(), Some(0 | 3)), "{ended:?}");
        }
        case.holds_what_it_should(&lake);
    }
}

#[test]
fn two_ingests_at_once_end_as_one_clean_run() {
    at_the_same_time(2);
}

#[test]
fn four_ingests_at_once_end_as_one_clean_run() {
    at_the_same_time(4);
}
