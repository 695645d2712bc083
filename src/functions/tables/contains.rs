//! The predicate of `search`: whether any column of a row holds a text, in which one, and what stands around it.
//!
//! Nearly no row of a log holds what is searched for, so the work is to rule rows out. The texts of a column lie one
//! after the other in a few buffers, and a buffer that does not hold the word rules out all its rows at once,
//! repeated values of a dictionary included. Rows are looked at one by one only where that fails.

use std::hash::Hash;
use std::hash::Hasher;
use std::sync::Arc;

use datafusion::arrow::array::Array;
use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::array::AsArray;
use datafusion::arrow::array::BooleanArray;
use datafusion::arrow::array::ListArray;
use datafusion::arrow::array::StringViewArray;
use datafusion::arrow::array::StringViewBuilder;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::ScalarFunctionArgs;
use datafusion::logical_expr::ScalarUDF;
use datafusion::logical_expr::ScalarUDFImpl;
use datafusion::logical_expr::Signature;
use datafusion::logical_expr::Volatility;
use datafusion::logical_expr::col;

use crate::functions::tables::needle::Needle;

/// Letters of an excerpt before and after what was found.
const AROUND: usize = 60;
/// How many short values are remembered with their answer, a power of two.
const REMEMBERED: usize = 256;
/// The longest text that stands in its view, without a buffer.
const INLINE: usize = 12;

/// What is asked of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Question {
    /// Whether each word stands in some column.
    Holds,
    /// For each word the first column it stands in.
    FoundIn,
    /// What stands around the first word in its first column.
    Excerpt,
}

/// The words of a search, and the columns they are searched in.
#[derive(Debug)]
pub(super) struct Search {
    words: Vec<String>,
    needles: Vec<Needle>,
    columns: Vec<String>,
}

impl Search {
    pub(super) fn new(words: &[String], columns: Vec<String>) -> Arc<Self> {
        let needles = words.iter().map(|word| Needle::new(word)).collect();
        Arc::new(Self { words: words.to_vec(), needles, columns })
    }

    /// Asks a question of each row.
    pub(super) fn ask(self: &Arc<Self>, question: Question) -> Expr {
        let signature = match self.columns.len() {
            0 => Signature::nullary(Volatility::Immutable),
            columns => Signature::any(columns, Volatility::Immutable),
        };
        let asked = Asked { search: Arc::clone(self), question, signature };
        ScalarUDF::new_from_impl(asked).call(self.columns.iter().map(col).collect())
    }

    /// For each row, whether every word stands in some column.
    fn holds(&self, columns: &[ArrayRef], rows: usize) -> Result<BooleanArray> {
        let mut all = vec![true; rows];
        let mut scratch = Vec::new();
        for needle in &self.needles {
            let mut found = vec![false; rows];
            for column in columns {
                mark(needle, column, &mut found, &mut scratch)?;
            }
            for (all, found) in all.iter_mut().zip(found) {
                *all &= found;
            }
            if !all.contains(&true) {
                break;
            }
        }
        Ok(BooleanArray::from(all))
    }

    /// For a row, the first column each word stands in.
    fn found_in(&self, columns: &[Texts], row: usize, scratch: &mut Vec<u8>) -> Vec<&str> {
        let mut names = Vec::new();
        for needle in &self.needles {
            let column = columns.iter().position(|column| column.first(needle, row, scratch).is_some());
            let name = column.and_then(|column| self.columns.get(column));
            names.extend(name.map(String::as_str).filter(|name| !names.contains(name)));
        }
        names
    }

    fn excerpt(&self, columns: &[Texts], row: usize, scratch: &mut Vec<u8>) -> Option<String> {
        let needle = self.needles.first()?;
        let (text, place) = columns.iter().find_map(|column| column.first(needle, row, scratch))?;
        let before =
            text.get(..place.start)?.char_indices().rev().take(AROUND).last().map_or(place.start, |it| it.0);
        let rest = text.get(place.end..)?;
        let after = rest.char_indices().nth(AROUND).map_or(text.len(), |(at, _)| place.end + at);
        let mut excerpt = String::new();
        if before > 0 {
            excerpt.push('…');
        }
        // One line, whatever a hostile log holds.
        let shown = text.get(before..after)?;
        excerpt.extend(shown.chars().map(|letter| if letter.is_control() { ' ' } else { letter }));
        if after < text.len() {
            excerpt.push('…');
        }
        Some(excerpt)
    }
}

/// Marks the rows of a column that hold a word. Rows that are marked already need not be looked at.
fn mark(needle: &Needle, column: &ArrayRef, found: &mut [bool], scratch: &mut Vec<u8>) -> Result<()> {
    if column.null_count() == column.len() {
        return Ok(());
    }
    match column.data_type() {
        DataType::Utf8View => mark_views(needle, column.as_string_view(), found, scratch),
        DataType::List(_) => mark_lists(needle, column.as_list(), found, scratch)?,
        _ => mark_views(needle, cast(column, &DataType::Utf8View)?.as_string_view(), found, scratch),
    }
    Ok(())
}

fn mark_lists(needle: &Needle, lists: &ListArray, found: &mut [bool], scratch: &mut Vec<u8>) -> Result<()> {
    let offsets = lists.value_offsets();
    let (Some(first), Some(last)) = (offsets.first(), offsets.last()) else { return Ok(()) };
    let place = |offset: i32| usize::try_from(offset).unwrap_or_default();
    let (first, last) = (place(*first), place(*last));
    let values = lists.values().slice(first, last - first);
    let mut inside = vec![false; values.len()];
    mark(needle, &values, &mut inside, scratch)?;
    if !inside.contains(&true) {
        return Ok(());
    }
    for (row, ends) in offsets.windows(2).enumerate() {
        let [start, end] = *ends else { continue };
        let within = inside.get(place(start) - first..place(end) - first).unwrap_or_default();
        if lists.is_valid(row) && within.contains(&true) {
            set(found, row);
        }
    }
    Ok(())
}

fn set(found: &mut [bool], row: usize) {
    if let Some(found) = found.get_mut(row) {
        *found = true;
    }
}

/// The part of a buffer that texts of an array lie in.
#[derive(Clone, Copy)]
struct Part {
    start: usize,
    end: usize,
    /// Bytes of all texts in it, each as often as it is used.
    bytes: usize,
    /// Whether some text of it may hold the word.
    open: bool,
}

/// How a text of a view array is stored: `length, 12 bytes` or `length, 4 bytes, buffer, offset`.
#[derive(Clone, Copy)]
struct View(u128);

impl View {
    fn length(self) -> usize {
        self.0 as u32 as usize
    }

    fn buffer(self) -> usize {
        (self.0 >> 64) as u32 as usize
    }

    fn offset(self) -> usize {
        (self.0 >> 96) as u32 as usize
    }
}

fn mark_views(needle: &Needle, texts: &StringViewArray, found: &mut [bool], scratch: &mut Vec<u8>) {
    let closed = Part { start: usize::MAX, end: 0, bytes: 0, open: false };
    let mut parts = vec![closed; texts.data_buffers().len()];
    let mut short = false;
    for view in texts.views().iter().map(|view| View(*view)) {
        if view.length() <= INLINE {
            short |= view.length() >= needle.shortest();
        } else if let Some(part) = parts.get_mut(view.buffer()) {
            part.start = part.start.min(view.offset());
            part.end = part.end.max(view.offset() + view.length());
            part.bytes += view.length();
        }
    }
    for (part, buffer) in parts.iter_mut().zip(texts.data_buffers()) {
        let bytes = buffer.get(part.start..part.end).unwrap_or_default();
        // Few texts scattered over a large buffer are sooner searched one by one.
        part.open = part.bytes > 0 && (bytes.len() > 2 * part.bytes || needle.may_be_in(bytes, scratch));
    }
    if short || parts.iter().any(|part| part.open) {
        mark_rows(needle, texts, &parts, found, scratch);
    }
}

/// Looks at the rows one by one, but for those in parts that hold the word nowhere.
fn mark_rows(
    needle: &Needle,
    texts: &StringViewArray,
    parts: &[Part],
    found: &mut [bool],
    scratch: &mut Vec<u8>,
) {
    // Values repeat: most columns have few, and a view is the same for the same value of a dictionary.
    let mut remembered = [(0_u128, false); REMEMBERED];
    for (row, view) in texts.views().iter().enumerate() {
        let long = View(*view).length() > INLINE;
        let open = !long || parts.get(View(*view).buffer()).is_some_and(|part| part.open);
        if !open || View(*view).length() < needle.shortest() || found.get(row) != Some(&false) {
            continue;
        }
        if texts.is_null(row) {
            continue;
        }
        let mixed = (*view as u64 ^ (*view >> 64) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let Some(slot) = remembered.get_mut((mixed >> 56) as usize % REMEMBERED) else { continue };
        // A view of zeros is the empty text, which holds no word.
        if slot.0 != *view {
            *slot = (*view, needle.is_in(texts.value(row), scratch));
        }
        if slot.1 {
            set(found, row);
        }
    }
}

/// The texts of a column, one or a list of them for each row.
enum Texts {
    One(StringViewArray),
    Many(ListArray, StringViewArray),
}

impl Texts {
    fn new(column: &ArrayRef) -> Result<Self> {
        let texts = |array: &ArrayRef| {
            Ok::<_, datafusion::error::DataFusionError>(
                cast(array, &DataType::Utf8View)?.as_string_view().clone(),
            )
        };
        Ok(match column.data_type() {
            DataType::List(_) => {
                Self::Many(column.as_list().clone(), texts(column.as_list::<i32>().values())?)
            }
            _ => Self::One(texts(column)?),
        })
    }

    /// The first text of a row that holds a word, and where.
    fn first(
        &self,
        needle: &Needle,
        row: usize,
        scratch: &mut Vec<u8>,
    ) -> Option<(&str, std::ops::Range<usize>)> {
        let mut within = |texts: &'_ StringViewArray, at: usize| match texts.is_valid(at) {
            true => needle.find(texts.value(at), scratch),
            false => None,
        };
        match self {
            Self::One(texts) => within(texts, row).map(|place| (texts.value(row), place)),
            Self::Many(lists, texts) if lists.is_valid(row) => {
                let place =
                    |at: usize| lists.value_offsets().get(at).and_then(|it| usize::try_from(*it).ok());
                let (start, end) = (place(row)?, place(row + 1)?);
                (start..end).find_map(|at| within(texts, at).map(|place| (texts.value(at), place)))
            }
            Self::Many(..) => None,
        }
    }
}

#[derive(Debug)]
struct Asked {
    search: Arc<Search>,
    question: Question,
    signature: Signature,
}

impl PartialEq for Asked {
    fn eq(&self, other: &Self) -> bool {
        self.question == other.question
            && self.search.words == other.search.words
            && self.search.columns == other.search.columns
    }
}

impl Eq for Asked {}

impl Hash for Asked {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.question, &self.search.words, &self.search.columns).hash(state);
    }
}

impl ScalarUDFImpl for Asked {
    fn name(&self) -> &str {
        match self.question {
            Question::Holds => "holds_words",
            Question::FoundIn => "words_found_in",
            Question::Excerpt => "words_excerpt",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(match self.question {
            Question::Holds => DataType::Boolean,
            _ => DataType::Utf8View,
        })
    }

    fn invoke_with_args(&self, call: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = call.number_rows;
        let columns =
            call.args.into_iter().map(|column| column.into_array(rows)).collect::<Result<Vec<_>>>()?;
        if self.question == Question::Holds {
            return Ok(ColumnarValue::Array(Arc::new(self.search.holds(&columns, rows)?)));
        }
        let columns = columns.iter().map(Texts::new).collect::<Result<Vec<_>>>()?;
        let mut answers = StringViewBuilder::with_capacity(rows);
        let mut scratch = Vec::new();
        for row in 0..rows {
            match self.question {
                Question::Excerpt => answers.append_option(self.search.excerpt(&columns, row, &mut scratch)),
                _ => answers.append_value(self.search.found_in(&columns, row, &mut scratch).join(", ")),
            }
        }
        Ok(ColumnarValue::Array(Arc::new(answers.finish())))
    }
}
