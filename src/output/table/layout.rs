//! Shares the width of a terminal among the columns of a table.

use std::borrow::Cow;

use unicode_width::UnicodeWidthStr;

/// What stands between two columns, and under the header.
const GAP: &str = " │ ";
const RULE_GAP: &str = "─┼─";
const GAP_WIDTH: usize = 3;

/// What ends each line where columns are hidden, and its width.
const MORE: &str = " │ …";
const RULE_MORE: &str = "─┼──";
const MORE_WIDTH: usize = 4;

/// No column is made narrower than this to fit in others; below it, text says nothing.
const LEAST_TEXT: usize = 8;
const LEAST_NAME: usize = 10;

/// Text of more bytes than this for each cell is cut, whatever its width.
const BYTES_PER_CELL: usize = 16;

/// Joins emoji into one, which may be narrower than its parts; by how many cells at most, we look ahead.
const JOINER: char = '\u{200d}';
const WIDEST_JOINED: usize = 6;

/// One column as it would like to be, in terminal cells.
#[derive(Clone, Copy, Debug)]
pub(super) struct Track {
    /// The width of the name.
    pub(super) name: usize,
    /// The width of the widest value.
    pub(super) values: usize,
    /// Whether a shortened value would be a wrong value.
    pub(super) rigid: bool,
}

impl Track {
    fn natural(&self) -> usize {
        self.name.max(self.values)
    }

    fn least(&self) -> usize {
        let values = if self.rigid { self.values } else { self.values.min(LEAST_TEXT) };
        values.max(self.name.min(LEAST_NAME))
    }
}

/// How wide a table is whose columns all get what they want.
pub(super) fn natural(tracks: &[Track]) -> usize {
    tracks.iter().map(Track::natural).sum::<usize>() + GAP_WIDTH * tracks.len().saturating_sub(1)
}

/// The widths of the columns that are shown; columns that do not fit are left out from the end.
#[derive(Debug)]
pub(super) struct Layout {
    widths: Vec<usize>,
    /// Whether columns were left out.
    more: bool,
}

impl Layout {
    /// Fits the columns into `width` terminal cells, or gives each what it wants where there is no terminal.
    pub(super) fn new(tracks: &[Track], width: Option<usize>) -> Self {
        let Some(width) = width else {
            return Self { widths: tracks.iter().map(Track::natural).collect(), more: false };
        };
        let shown = fitting(tracks, width);
        let more = shown < tracks.len();
        let gaps = GAP_WIDTH * shown.saturating_sub(1) + if more { MORE_WIDTH } else { 0 };
        let room = width.saturating_sub(gaps).max(1);
        Self { widths: shared(tracks.iter().take(shown), room), more }
    }

    /// How many columns are shown.
    pub(super) fn columns(&self) -> usize {
        self.widths.len()
    }

    /// Lays out one line; a cell is its text, whether it stands on the right, and the escape sequence before it.
    pub(super) fn line<'a>(&self, cells: impl Iterator<Item = (Option<&'a str>, bool, &'a str)>) -> String {
        let mut line = String::new();
        for (place, (&width, (text, right, style))) in self.widths.iter().zip(cells).enumerate() {
            if place > 0 {
                line.push_str(GAP);
            }
            let text = shortened(text.unwrap_or_default(), width);
            let blank = " ".repeat(width.saturating_sub(text.width()));
            if right {
                line.push_str(&blank);
            }
            line.push_str(style);
            line.push_str(&text);
            if !style.is_empty() {
                line.push_str("\x1b[0m");
            }
            if !right {
                line.push_str(&blank);
            }
        }
        if self.more {
            line.push_str(MORE);
        }
        line.truncate(line.trim_end_matches(' ').len());
        line.push('\n');
        line
    }

    /// Draws the line between header and rows.
    pub(super) fn rule(&self) -> String {
        let dashes: Vec<_> = self.widths.iter().map(|&width| "─".repeat(width)).collect();
        let more = if self.more { RULE_MORE } else { "" };
        format!("{}{more}\n", dashes.join(RULE_GAP))
    }
}

/// How many of the first columns fit at their least width; one at least, if there is one.
fn fitting(tracks: &[Track], width: usize) -> usize {
    let mut used = 0;
    let mut shown = 0;
    for (place, track) in tracks.iter().enumerate() {
        used += track.least() + if place > 0 { GAP_WIDTH } else { 0 };
        let last = place + 1 == tracks.len();
        if used + if last { 0 } else { MORE_WIDTH } <= width {
            shown = place + 1;
        }
    }
    shown.max(tracks.len().min(1))
}

/// Gives each column its least width, then widens the narrowest ones that want more, cell by cell.
fn shared<'a>(tracks: impl Iterator<Item = &'a Track>, room: usize) -> Vec<usize> {
    let mut columns: Vec<(usize, usize)> = tracks.map(|track| (track.least(), track.natural())).collect();
    let mut left = room.saturating_sub(columns.iter().map(|(width, _)| width).sum());
    while left > 0 {
        let wanting = columns.iter_mut().filter(|(width, natural)| width < natural);
        let Some((width, _)) = wanting.min_by_key(|(width, _)| *width) else { break };
        *width += 1;
        left -= 1;
    }
    columns.into_iter().map(|(width, _)| width.min(room)).collect()
}

/// Cuts text to `width` terminal cells, the last of which is then `…`.
///
/// Characters without a width are cut as well where they pile up, so that what is kept stays small.
pub(super) fn shortened(text: &str, width: usize) -> Cow<'_, str> {
    let most = (width + 1) * BYTES_PER_CELL;
    // A character takes at least one byte for each of its cells, so short text needs no measuring.
    if text.len() <= width || (text.len() <= most && text.width() <= width) {
        return Cow::Borrowed(text);
    }
    let Some(room) = width.checked_sub(1) else { return Cow::Borrowed("") };
    let mut kept = text.get(..room).filter(|start| start.is_ascii()).unwrap_or_default();
    // Characters join to what is narrower or wider than their sum, so it is the whole that is measured.
    for (place, char) in text.char_indices().skip_while(|(place, _)| *place < kept.len()) {
        let Some(longer) = text.get(..place + char.len_utf8()).filter(|it| it.len() <= most) else { break };
        let cells = longer.width();
        if cells <= room && char != JOINER {
            kept = longer;
        } else if cells > room + WIDEST_JOINED {
            break;
        }
    }
    Cow::Owned(format!("{kept}…"))
}

/// Fills text with blanks up to `width` terminal cells.
pub(in crate::output) fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr;

    use super::Layout;
    use super::Track;
    use super::shortened;

    fn text(values: usize) -> Track {
        Track { name: 4, values, rigid: false }
    }

    #[test]
    fn shortens_by_terminal_cells() {
        assert_eq!(shortened("ConsoleLogin", 12), "ConsoleLogin");
        assert_eq!(shortened("ConsoleLogin", 8), "Console…");
        assert_eq!(shortened("日本語テキスト", 8), "日本語…");
        assert_eq!(shortened("👩‍💻👩‍💻👩‍💻", 4), "👩‍💻…");
        assert_eq!(shortened("abc", 1), "…");
        assert_eq!(shortened("abc", 0), "");
        assert_eq!(shortened(&"\u{301}".repeat(10_000), 4).len(), 83);
        for width in 0..12 {
            assert!(shortened("☀️é\u{301}日👩‍💻x☀️☀️", width).width() <= width);
        }
    }

    #[test]
    fn gives_narrow_columns_what_they_want_first() {
        let layout = Layout::new(&[text(5), text(100), text(12)], Some(60));
        assert_eq!(layout.widths, [5, 37, 12]);
    }

    #[test]
    fn never_shortens_numbers_and_leaves_columns_out_at_the_end() {
        let number = Track { name: 30, values: 20, rigid: true };
        let layout = Layout::new(&[number, text(100), text(100), text(100)], Some(40));
        assert_eq!((layout.widths.as_slice(), layout.more), ([20, 13].as_slice(), true));
        assert_eq!(Layout::new(&[number], Some(10)).widths, [10]);
        assert_eq!(Layout::new(&[], Some(10)).columns(), 0);
    }
}
