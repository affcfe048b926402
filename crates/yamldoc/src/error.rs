//! What can be wrong with a YAML or JSON text.

use crate::Place;

/// A text that is not the YAML or JSON we take; messages never contain a value from the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not YAML, or not JSON.
    #[error("{place}: {message}")]
    Syntax {
        /// Where the parser stopped.
        place: Place,
        /// What it says; about syntax only.
        message: String,
    },
    /// The same key twice in one mapping.
    #[error("{place}: key {key:?} appears twice in the same map (first on line {first})")]
    DuplicateKey {
        /// The second one.
        place: Place,
        /// The key.
        key: String,
        /// Line of the first one.
        first: usize,
    },
    /// A key that is a number, bool, null, list, map or alias.
    #[error("{place}: key {key} is {found}, only strings can be keys; quote it")]
    NonStringKey {
        /// Where the key is.
        place: Place,
        /// The key as written, shortened.
        key: String,
        /// What it is instead.
        found: &'static str,
    },
    /// An alias inside the node it stands for.
    #[error("{place}: alias refers to a node that contains it")]
    RecursiveAlias {
        /// The alias.
        place: Place,
    },
    /// More keys, values and comments than any real file has.
    #[error("{place}: more than {limit} keys, values and comments")]
    TooLarge {
        /// The first one too many.
        place: Place,
        /// The limit.
        limit: usize,
    },
    /// Lists and maps in each other beyond any real file.
    #[error("{place}: more than {limit} levels of nesting")]
    TooDeep {
        /// The first collection too many.
        place: Place,
        /// The limit.
        limit: usize,
    },
}

impl Error {
    /// Where it is.
    #[must_use]
    pub fn place(&self) -> Place {
        match self {
            Self::Syntax { place, .. }
            | Self::DuplicateKey { place, .. }
            | Self::NonStringKey { place, .. }
            | Self::RecursiveAlias { place }
            | Self::TooLarge { place, .. }
            | Self::TooDeep { place, .. } => *place,
        }
    }
}

/// Bytes that are no UTF-8 text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotUtf8 {
    /// A byte order mark of UTF-16 or UTF-32.
    #[error("the file is UTF-16 or UTF-32; save it as UTF-8")]
    Wide,
    /// Anything else.
    #[error("the file is not UTF-8 text (byte {0})")]
    Other(usize),
}

/// The bytes of a file as text.
///
/// # Errors
/// [`NotUtf8`].
pub fn text(bytes: &[u8]) -> Result<&str, NotUtf8> {
    std::str::from_utf8(bytes).map_err(|error| match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => NotUtf8::Wide,
        _ => NotUtf8::Other(error.valid_up_to()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_encodings_are_named() {
        assert_eq!(text(b"a: \xc3\xa9"), Ok("a: é"));
        assert_eq!(text(b"\xff\xfea\0"), Err(NotUtf8::Wide));
        assert_eq!(text(b"\xfe\xff\0a"), Err(NotUtf8::Wide));
        assert_eq!(text(b"a: \xff"), Err(NotUtf8::Other(3)));
    }
}
