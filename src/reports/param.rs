//! A parameter of a report: its type, its default, and how a text becomes its value.
//!
//! A value is an expression of parsed SQL, as the default is. So there is one way for both, a default such as `now()`
//! stays an expression wherever the report goes, and no text is ever put into other text.

use chrono::NaiveDate;
use chrono::SecondsFormat;
use datafusion::sql::parser::DFParserBuilder;
use datafusion::sql::sqlparser::ast::CastKind;
use datafusion::sql::sqlparser::ast::DataType;
use datafusion::sql::sqlparser::ast::ExactNumberInfo;
use datafusion::sql::sqlparser::ast::Expr;
use datafusion::sql::sqlparser::ast::TimezoneInfo;
use datafusion::sql::sqlparser::ast::Value;
use datafusion::sql::sqlparser::ast::visit_expressions;
use std::ops::ControlFlow;

use crate::dialect::DIALECT;
use crate::error::Error;
use crate::error::Result;
use crate::time;

/// What a parameter's values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Any text, taken as it stands.
    Text,
    /// A moment: ISO 8601, a day, or how long ago, as `7d`.
    Timestamp,
    /// A day: `2026-09-17`, or how long ago.
    Date,
    /// A length of time: `90s`, `10m`, `24h`, `7d`.
    Interval,
    /// A whole number of 64 bits.
    Integer,
    /// A number.
    Float,
    /// `true` or `false`.
    Boolean,
}

/// Every type with its name in headers.
pub const TYPES: &[(&str, Type)] = &[
    ("text", Type::Text),
    ("timestamp", Type::Timestamp),
    ("date", Type::Date),
    ("interval", Type::Interval),
    ("integer", Type::Integer),
    ("float", Type::Float),
    ("boolean", Type::Boolean),
];

/// One parameter, as the header declares it.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// Its name; the SQL says `$name`.
    pub name: String,
    /// The type of its values.
    pub kind: Type,
    /// What holds where no value is given; without one, a value is required.
    pub default: Option<Expr>,
    /// What it is for, in a few words.
    pub help: String,
}

impl Type {
    /// Its name in headers.
    pub fn name(self) -> &'static str {
        TYPES.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }

    fn sql(self) -> DataType {
        match self {
            Self::Text => DataType::Varchar(None),
            // Microseconds in UTC, as the lake's columns are, so that comparisons need no cast.
            Self::Timestamp => DataType::Timestamp(Some(6), TimezoneInfo::WithTimeZone),
            Self::Date => DataType::Date,
            Self::Interval => DataType::Interval { fields: None, precision: None },
            Self::Integer => DataType::BigInt(None),
            Self::Float => DataType::Double(ExactNumberInfo::None),
            Self::Boolean => DataType::Boolean,
        }
    }

    /// The one spelling of a value that SQL reads without doubt; the error says what to write instead.
    fn canonical(self, text: &str) -> Result<String, String> {
        let text = if self == Self::Text { text } else { text.trim() };
        match self {
            Self::Text => Ok(text.to_owned()),
            Self::Timestamp => {
                time::parse(text).map(|time| time.to_rfc3339_opts(SecondsFormat::Micros, true))
            }
            Self::Date => match NaiveDate::parse_from_str(text, "%Y-%m-%d") {
                Ok(day) => Ok(day.to_string()),
                Err(_) => time::parse(text)
                    .map(|time| time.date_naive().to_string())
                    .map_err(|_| "not a day: write 2026-09-17, or how long ago, as 7d".to_owned()),
            },
            Self::Interval => time::length(text)
                .map(|length| format!("{} seconds", length.num_seconds()))
                .ok_or_else(|| "not a length of time: write 90s, 10m, 24h or 7d".to_owned()),
            Self::Integer => text
                .parse()
                .map(|number: i64| number.to_string())
                .map_err(|_| "not a whole number of 64 bits".to_owned()),
            Self::Float => match text.parse::<f64>() {
                Ok(number) if number.is_finite() => Ok(number.to_string()),
                _ => Err("not a number".to_owned()),
            },
            Self::Boolean => match text.to_ascii_lowercase().as_str() {
                "true" | "yes" => Ok("true".to_owned()),
                "false" | "no" => Ok("false".to_owned()),
                _ => Err("neither true nor false".to_owned()),
            },
        }
    }

    fn cast(self, expr: Expr) -> Expr {
        Expr::Cast {
            kind: CastKind::Cast,
            expr: Box::new(expr),
            data_type: self.sql(),
            array: false,
            format: None,
        }
    }
}

impl Param {
    /// Reads a declaration: `name type = default -- help`, or without a default: `name type -- help`.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let (declared, help) = split_help(text);
        let help = help.map(str::trim).filter(|help| !help.is_empty());
        let help = help.ok_or("a parameter needs ` -- ` and what it is for")?.to_owned();
        let (head, default) = match declared.split_once('=') {
            Some((head, default)) => (head, Some(default.trim())),
            None => (declared, None),
        };
        let words: Vec<_> = head.split_whitespace().collect();
        let [name, kind] = words.as_slice() else {
            return Err("a parameter is written `name type = default -- what it is for`".to_owned());
        };
        if !is_name(name) {
            return Err(format!("{name} is no name: small letters, digits and _ after a first letter"));
        }
        let Some((_, kind)) = TYPES.iter().find(|(known, _)| known == kind) else {
            let known: Vec<_> = TYPES.iter().map(|(known, _)| *known).collect();
            return Err(format!("{kind} is no type; there are {}", known.join(", ")));
        };
        let default = default.map(read_default).transpose()?;
        Ok(Self { name: (*name).to_owned(), kind: *kind, default, help })
    }

    /// Makes a value of what somebody typed.
    ///
    /// # Errors
    /// The text is no value of the type; the error says what is.
    pub fn value(&self, text: &str) -> Result<Expr> {
        let canonical = self
            .kind
            .canonical(text)
            .map_err(|wrong| Error::user(format!("{}: {text:?} is {wrong}", self.name)))?;
        let literal = Expr::Value(Value::SingleQuotedString(canonical).with_empty_span());
        // A bare literal is what table functions see a constant text in.
        Ok(if self.kind == Type::Text { literal } else { self.kind.cast(literal) })
    }

    /// The default as a value of the type.
    pub(super) fn default_value(&self) -> Option<Expr> {
        let default = self.default.clone()?;
        Some(match default {
            Expr::Value(ref value)
                if self.kind == Type::Text && matches!(value.value, Value::SingleQuotedString(_)) =>
            {
                default
            }
            other => self.kind.cast(Expr::Nested(Box::new(other))),
        })
    }
}

/// Tells whether a name can be that of a report, a group or a parameter.
pub(super) fn is_name(name: &str) -> bool {
    let tail = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    name.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase()) && name.bytes().all(tail)
}

/// Splits at the first ` -- ` that stands in no quoted text.
fn split_help(text: &str) -> (&str, Option<&str>) {
    let mut quoted = false;
    for (at, letter) in text.char_indices() {
        if letter == '\'' {
            quoted = !quoted;
        }
        if !quoted && text.get(at..).is_some_and(|rest| rest.starts_with("--")) {
            return (text.get(..at).unwrap_or_default(), text.get(at + 2..));
        }
    }
    (text, None)
}

/// Reads a default: one expression that looks at nothing but itself.
fn read_default(text: &str) -> Result<Expr, String> {
    let parsed = DFParserBuilder::new(text)
        .with_dialect(&DIALECT)
        .build()
        .and_then(|mut parser| parser.parse_into_expr());
    let expr = match parsed {
        Ok(parsed) if parsed.alias.is_none() => parsed.expr,
        Ok(_) => return Err(format!("the default {text} is more than one expression")),
        Err(error) => return Err(format!("the default {text} is no SQL expression: {}", Error::from(error))),
    };
    let stranger = visit_expressions(&expr, |part| match part {
        Expr::Identifier(name) => {
            ControlFlow::Break(format!("the default names a column, {name}; a text stands in single quotes"))
        }
        Expr::CompoundIdentifier(_) => ControlFlow::Break("the default names a column".to_owned()),
        Expr::Value(value) if matches!(value.value, Value::Placeholder(_)) => {
            ControlFlow::Break(format!("the default names another parameter, {}", value.value))
        }
        Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => {
            ControlFlow::Break("the default is a query".to_owned())
        }
        _ => ControlFlow::Continue(()),
    });
    match stranger {
        ControlFlow::Break(wrong) => Err(wrong),
        ControlFlow::Continue(()) => Ok(expr),
    }
}
