//! `json`, one array of objects, and `ndjson`, one object per line.
//!
//! Every key is there in every object, nulls too, so that the first line tells all columns. Integers are written
//! with all their digits. What JSON has no number for, `NaN` and the infinities, is null.

use std::fmt::Write;
use std::sync::Arc;
use std::sync::LazyLock;

use arrow::array::Array;
use arrow::array::RecordBatch;
use arrow::array::StructArray;
use arrow::array::UnionArray;
use arrow::datatypes::DataType;
use arrow::datatypes::Field;
use arrow::datatypes::FieldRef;
use arrow::error::ArrowError;
use arrow::json::writer::Encoder as ValueEncoder;
use arrow::json::writer::EncoderFactory;
use arrow::json::writer::EncoderOptions;
use arrow::json::writer::NullableEncoder;
use arrow::json::writer::make_encoder;
use arrow::util::display::ArrayFormatter;
use arrow::util::display::FormatOptions;
use datafusion::error::DataFusionError;

use super::Encoder;
use super::Format;
use super::shape;
use super::text;
use crate::error::Result;

/// One JSON array.
pub(super) const JSON: Format = Format {
    name: "json",
    about: "one JSON array of objects",
    binary: false,
    types: shape::plain,
    begin: |_, look, _| {
        Ok(Box::new(Objects { array: true, first: true, terminal: look.screen.width.is_some() }))
    },
};

/// One object per line.
pub(super) const NDJSON: Format = Format {
    name: "ndjson",
    about: "one JSON object per line",
    binary: false,
    types: shape::plain,
    begin: |_, look, _| {
        Ok(Box::new(Objects { array: false, first: true, terminal: look.screen.width.is_some() }))
    },
};

/// How Arrow's JSON encoders write values, here and for nested values in other text formats.
pub(super) fn options() -> &'static EncoderOptions {
    static OPTIONS: LazyLock<EncoderOptions> = LazyLock::new(|| {
        EncoderOptions::default().with_explicit_nulls(true).with_encoder_factory(Arc::new(Gaps))
    });
    &OPTIONS
}

struct Objects {
    /// The objects are the items of one array.
    array: bool,
    first: bool,
    terminal: bool,
}

impl Encoder for Objects {
    fn batch(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<()> {
        let start = out.len();
        let field = FieldRef::new(Field::new_struct("", batch.schema_ref().fields().clone(), false));
        let rows = StructArray::from(batch.clone());
        let mut encoder = make_encoder(&field, &rows, options()).map_err(DataFusionError::from)?;
        for row in 0..batch.num_rows() {
            match (self.array, self.first) {
                (true, true) => out.extend_from_slice(b"[\n"),
                (true, false) => out.extend_from_slice(b",\n"),
                (false, _) => {}
            }
            self.first = false;
            encoder.encode(row, out);
            if !self.array {
                out.push(b'\n');
            }
        }
        if self.terminal {
            let shown = visible(&String::from_utf8_lossy(out.get(start..).unwrap_or_default()));
            out.truncate(start);
            out.extend_from_slice(shown.as_bytes());
        }
        Ok(())
    }

    fn finish(self: Box<Self>, _rows: u64, out: &mut Vec<u8>) -> Result<()> {
        match (self.array, self.first) {
            (true, true) => out.extend_from_slice(b"[]\n"),
            (true, false) => out.extend_from_slice(b"\n]\n"),
            (false, _) => {}
        }
        Ok(())
    }
}

/// Spells out what acts on a terminal as JSON escapes, which changes no value. Encoders leave such characters only
/// inside of strings; the line feeds between objects are ours.
fn visible(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for char in json.chars() {
        if char == '\n' || !text::is_treacherous(char) {
            shown.push(char);
            continue;
        }
        for unit in char.encode_utf16(&mut [0; 2]) {
            _ = write!(shown, "\\u{unit:04x}");
        }
    }
    shown
}

/// Encodes what Arrow's own encoders do not: unions not at all, and out-of-range times as JSON that is not valid.
#[derive(Debug)]
struct Gaps;

impl EncoderFactory for Gaps {
    fn make_default_encoder<'a>(
        &self,
        _field: &'a FieldRef,
        array: &'a dyn Array,
        options: &'a EncoderOptions,
    ) -> Result<Option<NullableEncoder<'a>>, ArrowError> {
        let encoder: Box<dyn ValueEncoder + 'a> = match array.data_type() {
            DataType::Union(members, _) => {
                let Some(union) = array.as_any().downcast_ref::<UnionArray>() else { return Ok(None) };
                let members = members
                    .iter()
                    .map(|(id, member)| Ok((id, make_encoder(member, union.child(id).as_ref(), options)?)))
                    .collect::<Result<_, ArrowError>>()?;
                Box::new(Member { union, members })
            }
            data_type if data_type.is_temporal() => {
                Box::new(Time { formatter: ArrayFormatter::try_new(array, &FormatOptions::new())? })
            }
            _ => return Ok(None),
        };
        Ok(Some(NullableEncoder::new(encoder, array.logical_nulls())))
    }
}

/// A union's value is the value of whichever member holds it.
struct Member<'a> {
    union: &'a UnionArray,
    members: Vec<(i8, NullableEncoder<'a>)>,
}

impl ValueEncoder for Member<'_> {
    fn encode(&mut self, row: usize, out: &mut Vec<u8>) {
        let (id, place) = (self.union.type_id(row), self.union.value_offset(row));
        match self.members.iter_mut().find(|(member, _)| *member == id) {
            Some((_, member)) if !member.is_null(place) => member.encode(place, out),
            _ => out.extend_from_slice(b"null"),
        }
    }
}

/// A point or span of time is a string.
struct Time<'a> {
    formatter: ArrayFormatter<'a>,
}

impl ValueEncoder for Time<'_> {
    fn encode(&mut self, row: usize, out: &mut Vec<u8>) {
        let value = serde_json::Value::String(self.formatter.value(row).to_string());
        out.extend_from_slice(value.to_string().as_bytes());
    }
}
