//! The ATT&CK techniques that reports speak of, and the table `mitre` of them.
//!
//! Headers name techniques as [`VERSION`] does, because the rule sets that people compare with still do. Later
//! versions gave some of them other ids: `mitre.csv` keeps the newer id beside the older, and is the only place
//! that does. It holds what concerns clouds and accounts, and nothing of malware or Windows.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::LazyLock;

use arrow::array::ArrayRef;
use arrow::array::RecordBatch;
use arrow::array::StringArray;
use arrow::datatypes::DataType;
use arrow::datatypes::Field;
use arrow::datatypes::Schema;

use crate::error::Error;
use crate::error::Result;

/// The version of ATT&CK whose ids the headers name.
pub const VERSION: &str = "v16";
/// The newest version of ATT&CK whose ids stand beside them.
pub const NEWER: &str = "v19";

/// One line a technique; the last two fields are empty where the newer version has the same id and name.
const LIST: &str = include_str!("mitre.csv");

static TECHNIQUES: LazyLock<Vec<Technique>> =
    LazyLock::new(|| LIST.lines().skip(1).filter_map(Technique::read).collect());

/// One technique of ATT&CK.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Technique {
    /// Its id in [`VERSION`], as `T1562.008`.
    pub id: &'static str,
    /// Its name there; that of a sub-technique follows the name of its technique and a colon.
    pub name: &'static str,
    /// What it is for, between semicolons.
    pub tactics: &'static str,
    /// Its id in [`NEWER`], often the same.
    pub newer_id: &'static str,
    /// Its name there.
    pub newer_name: &'static str,
}

impl Technique {
    fn read(line: &'static str) -> Option<Self> {
        let fields: Vec<_> = line.split(',').collect();
        let [id, name, tactics, newer_id, newer_name] = fields[..] else { return None };
        let or = |text: &'static str, same| if text.is_empty() { same } else { text };
        Some(Self { id, name, tactics, newer_id: or(newer_id, id), newer_name: or(newer_name, name) })
    }

    /// The technique of an id: first as [`VERSION`] numbers them, then as [`NEWER`] does.
    pub fn find(id: &str) -> Option<&'static Self> {
        let by = |of: fn(&Self) -> &str| TECHNIQUES.iter().find(|technique| of(technique) == id);
        by(|technique| technique.id).or_else(|| by(|technique| technique.newer_id))
    }

    /// What an id stands for: the name in the version it is of, and the id in the other one if that differs.
    pub fn meaning(id: &str) -> Option<String> {
        let found = Self::find(id)?;
        Some(match found.newer_id {
            newer if newer == found.id => found.name.to_owned(),
            newer if newer == id => format!("{} ({} in {VERSION})", found.newer_name, found.id),
            newer => format!("{} ({newer} in {NEWER})", found.name),
        })
    }
}

/// The column of the table, what it holds, and where from.
type Shown = (&'static str, &'static str, fn(&Technique) -> &'static str);

const COLUMNS: [Shown; 5] = [
    (
        "id",
        "The id in ATT&CK v16, as the headers of the reports name it: \
         SELECT r.name, m.name FROM reports AS r JOIN mitre AS m ON array_has(r.mitre, m.id)",
        |technique| technique.id,
    ),
    (
        "name",
        "The name in ATT&CK v16; for a sub-technique, the technique and a colon stand before it",
        |it| it.name,
    ),
    ("tactics", "What it is for: the tactics in ATT&CK v16, between semicolons", |it| it.tactics),
    (
        "v19_id",
        "The id in ATT&CK v19, another one where that version numbered techniques anew, as all below T1562",
        |it| it.newer_id,
    ),
    ("v19_name", "The name in ATT&CK v19", |it| it.newer_name),
];

/// The table `mitre`: one row for each technique, in the order of the ids.
///
/// # Errors
/// Never, unless there is a bug.
pub fn techniques() -> Result<RecordBatch> {
    let fields = COLUMNS.map(|(name, comment, _)| {
        let comment = HashMap::from([("comment".to_owned(), comment.to_owned())]);
        Field::new(name, DataType::Utf8, false).with_metadata(comment)
    });
    let texts = |of: fn(&Technique) -> &'static str| -> ArrayRef {
        Arc::new(TECHNIQUES.iter().map(|technique| Some(of(technique))).collect::<StringArray>())
    };
    let columns = COLUMNS.map(|(_, _, of)| texts(of));
    RecordBatch::try_new(Arc::new(Schema::new(fields.to_vec())), columns.to_vec())
        .map_err(|error| Error::internal("the list of techniques is no table").caused_by(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_technique_in_order() {
        assert_eq!(TECHNIQUES.len(), LIST.lines().count() - 1, "a line has not five fields");
        assert!(TECHNIQUES.is_sorted_by(|one, next| one.id < next.id), "not sorted, or an id is there twice");
        for technique in TECHNIQUES.iter() {
            let Technique { id, name, tactics, newer_id, newer_name } = technique;
            for text in [name, tactics, newer_name] {
                assert!(!text.is_empty() && text.trim() == *text, "{id}: {text:?}");
            }
            if let Some((parent, _)) = id.split_once('.') {
                let parent =
                    Technique::find(parent).unwrap_or_else(|| panic!("{id} has no technique above it"));
                assert!(name.starts_with(&format!("{}: ", parent.name)), "{id}: {name}");
            }
            assert!((newer_id == id) == (newer_name == name), "{id}");
        }
    }

    #[test]
    fn a_technique_is_found_by_its_older_and_its_newer_id() {
        let meaning = |id| Technique::meaning(id).unwrap_or_default();
        assert_eq!(meaning("T1078.004"), "Valid Accounts: Cloud Accounts");
        assert_eq!(meaning("T1562.008"), "Impair Defenses: Disable or Modify Cloud Logs (T1685.002 in v19)");
        assert_eq!(
            meaning("T1685.002"),
            "Disable or Modify Tools: Disable or Modify Cloud Log (T1562.008 in v16)"
        );
        assert_eq!(Technique::find("T9999"), None);
    }

    #[test]
    fn the_table_tells_which_version_it_speaks_of() {
        let table = techniques().unwrap();
        assert_eq!(table.num_rows(), TECHNIQUES.len());
        for field in table.schema().fields() {
            let comment = &field.metadata()["comment"];
            let version = if field.name().starts_with(NEWER) { NEWER } else { VERSION };
            assert!(comment.contains(version), "{}: {comment}", field.name());
        }
    }
}
