//! One report, and the question it becomes with values for its parameters.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use chrono::DateTime;
use chrono::Utc;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::Statement as Sql;

use crate::error::Error;
use crate::error::Result;
use crate::reports::header;
use crate::reports::header::Fault;
use crate::reports::header::Header;
use crate::reports::mitre::Technique;
use crate::reports::nearest;
use crate::reports::param::Param;
use crate::reports::statement;
use crate::time;

/// The words that narrow every report: a parameter where it has one of that name, else a filter over its rows.
pub const NARROWING: [&str; 4] = ["since", "until", "account", "region"];

/// A saved question.
#[derive(Debug)]
pub struct Report {
    /// Its name: that of the file.
    pub name: String,
    /// The group it belongs to: the folder.
    pub group: String,
    /// Where its text is: a path in the repository, or the URL of the user's own.
    pub file: String,
    /// Whether it is the user's own.
    pub own: bool,
    /// The file of the report that it stands in for.
    pub replaces: Option<String>,
    /// What its header says.
    pub header: Header,
    pub(super) text: Cow<'static, str>,
    /// Parsed when it is first asked for: most commands need no report's SQL at all.
    pub(super) query: OnceLock<Result<Sql, Fault>>,
}

/// A report with a value for each of its parameters.
#[derive(Clone, Debug)]
pub struct Question {
    /// The name of the report.
    pub(super) name: String,
    /// Where its text is.
    pub(super) file: String,
    pub(super) statement: Statement,
    pub(super) filters: Vec<Filter>,
}

/// A condition on the rows of a report that has no parameter for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Filter {
    Since(DateTime<Utc>),
    Until(DateTime<Utc>),
    Account(String),
    Region(String),
}

impl Report {
    pub(super) fn read(
        group: &str,
        name: &str,
        file: String,
        text: Cow<'static, str>,
    ) -> Result<Self, Fault> {
        let header = header::read(&text)?;
        Ok(Self {
            name: name.to_owned(),
            group: group.to_owned(),
            file,
            own: false,
            replaces: None,
            header,
            text,
            query: OnceLock::new(),
        })
    }

    /// The SQL below the header.
    pub fn sql(&self) -> &str {
        let mut rest = self.text.as_ref();
        while rest.starts_with("--") || rest.starts_with('\u{feff}') {
            rest = rest.split_once('\n').map_or("", |(_, after)| after);
        }
        rest.trim()
    }

    /// The parameters that have no default.
    pub fn required(&self) -> impl Iterator<Item = &Param> {
        self.header.params.iter().filter(|param| param.default.is_none())
    }

    /// The ATT&CK techniques it is about, as far as the table `mitre` knows them.
    pub fn techniques(&self) -> impl Iterator<Item = &'static Technique> {
        self.header.mitre.iter().filter_map(|id| Technique::find(id))
    }

    /// Tells whether it is the view `reports.<name>`: that needs a default for every parameter.
    pub fn is_view(&self) -> bool {
        self.required().next().is_none()
    }

    /// Tells whether every one of some words occurs in its name, group, title, description, notes or techniques.
    pub fn mentions(&self, words: &str) -> bool {
        let header = &self.header;
        let mut all = format!("{}/{}\n{}\n{}\n", self.group, self.name, header.title, header.description);
        all.extend([header.severity.name(), "\n", &header.notes, "\n", &header.mitre.join(" ")]);
        for technique in self.techniques() {
            all.extend(["\n", technique.name, "\n", technique.newer_id]);
        }
        let all = all.to_lowercase();
        words.to_lowercase().split_whitespace().all(|word| all.contains(word))
    }

    /// Checks the SQL, which no other method does before it is asked.
    ///
    /// # Errors
    /// It is no SQL, or its parameters are not those of the header; the error names file and line.
    pub fn check(&self) -> Result<()> {
        self.query().map(|_| ())
    }

    /// Makes the question that the report becomes with these values, names and texts; defaults hold for the rest.
    ///
    /// A value for one of [`NARROWING`] that the report does not declare filters its rows.
    ///
    /// # Errors
    /// There is no such parameter, a text is no value of its type, or one that is required is missing.
    pub fn ask(&self, given: &[(String, String)]) -> Result<Question> {
        let mut values = BTreeMap::new();
        let mut filters = Vec::new();
        for (place, (name, text)) in given.iter().enumerate() {
            if given.iter().take(place).any(|(earlier, _)| earlier == name) {
                return Err(Error::user(format!("{name} is given twice")));
            }
            match self.header.params.iter().find(|param| param.name == *name) {
                Some(param) => {
                    values.insert(name.clone(), param.value(text)?);
                }
                None => filters.push(self.filter(name, text)?),
            }
        }
        for param in &self.header.params {
            if let Some(default) = param.default_value() {
                values.entry(param.name.clone()).or_insert(default);
            }
        }
        let missing: Vec<_> = self.required().filter(|param| !values.contains_key(&param.name)).collect();
        if let Some(first) = missing.first() {
            let needs = missing.iter().map(|param| param.name.as_str()).collect::<Vec<_>>().join(" and ");
            return Err(Error::user(format!("the report {} needs {needs}", self.name)).hinted(format!(
                "{}; give it as {}=..., with --param, or in report('{}', '{}=...')",
                first.help, first.name, self.name, first.name
            )));
        }
        let mut query = self.query()?.clone();
        statement::bind(&mut query, &values);
        Ok(Question {
            name: self.name.clone(),
            file: self.file.clone(),
            statement: Statement::Statement(Box::new(query)),
            filters,
        })
    }

    fn filter(&self, name: &str, text: &str) -> Result<Filter> {
        let time = |text: &str| {
            time::parse(text).map_err(|wrong| Error::user(format!("{name}: {text:?} is {wrong}")))
        };
        match name {
            "since" => Ok(Filter::Since(time(text)?)),
            "until" => Ok(Filter::Until(time(text)?)),
            "account" => Ok(Filter::Account(text.to_owned())),
            "region" => Ok(Filter::Region(text.to_owned())),
            _ => {
                let known: Vec<_> = self.header.params.iter().map(|param| param.name.as_str()).collect();
                let error = Error::user(format!("the report {} has no parameter {name}", self.name));
                let near = nearest(name, known.iter().copied().chain(NARROWING));
                Err(match near.is_empty() {
                    false => error.hinted(format!("did you mean {}?", near.join(" or "))),
                    true if known.is_empty() => error.hinted("it has none"),
                    true => error.hinted(format!("it has {}", known.join(", "))),
                })
            }
        }
    }

    fn query(&self) -> Result<&Sql> {
        self.parsed().map_err(|fault| broken(&self.file, fault))
    }

    /// What is wrong with the SQL.
    pub(super) fn fault(&self) -> Option<&Fault> {
        self.parsed().err()
    }

    fn parsed(&self) -> Result<&Sql, &Fault> {
        self.query.get_or_init(|| statement::read(&self.text, &self.header)).as_ref()
    }
}

/// The error for a report that cannot be read.
pub(super) fn broken(file: &str, fault: &Fault) -> Error {
    Error::user(format!("{file}:{}: {}", fault.line, fault.message))
        .hinted("sql/README.md of trailql tells how a report is written")
}
