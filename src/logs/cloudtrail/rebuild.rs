//! Makes a row the JSON it was read from again.
//!
//! `unmapped` always wins: what stands there is written as it is, and a column only fills what is missing. So
//! every record comes back equal, as JSON, to what was read, whatever its fields and types were.

use arrow::array::Array;
use arrow::array::ArrayRef;
use arrow::array::AsArray;
use arrow::array::BooleanArray;
use arrow::array::StringViewArray;
use arrow::array::StringViewBuilder;
use arrow::array::TimestampMicrosecondArray;
use arrow::compute::cast;
use arrow::datatypes::DataType;
use arrow::datatypes::TimestampMicrosecondType;
use arrow::error::ArrowError;

use crate::logs::ColumnType;
use crate::logs::cloudtrail::columns::FIELDS;
use crate::logs::cloudtrail::columns::Node;
use crate::logs::cloudtrail::columns::Spelling;
use crate::logs::cloudtrail::time;
use crate::logs::json;
use crate::logs::json::Members;
use crate::logs::json::Span;

/// The columns that [`rebuild`] takes, in its order: name and type.
pub fn inputs() -> Vec<(&'static str, ColumnType)> {
    let kind = |spelling| match spelling {
        Spelling::Text | Spelling::Json => ColumnType::Text,
        Spelling::Flag | Spelling::FlagText => ColumnType::Boolean,
        Spelling::Time => ColumnType::Timestamp,
    };
    let fields = FIELDS.iter().map(|field| (field.column, kind(field.spelling)));
    fields.chain([("unmapped", ColumnType::Json)]).collect()
}

/// Writes the record of each row as JSON.
///
/// # Errors
/// The arrays are not those of [`inputs`].
pub fn rebuild(arrays: &[ArrayRef], rows: usize) -> Result<StringViewArray, ArrowError> {
    let columns = arrays.iter().map(Values::new).collect::<Result<Vec<_>, _>>()?;
    let Some((Values::Text(unmapped), fields)) = columns.split_last() else {
        return Err(ArrowError::InvalidArgumentError("the columns of a record are missing".to_owned()));
    };
    let mut built = StringViewBuilder::with_capacity(rows);
    let mut out = Vec::new();
    for row in 0..rows {
        out.clear();
        let rest = unmapped.is_valid(row).then(|| unmapped.value(row).as_bytes());
        Row { fields, row }.write_node(Node::Record, rest, &mut out);
        built.append_value(String::from_utf8_lossy(&out));
    }
    Ok(built.finish())
}

/// The values of one column.
enum Values {
    Text(StringViewArray),
    Flag(BooleanArray),
    Time(TimestampMicrosecondArray),
}

impl Values {
    fn new(array: &ArrayRef) -> Result<Self, ArrowError> {
        Ok(match array.data_type() {
            DataType::Boolean => Self::Flag(array.as_boolean().clone()),
            DataType::Timestamp(_, _) => {
                let micros = DataType::Timestamp(arrow::datatypes::TimeUnit::Microsecond, None);
                Self::Time(cast(array, &micros)?.as_primitive::<TimestampMicrosecondType>().clone())
            }
            _ => Self::Text(cast(array, &DataType::Utf8View)?.as_string_view().clone()),
        })
    }

    fn is_valid(&self, row: usize) -> bool {
        match self {
            Self::Text(array) => array.is_valid(row),
            Self::Flag(array) => array.is_valid(row),
            Self::Time(array) => array.is_valid(row),
        }
    }
}

struct Row<'a> {
    fields: &'a [Values],
    row: usize,
}

impl Row<'_> {
    /// Tells whether a node, or a node in it, has a column with a value.
    fn has_columns(&self, node: Node) -> bool {
        let own = FIELDS
            .iter()
            .zip(self.fields)
            .any(|(field, values)| field.node == node && values.is_valid(self.row));
        own || Node::CHILDREN.iter().any(|(child, parent, _)| *parent == node && self.has_columns(*child))
    }

    /// Writes a node: what `unmapped` says of it, then what the columns add.
    fn write_node(&self, node: Node, rest: Option<&[u8]>, out: &mut Vec<u8>) {
        let children = || Node::CHILDREN.iter().filter(|(_, parent, _)| *parent == node);
        let rest = rest.unwrap_or(b"{}");
        let kept: Vec<(&[u8], &[u8])> = Members::new(rest, 0)
            .map_while(Result::ok)
            .map(|member| (unquoted(member.key.of(rest)), member.value.of(rest)))
            .collect();
        let is_kept = |key: &str| kept.iter().any(|(kept, _)| same(kept, key));
        out.push(b'{');
        for (key, value) in &kept {
            let merged = children().find(|(child, _, name)| {
                same(key, name) && value.starts_with(b"{") && self.has_columns(*child)
            });
            begin(out, key);
            match merged {
                Some((child, _, _)) => self.write_node(*child, Some(value), out),
                None => out.extend_from_slice(value),
            }
        }
        for (field, values) in FIELDS.iter().zip(self.fields) {
            if field.node == node && values.is_valid(self.row) && !is_kept(field.key) {
                begin(out, field.key.as_bytes());
                self.write_value(values, field.spelling, out);
            }
        }
        for (child, _, key) in children() {
            if !is_kept(key) && self.has_columns(*child) {
                begin(out, key.as_bytes());
                self.write_node(*child, None, out);
            }
        }
        out.push(b'}');
    }

    fn write_value(&self, values: &Values, spelling: Spelling, out: &mut Vec<u8>) {
        match values {
            Values::Text(array) if spelling == Spelling::Json => {
                out.extend_from_slice(array.value(self.row).as_bytes());
            }
            Values::Text(array) => json::write_text(out, array.value(self.row)),
            Values::Time(array) => time::write(out, array.value(self.row)),
            Values::Flag(array) => {
                let word = if array.value(self.row) { "true" } else { "false" };
                match spelling {
                    Spelling::FlagText => json::write_text(out, word),
                    _ => out.extend_from_slice(word.as_bytes()),
                }
            }
        }
    }
}

fn begin(out: &mut Vec<u8>, key: &[u8]) {
    if out.last() != Some(&b'{') {
        out.push(b',');
    }
    out.push(b'"');
    out.extend_from_slice(key);
    out.extend_from_slice(b"\":");
}

fn unquoted(key: &[u8]) -> &[u8] {
    Span { start: 1, end: key.len().saturating_sub(1) }.of(key)
}

/// Compares a key as it stands in JSON, perhaps escaped, to a name.
fn same(key: &[u8], name: &str) -> bool {
    if memchr::memchr(b'\\', key).is_none() {
        return key == name.as_bytes();
    }
    let quoted = [b"\"", key, b"\""].concat();
    json::text(&quoted).is_some_and(|key| key == name)
}
