//! An archive of evidence: the same bytes twice, hashes that `sha256sum` checks, and a page that needs nothing else.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::process::Command;

use crate::program;
use crate::trail::REGIONS;
use crate::trail::Signer;
use crate::trail::Trail;

fn run(folder: &Path, arguments: &[&str]) -> program::Ended {
    program::run(folder, &[&["--lake", "lake"][..], arguments].concat())
}

/// The parts of an archive by their names.
fn parts(path: &Path) -> BTreeMap<String, String> {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
    let mut parts = BTreeMap::new();
    for place in 0..archive.len() {
        let mut part = archive.by_index(place).unwrap();
        let mut text = String::new();
        part.read_to_string(&mut text).unwrap();
        parts.insert(part.name().unwrap().into_owned(), text);
    }
    parts
}

#[test]
fn an_archive_is_the_same_twice_and_its_hashes_hold() {
    let signer = Signer::named("trail");
    let folder = tempfile::tempdir().unwrap();
    let trail = Trail::make(&signer, |account, region, _| account != "111122223333" || region != REGIONS[0]);
    trail.write(&folder.path().join("copy"));
    let keys =
        serde_json::json!({"PublicKeyList": [{"Value": signer.value(), "Fingerprint": signer.fingerprint}]});
    std::fs::write(folder.path().join("keys.json"), keys.to_string()).unwrap();
    assert_eq!(run(folder.path(), &["ingest", "copy"]).code, Some(0));
    assert_eq!(run(folder.path(), &["keys", "import", "keys.json"]).code, Some(0));
    assert_eq!(run(folder.path(), &["verify"]).code, Some(3));
    let query = "SELECT event_time, event_name, event_id, source_file, now() AS asked FROM cloudtrail \
                 WHERE event_time < '2026-09-15' AND event_id NOT LIKE '%-10__'";
    let make = |name: &str| {
        let arguments = [
            "evidence",
            "--out",
            name,
            query,
            "principals_by_account",
            "user_activity",
            "--param",
            "who=root",
        ];
        let ended = run(folder.path(), &arguments);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        std::fs::read(folder.path().join(name)).unwrap()
    };
    assert!(make("one.zip") == make("two.zip"), "the archive is another the second time");

    let parts = parts(&folder.path().join("one.zip"));
    let unpacked = folder.path().join("unpacked");
    for (name, text) in &parts {
        let path = unpacked.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let checked =
        Command::new("sha256sum").args(["-c", "manifest.sha256"]).current_dir(&unpacked).output().unwrap();
    assert!(checked.status.success(), "{checked:?}");
    assert_eq!(parts["manifest.sha256"].lines().count(), parts.len() - 1);
    let answer = &parts["questions/01_query.csv"];
    assert_eq!(answer.lines().count(), 1 + 24, "{answer}");
    assert!(parts["keys.csv"].contains(&signer.fingerprint) && parts["digests.csv"].lines().count() > 24);
    assert!(parts["verdicts.csv"].contains("verified"));
    let page = &parts["index.html"];
    assert!(page.contains("<svg") && page.contains("default-src 'none'") && !page.contains("<script"));
    // Nothing is fetched: the page names no address but as text.
    assert!(!page.contains("src=\"") && !page.contains("href=\""));
    // Where rows name their files, only these are in it.
    assert_eq!(
        run(folder.path(), &["evidence", "--out", "few.zip", &format!("{query} LIMIT 3")]).code,
        Some(0)
    );
    let few = self::parts(&folder.path().join("few.zip"));
    assert!(few["sources.csv"].lines().count() <= 4, "{}", few["sources.csv"]);
}
