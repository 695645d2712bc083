//! One word to be searched for, whatever the case of its letters.

use std::ops::Range;

use memchr::memmem::Finder;

/// Bytes that are made lower case and searched at a time: they stay in the first cache.
const CHUNK: usize = 16 << 10;
/// The one letter outside ASCII whose lower case is within: the Kelvin sign.
const KELVIN: &[u8] = "\u{212A}".as_bytes();

/// A word, prepared. Two texts are the same to it if their letters have the same lower case.
#[derive(Debug)]
pub(super) struct Needle {
    folded: String,
    finder: Finder<'static>,
    /// Every byte is ASCII, so whatever holds it can be found byte by byte.
    ascii: bool,
    /// It has letters, so case matters to the search.
    cased: bool,
    /// The fewest bytes that can hold it.
    shortest: usize,
}

impl Needle {
    pub(super) fn new(word: &str) -> Self {
        let folded: String = word.chars().map(fold).collect();
        Self {
            finder: Finder::new(folded.as_bytes()).into_owned(),
            ascii: folded.is_ascii(),
            cased: folded.bytes().any(|byte| byte.is_ascii_lowercase()),
            shortest: folded.chars().count(),
            folded,
        }
    }

    /// The fewest bytes of a text that can hold it.
    pub(super) fn shortest(&self) -> usize {
        self.shortest
    }

    /// Tells whether `bytes`, of which texts may be parts, may hold it somewhere; false is sure.
    pub(super) fn may_be_in(&self, bytes: &[u8], scratch: &mut Vec<u8>) -> bool {
        if !self.ascii {
            // Its letters beyond ASCII have forms of different bytes; at least one byte of each is not ASCII.
            return !bytes.is_ascii();
        }
        let kelvin = || self.folded.contains('k') && memchr::memmem::find(bytes, KELVIN).is_some();
        self.find_ascii(bytes, scratch).is_some() || kelvin()
    }

    /// Where it stands in a text first.
    pub(super) fn find(&self, text: &str, scratch: &mut Vec<u8>) -> Option<Range<usize>> {
        if self.ascii {
            let found = self.find_ascii(text.as_bytes(), scratch).map(|at| at..at + self.folded.len());
            if found.is_some() || text.is_ascii() || !self.folded.contains('k') {
                return found;
            }
        } else if text.is_ascii() {
            return None;
        }
        scratch.clear();
        for letter in text.chars().map(fold) {
            scratch.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
        }
        let start = self.finder.find(scratch)?;
        let (start, end) = (start, start + self.folded.len());
        // The places in the folded text, told in the text itself.
        let mut folded = 0;
        let mut first = text.len();
        for (at, letter) in text.char_indices() {
            if folded == start {
                first = at;
            }
            if folded >= end {
                return Some(first..at);
            }
            folded += fold(letter).len_utf8();
        }
        Some(first..text.len())
    }

    /// Tells whether it stands in a text.
    pub(super) fn is_in(&self, text: &str, scratch: &mut Vec<u8>) -> bool {
        self.find(text, scratch).is_some()
    }

    fn find_ascii(&self, bytes: &[u8], scratch: &mut Vec<u8>) -> Option<usize> {
        if !self.cased {
            return self.finder.find(bytes);
        }
        // Making a chunk lower case and searching that takes the same time for rare and for frequent letters.
        let overlap = self.folded.len().saturating_sub(1);
        let chunk = CHUNK.max(2 * overlap);
        let mut start = 0;
        loop {
            let end = bytes.len().min(start + chunk);
            scratch.clear();
            scratch.extend_from_slice(bytes.get(start..end)?);
            scratch.make_ascii_lowercase();
            if let Some(at) = self.finder.find(scratch) {
                return Some(start + at);
            }
            if end == bytes.len() {
                return None;
            }
            start = end - overlap;
        }
    }
}

/// The lower case of a letter, where that is one letter; both small sigmas are one.
fn fold(letter: char) -> char {
    if letter.is_ascii() {
        return letter.to_ascii_lowercase();
    }
    let mut lower = letter.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some('\u{3C2}'), None) => '\u{3C3}',
        (Some(lower), None) => lower,
        _ => letter,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plainly(text: &str, word: &str) -> bool {
        let fold = |text: &str| text.chars().map(fold).collect::<String>();
        fold(text).contains(&fold(word))
    }

    #[test]
    fn letters_match_in_either_case() {
        let found = |text: &str, word: &str| {
            let place = Needle::new(word).find(text, &mut Vec::new());
            place.map(|place| text[place].to_owned())
        };
        assert_eq!(found("deleteTRAIL now", "DeleteTrail").as_deref(), Some("deleteTRAIL"));
        assert_eq!(found("in M\u{DC}NCHEN today", "m\u{FC}nchen").as_deref(), Some("M\u{DC}NCHEN"));
        assert_eq!(found("300 \u{212A}elvin", "KELVIN").as_deref(), Some("\u{212A}elvin"));
        assert_eq!(
            found("\u{39F}\u{394}\u{39F}\u{3A3}", "\u{3BF}\u{3B4}\u{3BF}\u{3C2}").as_deref(),
            Some("\u{39F}\u{394}\u{39F}\u{3A3}")
        );
        assert_eq!(found("100%", "%").as_deref(), Some("%"));
        assert_eq!(found("a_b", "a%b"), None);
        assert_eq!(found("", "x"), None);
    }

    #[test]
    fn a_word_across_two_chunks_is_found() {
        for before in CHUNK - 8..CHUNK + 8 {
            let text = format!("{}NeeDle{}", "x".repeat(before), "y".repeat(CHUNK));
            let needle = Needle::new("needle");
            assert_eq!(needle.find(&text, &mut Vec::new()), Some(before..before + 6));
            assert!(needle.may_be_in(text.as_bytes(), &mut Vec::new()));
        }
    }

    proptest! {
        #[test]
        fn it_finds_what_a_plain_search_finds(text in "[a-cA-CkK\u{212A}\u{FC}\u{DC}%_ ]{0,40}", word in "[a-ckK\u{FC}\u{DC}%_ ]{1,3}") {
            let needle = Needle::new(&word);
            let place = needle.find(&text, &mut Vec::new());
            prop_assert_eq!(place.is_some(), plainly(&text, &word));
            prop_assert!(place.is_none() || needle.may_be_in(text.as_bytes(), &mut Vec::new()));
            if let Some(place) = place {
                prop_assert!(plainly(&text[place], &word));
            }
        }
    }
}
