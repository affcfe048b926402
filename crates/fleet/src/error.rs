//! What can be wrong with fleet files, releases and selections.

/// Why files or flags do not say where and what to deploy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Something in a file, with its place.
    #[error(transparent)]
    File(#[from] config::Error),

    /// Something on the command line.
    #[error("{flag}: {message}")]
    Flag {
        /// As typed: `--contexts`, `--select`.
        flag: &'static str,
        message: String,
        hint: Option<String>,
    },

    /// Files and flags are right, but no context is left.
    #[error("{message}")]
    NoContexts { message: String, hint: Option<String> },
}

impl Error {
    pub(crate) fn flag(flag: &'static str, message: impl Into<String>) -> Self {
        Error::Flag { flag, message: message.into(), hint: None }
    }

    pub(crate) fn with_hint(mut self, text: impl Into<String>) -> Self {
        match &mut self {
            Error::File(error) => error.hint = Some(text.into()),
            Error::Flag { hint, .. } | Error::NoContexts { hint, .. } => *hint = Some(text.into()),
        }
        self
    }

    /// What to type instead, where that is known.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Error::File(error) => error.hint.as_deref(),
            Error::Flag { hint, .. } | Error::NoContexts { hint, .. } => hint.as_deref(),
        }
    }
}
