//! Saved questions: SQL files with a header, bundled with the program or the user's own.
//!
//! A report is one file, `sql/<group>/<name>.sql`. Its header says what it asks, how bad an answer is, and which
//! parameters it takes; see `sql/README.md`. It is plain SQL: where it says `$name`, the parsed statement gets the
//! value or the default as an expression, so nothing is ever spliced into text, `now()` stays alive, and what an
//! outer query filters is pushed into the report.
//!
//! [`Registry`] knows all reports, [`Views`] makes them usable in SQL, each planned only when it is named.

mod catalogue;
mod folder;
mod function;
pub mod header;
pub mod mitre;
pub mod param;
mod report;
mod statement;
mod views;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::error::Error;
use crate::error::Result;
use crate::reports::header::Fault;

pub use catalogue::catalogue;
pub use header::Header;
pub use header::Severity;
pub use mitre::Technique;
pub use param::Param;
pub use report::NARROWING;
pub use report::Question;
pub use report::Report;
pub use views::SCHEMA;
pub use views::Views;

/// Every file of `sql/` as the build script found it: group, name and text.
const BUNDLED: &[(&str, &str, &str)] = include!(concat!(env!("OUT_DIR"), "/reports.rs"));

/// How many names an error suggests.
const SUGGESTED: usize = 3;

/// All reports by name.
#[derive(Debug, Default)]
pub struct Registry {
    reports: BTreeMap<String, Entry>,
}

#[derive(Debug)]
enum Entry {
    Good(Arc<Report>),
    Broken { file: String, fault: Fault },
}

/// A file that may be a report.
struct File {
    group: String,
    name: String,
    /// Where it is, as it is shown.
    place: String,
    text: Cow<'static, str>,
}

impl Registry {
    /// The reports that come with the program.
    pub fn bundled() -> Self {
        let mut registry = Self::default();
        for (group, name, text) in BUNDLED {
            registry.add(File {
                group: (*group).to_owned(),
                name: (*name).to_owned(),
                place: format!("sql/{group}/{name}.sql"),
                text: Cow::Borrowed(text),
            });
        }
        registry
    }

    /// Adds the reports of a folder of the user, paths or URLs; one that has the name of an earlier one takes its
    /// place. A broken one is kept as an error for whoever asks for it.
    ///
    /// # Errors
    /// The folder cannot be read, or holds no report.
    pub async fn with_folder(self, folder: &str) -> Result<Self> {
        let files = folder::read(folder).await?;
        if files.is_empty() {
            return Err(Error::user(format!("there is no report in {folder}"))
                .hinted("a report is a file GROUP/NAME.sql or NAME.sql in that folder"));
        }
        Ok(self.with_files(files))
    }

    /// Adds the reports of a folder that may hold none.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub async fn with_folder_if_any(self, folder: &str) -> Result<Self> {
        let files = folder::read(folder).await?;
        Ok(self.with_files(files))
    }

    fn with_files(mut self, files: Vec<File>) -> Self {
        // Two of one name in one folder are a mistake; which one should hold?
        let mut places: BTreeMap<String, String> = BTreeMap::new();
        for file in files {
            let (name, place) = (file.name.clone(), file.place.clone());
            self.add_own(file);
            if let Some(other) = places.insert(name.clone(), place.clone()) {
                let message = format!("the name {name} is taken by {other}");
                self.reports.insert(name, Entry::Broken { file: place, fault: Fault::new(1, message) });
            }
        }
        self
    }

    fn add(&mut self, file: File) {
        let read = match self.reports.get(&file.name) {
            Some(other) => {
                Err(Fault::new(1, format!("the name {} is taken by {}", file.name, other.place())))
            }
            // What may be passed over in a user's own is a mistake in one that comes with the program.
            None => read(&file).and_then(|report| match &report.header.remark {
                Some(remark) => Err(remark.clone()),
                None => Ok(report),
            }),
        };
        self.reports.insert(file.name, Entry::new(file.place, read));
    }

    fn add_own(&mut self, file: File) {
        let replaces = self.reports.get(&file.name).map(|other| other.place().to_owned());
        let read = read(&file).and_then(|report| match report.fault() {
            // The bundled ones are checked by the tests, a user's own when it is read.
            Some(fault) => Err(fault.clone()),
            None => Ok(Report { own: true, replaces, ..report }),
        });
        self.reports.insert(file.name, Entry::new(file.place, read));
    }

    /// The reports that can be asked, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Report>> {
        self.reports.values().filter_map(|entry| match entry {
            Entry::Good(report) => Some(report),
            Entry::Broken { .. } => None,
        })
    }

    /// What is wrong with those that cannot be asked.
    pub fn problems(&self) -> impl Iterator<Item = Error> {
        self.reports.values().filter_map(|entry| match entry {
            Entry::Good(_) => None,
            Entry::Broken { file, fault } => Some(report::broken(file, fault)),
        })
    }

    /// What looks like a slip in those that can be asked.
    pub fn remarks(&self) -> impl Iterator<Item = Error> {
        self.iter().filter_map(|report| Some(report::broken(&report.file, report.header.remark.as_ref()?)))
    }

    /// The report of a name, or of `group/name`.
    ///
    /// # Errors
    /// There is none, and the error suggests others; or it is broken.
    pub fn find(&self, name: &str) -> Result<&Arc<Report>> {
        let (group, short) = match name.split_once('/') {
            Some((group, short)) => (Some(group), short),
            None => (None, name),
        };
        let short = short.strip_suffix(".sql").unwrap_or(short);
        match self.reports.get(short) {
            Some(Entry::Good(report)) if group.is_none_or(|group| report.group == group) => Ok(report),
            Some(Entry::Broken { file, fault }) => Err(report::broken(file, fault)),
            _ => {
                let near = nearest(short, self.iter().map(|report| report.name.as_str()));
                let error = Error::user(format!("there is no report {name}"));
                Err(match near.is_empty() {
                    true => error
                        .hinted("`trailql report list` shows them all, `report list --search WORDS` some"),
                    false => error.hinted(format!("did you mean {}?", near.join(", "))),
                })
            }
        }
    }
}

impl Entry {
    fn new(file: String, read: Result<Report, Fault>) -> Self {
        match read {
            Ok(report) => Self::Good(Arc::new(report)),
            Err(fault) => Self::Broken { file, fault },
        }
    }

    fn place(&self) -> &str {
        match self {
            Self::Good(report) => &report.file,
            Self::Broken { file, .. } => file,
        }
    }
}

fn read(file: &File) -> Result<Report, Fault> {
    let named = [("report", &file.name), ("group", &file.group)];
    match named.into_iter().find(|(_, name)| !param::is_name(name)) {
        Some((what, name)) => Err(Fault::new(
            1,
            format!("{name:?} is no name for a {what}: small letters, digits and _ after a first letter"),
        )),
        None => Report::read(&file.group, &file.name, file.place.clone(), file.text.clone()),
    }
}

/// The names most like one that does not exist, the likest first.
pub fn nearest<'a>(wrong: &str, names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let wrong = wrong.to_lowercase();
    let mut scored: Vec<_> = names
        .map(|name| {
            let alike = strsim::normalized_damerau_levenshtein(&wrong, name);
            let within = wrong.len() > 2 && (name.contains(&wrong) || wrong.contains(name));
            (if within { alike + 1.0 } else { alike }, name)
        })
        .filter(|(alike, _)| *alike >= 0.5)
        .collect();
    scored.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(right.1)));
    scored.into_iter().take(SUGGESTED).map(|(_, name)| name).collect()
}
