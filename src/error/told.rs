//! An error as it is told to a person.

use super::Error;
use super::Kind;

impl Error {
    /// What happened, with what caused it, where, and what to do next; lines without a last line break.
    pub fn told(&self) -> String {
        let mut text = format!("error: {self}");
        let mut source = std::error::Error::source(self);
        while let Some(cause) = source {
            let cause_text = cause.to_string();
            // Many wrappers repeat the text of what they wrap.
            if !text.contains(&cause_text) {
                text.push_str(": ");
                text.push_str(&cause_text);
            }
            source = cause.source();
        }
        if self.kind() == Kind::Internal {
            text.push_str("\nthis is a bug in trailql");
        }
        if let Some(excerpt) = self.excerpt() {
            text.push('\n');
            text.push_str(excerpt);
        }
        if let Some(hint) = self.hint() {
            text.push_str("\nhint: ");
            text.push_str(hint);
        }
        text
    }
}
