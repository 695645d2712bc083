//! Values as text, alike in every text format, and what makes text safe to show.

use std::borrow::Cow;
use std::fmt::Write;

use arrow::array::Array;
use arrow::array::ArrayRef;
use arrow::array::RecordBatch;
use arrow::array::StringArray;
use arrow::array::StringBuilder;
use arrow::array::UnionArray;
use arrow::buffer::NullBuffer;
use arrow::datatypes::DataType;
use arrow::datatypes::Field;
use arrow::datatypes::FieldRef;
use arrow::json::writer::NullableEncoder;
use arrow::json::writer::make_encoder;
use arrow::util::display::ArrayFormatter;
use arrow::util::display::FormatOptions;
use datafusion::error::DataFusionError;

use super::json;
use crate::error::Result;

/// Arrow's defaults are what we want: ISO 8601 with the fraction of a second only where there is one, hexadecimal
/// bytes, and the shortest decimal that reads back as the same float.
static OPTIONS: FormatOptions<'static> = FormatOptions::new();

/// One column of a batch, read as text value by value.
pub(super) struct Column<'a> {
    nulls: Option<NullBuffer>,
    values: Values<'a>,
    text: String,
}

enum Values<'a> {
    Flat(ArrayFormatter<'a>),
    /// Lists, structs and maps: JSON text.
    Nested(NullableEncoder<'a>, Vec<u8>),
    /// What SQL's JSON functions return: the value of whichever member holds it.
    Union(&'a UnionArray, Vec<(i8, Column<'a>)>),
}

/// Reads the columns of a batch.
pub(super) fn columns(batch: &RecordBatch) -> Result<Vec<Column<'_>>> {
    batch
        .schema_ref()
        .fields()
        .iter()
        .zip(batch.columns())
        .map(|(field, array)| Column::new(field, array.as_ref()))
        .collect()
}

/// Turns a whole column into text.
pub(super) fn strings(array: &ArrayRef) -> Result<StringArray> {
    let field = FieldRef::new(Field::new("", array.data_type().clone(), true));
    let mut column = Column::new(&field, array.as_ref())?;
    let mut texts = StringBuilder::new();
    for row in 0..array.len() {
        texts.append_option(column.value(row));
    }
    Ok(texts.finish())
}

impl<'a> Column<'a> {
    fn new(field: &'a FieldRef, array: &'a dyn Array) -> Result<Self> {
        let union = array.as_any().downcast_ref::<UnionArray>();
        let values = if let (Some(union), DataType::Union(members, _)) = (union, array.data_type()) {
            let members = members
                .iter()
                .map(|(id, member)| Ok((id, Column::new(member, union.child(id).as_ref())?)))
                .collect::<Result<_>>()?;
            Values::Union(union, members)
        } else if array.data_type().is_nested() {
            Values::Nested(
                make_encoder(field, array, json::options()).map_err(DataFusionError::from)?,
                Vec::new(),
            )
        } else {
            Values::Flat(ArrayFormatter::try_new(array, &OPTIONS).map_err(DataFusionError::from)?)
        };
        Ok(Self { nulls: array.logical_nulls(), values, text: String::new() })
    }

    /// Gives the value at `row`, or `None` where it is null. The text is as it stands, so it may hold anything.
    pub(super) fn value(&mut self, row: usize) -> Option<&str> {
        if self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            return None;
        }
        self.text.clear();
        match &mut self.values {
            // Writing to a string fails only if the formatter does, and that one spells its errors out.
            Values::Flat(formatter) => _ = write!(self.text, "{}", formatter.value(row)),
            Values::Nested(encoder, bytes) => {
                bytes.clear();
                encoder.encode(row, bytes);
                self.text.push_str(&String::from_utf8_lossy(bytes));
            }
            Values::Union(union, members) => {
                let id = union.type_id(row);
                let (_, member) = members.iter_mut().find(|(member, _)| *member == id)?;
                return member.value(union.value_offset(row));
            }
        }
        Some(&self.text)
    }
}

/// Makes text safe and honest to show: control characters, line breaks and the invisible characters that
/// reorder or hide text are spelled out. Logs hold what attackers typed, and an escape sequence can
/// rewrite the screen.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_treacherous) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for char in text.chars() {
        match char {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            char if !is_treacherous(char) => shown.push(char),
            char if u32::from(char) < 0x80 => _ = write!(shown, "\\x{:02x}", u32::from(char)),
            char => _ = write!(shown, "\\u{{{:x}}}", u32::from(char)),
        }
    }
    Cow::Owned(shown)
}

/// Makes a text of several lines safe to show, as [`visible`] does, but for its line breaks.
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    if !text.contains(|char| char != '\n' && is_treacherous(char)) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.split('\n').map(visible).collect::<Vec<_>>().join("\n"))
}

/// Tells whether a character acts on the screen instead of standing on it.
pub(super) fn is_treacherous(char: char) -> bool {
    char.is_control()
        || matches!(char,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{feff}'
            // Line separators and embeddings, isolates and invisible operators, annotations, tags.
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Counts things in words: `1 row`, `2,900 rows`.
pub fn count(number: u64, thing: &str) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let plural = if number == 1 { "" } else { "s" };
    format!("{grouped} {thing}{plural}")
}

#[cfg(test)]
mod tests {
    use super::count;
    use super::visible;

    #[test]
    fn counts_in_words() {
        let counts = [0, 1, 2, 999, 1000, 1_234_567].map(|number| count(number, "row"));
        assert_eq!(counts, ["0 rows", "1 row", "2 rows", "999 rows", "1,000 rows", "1,234,567 rows"]);
    }

    #[test]
    fn spells_out_what_acts_on_the_screen() {
        assert_eq!(visible("a\x1b[31m\r\n\t\x7f"), r"a\x1b[31m\r\n\t\x7f");
        assert_eq!(visible("\u{9b}0m \u{202e}gpj.exe"), r"\u{9b}0m \u{202e}gpj.exe");
        assert_eq!(visible("héllo 👩‍💻 日本"), "héllo 👩‍💻 日本");
    }
}
