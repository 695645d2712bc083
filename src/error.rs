//! One error type, sorted by what the reader can do about it.

mod engine;
mod place;
mod told;

use std::fmt;

pub use place::Place;

/// The result of everything in trailql that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Says who can mend an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// The command line or a value typed by the user is wrong.
    User,
    /// The surroundings are set up wrong: a variable, a profile, a file of settings.
    Config,
    /// A disk, bucket or network refused.
    Storage,
    /// Stored bytes are not what they should be.
    Data,
    /// The SQL text is wrong, or its execution failed because of what it asks.
    Sql,
    /// A bug in trailql.
    Internal,
}

/// What happened, where, and what to do next.
///
/// There is no `From<io::Error>` on purpose: whoever meets one knows the place, and says it.
#[derive(Debug, thiserror::Error)]
pub struct Error {
    kind: Kind,
    message: String,
    hint: Option<String>,
    /// Where in the SQL it is, as far as the engine knows.
    place: Option<Place>,
    /// The line of the SQL with a mark under the place.
    excerpt: Option<String>,
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl Error {
    /// Makes an error of this kind; the message starts in lower case and names the place.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None, place: None, excerpt: None, source: None }
    }

    /// The user typed something wrong.
    pub fn user(message: impl Into<String>) -> Self {
        Self::new(Kind::User, message)
    }

    /// A store refused.
    pub fn storage(message: impl Into<String>) -> Self {
        Self::new(Kind::Storage, message)
    }

    /// Stored bytes are damaged.
    pub fn data(message: impl Into<String>) -> Self {
        Self::new(Kind::Data, message)
    }

    /// The SQL is wrong.
    pub fn sql(message: impl Into<String>) -> Self {
        Self::new(Kind::Sql, message)
    }

    /// A bug in trailql.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Kind::Internal, message)
    }

    /// Adds what to do next.
    #[must_use]
    pub fn hinted(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the error underneath, whose text is printed after the message.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// An error of ours that travelled through a library and now lies within one of its errors.
    pub fn within<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a Self> {
        std::iter::successors(Some(error), |error| error.source()).find_map(|error| error.downcast_ref())
    }

    /// The same error, after what was being done when it happened.
    #[must_use]
    pub fn during(&self, doing: &str) -> Self {
        let source = self.source.as_ref().map(|source| source.to_string().into());
        let message = format!("{doing}: {self}");
        Self { kind: self.kind, message, hint: self.hint.clone(), place: None, excerpt: None, source }
    }

    /// Who can mend it.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The same error, after the file it is in.
    #[must_use]
    pub fn in_file(self, file: &str) -> Self {
        let message = format!("{file}: {self}");
        self.reworded(message)
    }

    /// The same error in other words.
    #[must_use]
    pub fn reworded(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// The line of the SQL text it is about, with a mark under the place, once [`Error::pointed_out`] has found it.
    pub fn excerpt(&self) -> Option<&str> {
        self.excerpt.as_deref()
    }

    /// What to do next, where that is known.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Tells whether the reader of our output went away, which is no failure.
    pub fn is_broken_pipe(&self) -> bool {
        let mut next: Option<&(dyn std::error::Error + 'static)> = Some(self);
        while let Some(error) = next {
            if let Some(io) = error.downcast_ref::<std::io::Error>() {
                return io.kind() == std::io::ErrorKind::BrokenPipe;
            }
            next = error.source();
        }
        false
    }
}
