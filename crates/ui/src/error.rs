use std::error::Error as StdError;
use std::fmt::{self, Write as _};

use crate::Exit;

/// What an error means for the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The command failed, or what the user typed or wrote is wrong.
    Failed,
    /// Some contexts succeeded, others failed.
    Partly,
    /// A signal ended the command.
    Interrupted,
}

/// The one error type at the edge of both plugins: a kind that becomes the exit code, the cause, further lines that
/// explain it, and hints that say what to type next.
///
/// Printed as `error: CAUSE: CAUSE OF THE CAUSE`, the detail lines indented below, then `hint: ...` lines.
#[derive(Debug)]
pub struct CommandError {
    kind: Kind,
    source: Box<dyn StdError + Send + Sync>,
    context: Option<String>,
    details: Vec<String>,
    hints: Vec<String>,
}

impl CommandError {
    pub fn new(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self {
            kind: Kind::Failed,
            source: source.into(),
            context: None,
            details: Vec::new(),
            hints: Vec::new(),
        }
    }

    /// An error of a library with the hint it gives: `CommandError::hinted(error, vault::Error::hint)`. Further lines
    /// of either become lines of their own.
    pub fn hinted<E, H>(error: E, hint: impl FnOnce(&E) -> Option<H>) -> Self
    where
        E: Into<Box<dyn StdError + Send + Sync>>,
        H: Into<String>,
    {
        let hint = hint(&error);
        Self::new(error).maybe_hint(hint)
    }

    #[must_use]
    pub fn of_kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    /// Says what was being done: `failed to decrypt x.yaml`, printed in front of the cause.
    #[must_use]
    pub fn context(mut self, doing: impl Into<String>) -> Self {
        self.context = Some(match self.context.take() {
            Some(inner) => format!("{}: {inner}", doing.into()),
            None => doing.into(),
        });
        self
    }

    /// Adds a line below the error.
    #[must_use]
    pub fn detail(mut self, line: impl Into<String>) -> Self {
        self.details.push(line.into());
        self
    }

    /// Adds what to do next, a hint per line.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.extend(hint.into().lines().map(str::to_owned));
        self
    }

    /// Adds what to do next, where that is known.
    #[must_use]
    pub fn maybe_hint(self, hint: Option<impl Into<String>>) -> Self {
        match hint {
            Some(hint) => self.hint(hint),
            None => self,
        }
    }

    pub fn exit(&self) -> Exit {
        match self.kind {
            Kind::Failed => Exit::Failed,
            Kind::Partly => Exit::Partly,
            Kind::Interrupted => Exit::Interrupted,
        }
    }

    pub fn details(&self) -> &[String] {
        &self.details
    }

    pub fn hints(&self) -> &[String] {
        &self.hints
    }
}

/// What was being done and the chain of causes, each once.
impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        if let Some(context) = &self.context {
            write!(text, "{context}: ")?;
        }
        write!(text, "{}", self.source)?;
        let mut cause = self.source.source();
        while let Some(error) = cause {
            let message = error.to_string();
            if !text.contains(&message) {
                write!(text, ": {message}")?;
            }
            cause = error.source();
        }
        f.write_str(&text)
    }
}

impl<E: Into<Box<dyn StdError + Send + Sync>>> From<E> for CommandError {
    fn from(error: E) -> Self {
        CommandError::new(error)
    }
}

/// `result.or_hint("failed to read x", "check y")`: an error at the edge with its context and hint in one step.
pub trait OrHint<T> {
    fn or_context(self, doing: impl Into<String>) -> Result<T, CommandError>;
    fn or_hint(self, doing: impl Into<String>, hint: impl Into<String>) -> Result<T, CommandError>;
}

impl<T, E: Into<Box<dyn StdError + Send + Sync>>> OrHint<T> for Result<T, E> {
    fn or_context(self, doing: impl Into<String>) -> Result<T, CommandError> {
        self.map_err(|error| CommandError::new(error).context(doing))
    }

    fn or_hint(self, doing: impl Into<String>, hint: impl Into<String>) -> Result<T, CommandError> {
        self.map_err(|error| CommandError::new(error).context(doing).hint(hint))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] std::io::Error);

    #[test]
    fn shows_context_and_each_cause_once() {
        let error =
            CommandError::new(Outer(std::io::Error::other("disk full"))).context("failed to write x.yaml");
        assert_eq!(error.to_string(), "failed to write x.yaml: outer: disk full");
    }

    #[test]
    fn kinds_become_exit_codes() {
        let code = |kind| CommandError::new("x").of_kind(kind).exit().code();
        assert_eq!([code(Kind::Failed), code(Kind::Partly), code(Kind::Interrupted)], [1, 3, 130]);
    }
}
