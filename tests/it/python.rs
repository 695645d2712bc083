//! Python environments for the tests that ask other programs: made once, kept below `target`, with exact versions.

use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::available;

/// The tests of one run are threads of one process, and must not make one environment twice at a time.
static MAKING: Mutex<()> = Mutex::new(());

/// The interpreter of an environment of that name that has the packages; none where they cannot be had.
pub(crate) fn with_packages(name: &str, packages: &[&str]) -> Option<PathBuf> {
    let _making = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let (python, marker) = (folder.join("bin/python"), folder.join("packages"));
    let pins = packages.join("\n");
    if std::fs::read_to_string(&marker).is_ok_and(|installed| installed == pins) {
        return Some(python);
    }
    let made = succeeds(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder));
    if !available("python3 with the module venv", made) {
        return None;
    }
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"];
    let installed = succeeds(Command::new(&python).args(pip).args(packages));
    if !available(&format!("package index that has {}", packages.join(", ")), installed) {
        return None;
    }
    std::fs::write(marker, pins).unwrap();
    Some(python)
}

fn succeeds(command: &mut Command) -> bool {
    match command.output() {
        Ok(output) if output.status.success() => true,
        Ok(output) => {
            println!("{command:?}: {}", String::from_utf8_lossy(&output.stderr));
            false
        }
        Err(error) => {
            println!("{command:?}: {error}");
            false
        }
    }
}
