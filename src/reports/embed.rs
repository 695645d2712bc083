//! The build script: puts every `sql/<group>/<name>.sql` into the program, so that nobody has to name it anywhere.
//!
//! It is a script and no macro because only a script can tell cargo to look again when a file is added.

use std::fmt::Write as _;
use std::io::Result;
use std::io::Write as _;
use std::path::Path;

fn main() -> Result<()> {
    writeln!(std::io::stdout(), "cargo::rerun-if-changed=sql")?;
    let mut code = String::from("&[\n");
    for group in names(Path::new("sql"))? {
        for file in names(&Path::new("sql").join(&group))? {
            if let Some(name) = file.strip_suffix(".sql") {
                let path = format!("/sql/{group}/{file}");
                let text = format!("include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), {path:?}))");
                // Writing to a String cannot fail.
                let _ = writeln!(code, "    ({group:?}, {name:?}, {text}),");
            }
        }
    }
    code.push_str("]\n");
    let folder = std::env::var_os("OUT_DIR").unwrap_or_default();
    std::fs::write(Path::new(&folder).join("reports.rs"), code)
}

/// The names in a folder, sorted; none where there is no folder.
fn names(folder: &Path) -> Result<Vec<String>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        names.extend(entry?.file_name().into_string());
    }
    names.sort();
    Ok(names)
}
