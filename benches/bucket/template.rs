//! Text with holes: how the files in `templates/` say what a record looks like.
//!
//! A hole stands between `<` and `>` and is one of
//! - a field: `<account>`, `<hex 16>`, `<number 0 4096>`, a word that was defined before; see [`Field`];
//! - a field with `#` behind it: the same text wherever it stands in one record;
//! - alternatives `<this|that|>`, each as likely as the next;
//! - a repetition `<0..5 item>`, with commas between, few more often than many.

use super::field::Field;
use super::random;
use super::random::Random;
use super::scene::Scene;
use std::collections::HashMap;
use std::sync::Arc;

/// A text with holes, ready to be filled.
pub(super) struct Template(Vec<Piece>);

/// The words that templates have defined so far.
pub(super) type Words = HashMap<String, Arc<Template>>;

enum Piece {
    Text(String),
    Field(Field),
    Fixed { field: Field, stream: u64 },
    Repeat { least: usize, most: usize, item: Template },
    OneOf(Vec<Template>),
}

impl Template {
    /// Reads a template; a mistake in one is a mistake in this program, so it panics.
    pub(super) fn parse(text: &str, words: &Words) -> Self {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('<') {
            let end = closing(after).unwrap_or_else(|| panic!("a hole without an end in {text}"));
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            pieces.push(Piece::parse(&after[..end], words));
            rest = &after[end + 1..];
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Self(pieces)
    }

    /// Appends the text with every hole filled.
    pub(super) fn fill(&self, scene: &Scene<'_>, random: &mut Random, out: &mut String) {
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Field(field) => field.fill(scene, random, out),
                Piece::Fixed { field, stream } => {
                    field.fill(scene, &mut Random::new(scene.record, *stream), out);
                }
                Piece::Repeat { least, most, item } => {
                    for number in 0..least + random.rank(most - least + 1) {
                        out.push_str(if number == 0 { "" } else { "," });
                        item.fill(scene, random, out);
                    }
                }
                Piece::OneOf(choices) => random.pick(choices).fill(scene, random, out),
            }
        }
    }
}

impl Piece {
    fn parse(hole: &str, words: &Words) -> Self {
        let choices = split(hole);
        if choices.len() > 1 {
            return Self::OneOf(choices.into_iter().map(|choice| Template::parse(choice, words)).collect());
        }
        if let Some((least, most, item)) = repetition(hole) {
            return Self::Repeat { least, most, item: Template::parse(item, words) };
        }
        match hole.strip_suffix('#') {
            Some(field) => Self::Fixed { field: Field::parse(field, words), stream: random::hash(field) },
            None => Self::Field(Field::parse(hole, words)),
        }
    }
}

/// Finds the `>` that closes a hole that is open at the start of `text`.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0;
    text.bytes().position(|byte| {
        match byte {
            b'<' => depth += 1,
            b'>' => depth -= 1,
            _ => {}
        }
        depth < 0
    })
}

/// Cuts a hole at the bars that stand in it, not in a hole inside it.
fn split(hole: &str) -> Vec<&str> {
    let mut depth = 0;
    let outside = |letter: char| {
        match letter {
            '<' => depth += 1,
            '>' => depth -= 1,
            _ => {}
        }
        letter == '|' && depth == 0
    };
    hole.split(outside).collect()
}

/// Reads `0..5 item`.
fn repetition(hole: &str) -> Option<(usize, usize, &str)> {
    let (range, item) = hole.split_once(' ')?;
    let (least, most) = range.split_once("..")?;
    Some((least.parse().ok()?, most.parse().ok()?, item))
}
