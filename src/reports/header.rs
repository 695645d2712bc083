//! The header of a report: the comment lines it begins with.
//!
//! ```text
//! -- title: Root user console sign-ins
//! -- description: Lists every console sign-in of the root user.
//! -- severity: high
//! -- mitre: T1078.004
//! -- param: since timestamp = NULL -- Earliest event
//! --
//! -- Free notes, after an empty comment line.
//! ```

use std::fmt;

use crate::reports::mitre;
use crate::reports::mitre::Technique;
use crate::reports::param::Param;

/// How bad it is when a report finds something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing bad: it tells how things are.
    Info,
    /// Worth a look when time allows.
    Low,
    /// Needs an explanation.
    Medium,
    /// Needs an explanation today.
    High,
    /// Somebody should be woken up.
    Critical,
}

/// Every severity, the least first.
pub const SEVERITIES: [Severity; 5] =
    [Severity::Info, Severity::Low, Severity::Medium, Severity::High, Severity::Critical];

impl Severity {
    /// Its name in headers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// What the header of a report says.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// The question, as a heading.
    pub title: String,
    /// What it lists, in a sentence that a manager understands.
    pub description: String,
    /// How bad it is when it finds something.
    pub severity: Severity,
    /// The ids of the ATT&CK techniques it is about.
    pub mitre: Vec<String>,
    /// Its parameters, in the order they are declared.
    pub params: Vec<Param>,
    /// What is expected and what is suspicious, for who reads the rows; lines as they stood.
    pub notes: String,
    /// What looks like a slip, but does not make the report useless.
    pub(super) remark: Option<Fault>,
}

/// What is wrong with the text of a report, and in which line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// The line, from 1.
    pub(super) line: usize,
    pub(super) message: String,
}

impl Fault {
    pub(super) fn new(line: usize, message: impl Into<String>) -> Self {
        Self { line, message: message.into() }
    }
}

const KEYS: &str = "title, description, severity, mitre and param";

/// Reads the header that a report begins with.
pub(super) fn read(text: &str) -> Result<Header, Fault> {
    let mut title = None;
    let mut description = None;
    let mut severity = None;
    let mut techniques = None;
    let mut remark = None;
    let mut params: Vec<Param> = Vec::new();
    let mut lines = comments(text);
    for (line, said) in lines.by_ref() {
        if said.is_empty() {
            break;
        }
        let wrong = |message: String| Fault::new(line, message);
        let Some((key, value)) = said.split_once(':').map(|(key, value)| (key.trim_end(), value.trim()))
        else {
            return Err(wrong(format!(
                "a line of the header is `-- key: value` with one of {KEYS}; notes follow an empty `--` line"
            )));
        };
        if value.is_empty() {
            return Err(wrong(format!("{key} is empty")));
        }
        let twice = match key {
            "title" => title.replace(value.to_owned()).is_some(),
            "description" => description.replace(value.to_owned()).is_some(),
            "severity" => severity.replace(read_severity(value).map_err(wrong)?).is_some(),
            "mitre" => {
                let ids = read_mitre(value).map_err(wrong)?;
                // New techniques appear every half year: an id that the list lacks may well be right.
                let unknown = ids.iter().find(|id| Technique::find(id).is_none());
                remark = unknown.map(|id| {
                    let (version, newer) = (mitre::VERSION, mitre::NEWER);
                    wrong(format!("{id} is no technique of the table mitre (ATT&CK {version} and {newer})"))
                });
                techniques.replace(ids).is_some()
            }
            "param" => {
                let param = Param::read(value).map_err(wrong)?;
                if params.iter().any(|known| known.name == param.name) {
                    return Err(Fault::new(line, format!("the parameter {} is declared twice", param.name)));
                }
                params.push(param);
                false
            }
            _ => {
                return Err(wrong(format!("{key:?} is no key of a header; there are {KEYS}")));
            }
        };
        if twice {
            return Err(Fault::new(line, format!("{key} is given twice")));
        }
    }
    let notes: Vec<_> = lines.map(|(_, said)| said).collect();
    let missing = |key: &str| Fault::new(1, format!("the header has no {key}; write `-- {key}: ...`"));
    Ok(Header {
        title: title.ok_or_else(|| missing("title"))?,
        description: description.ok_or_else(|| missing("description"))?,
        severity: severity.ok_or_else(|| missing("severity"))?,
        mitre: techniques.unwrap_or_default(),
        params,
        notes: notes.join("\n").trim_matches('\n').to_owned(),
        remark,
    })
}

/// The comment lines a text begins with, numbered, without their dashes.
fn comments(text: &str) -> impl Iterator<Item = (usize, &str)> {
    // An editor may have put a byte order mark before the text.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.lines().enumerate().map_while(|(index, line)| {
        let said = line.strip_prefix("--")?;
        Some((index + 1, said.strip_prefix(' ').unwrap_or(said).trim_end()))
    })
}

fn read_severity(text: &str) -> Result<Severity, String> {
    SEVERITIES.into_iter().find(|severity| severity.name() == text).ok_or_else(|| {
        let known = SEVERITIES.map(Severity::name).join(", ");
        format!("{text:?} is no severity; there are {known}")
    })
}

/// Reads ATT&CK ids, `T1078` or `T1078.004`, between commas.
fn read_mitre(text: &str) -> Result<Vec<String>, String> {
    let digits = |text: &str, count| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_id = |id: &str| {
        id.strip_prefix('T').is_some_and(|number| match number.split_once('.') {
            Some((technique, sub)) => digits(technique, 4) && digits(sub, 3),
            None => digits(number, 4),
        })
    };
    let ids: Vec<_> = text.split(',').map(|id| id.trim().to_owned()).collect();
    match ids.iter().find(|id| !is_id(id)) {
        Some(wrong) => Err(format!("{wrong:?} is no ATT&CK technique; write T1078 or T1078.004")),
        None => Ok(ids),
    }
}
