//! Selectors: which leaves of a file are encrypted.

use regex::bytes::Regex;

use crate::error::Error;
use crate::go_regex;

/// The rule that decides which leaves are ciphertext; a file has exactly one.
///
/// A match on any key above a leaf, or on its own key, decides for the leaf; list positions have no key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selector {
    /// Cleartext below keys that end with this; everything else is encrypted.
    UnencryptedSuffix(String),
    /// Encrypted below keys that end with this.
    EncryptedSuffix(String),
    /// Cleartext below keys in which this regular expression finds a match.
    UnencryptedRegex(String),
    /// Encrypted below keys in which this regular expression finds a match.
    EncryptedRegex(String),
    /// Cleartext below entries with a matching comment above or beside them.
    UnencryptedCommentRegex(String),
    /// Encrypted below entries with a matching comment above or beside them.
    EncryptedCommentRegex(String),
}

/// Field names of the selectors in metadata and rules.
pub(crate) const FIELDS: [&str; 6] = [
    "unencrypted_suffix",
    "encrypted_suffix",
    "unencrypted_regex",
    "encrypted_regex",
    "unencrypted_comment_regex",
    "encrypted_comment_regex",
];

impl Default for Selector {
    /// What SOPS assumes when nothing is said.
    fn default() -> Self {
        Self::UnencryptedSuffix("_unencrypted".to_owned())
    }
}

impl Selector {
    /// The selector a field stands for; `None` for an unknown field.
    #[must_use]
    pub fn from_field(field: &str, text: String) -> Option<Self> {
        Some(match field {
            "unencrypted_suffix" => Self::UnencryptedSuffix(text),
            "encrypted_suffix" => Self::EncryptedSuffix(text),
            "unencrypted_regex" => Self::UnencryptedRegex(text),
            "encrypted_regex" => Self::EncryptedRegex(text),
            "unencrypted_comment_regex" => Self::UnencryptedCommentRegex(text),
            "encrypted_comment_regex" => Self::EncryptedCommentRegex(text),
            _ => return None,
        })
    }

    /// Field name in the file and its text.
    #[must_use]
    pub fn field(&self) -> (&'static str, &str) {
        match self {
            Self::UnencryptedSuffix(text) => (FIELDS[0], text),
            Self::EncryptedSuffix(text) => (FIELDS[1], text),
            Self::UnencryptedRegex(text) => (FIELDS[2], text),
            Self::EncryptedRegex(text) => (FIELDS[3], text),
            Self::UnencryptedCommentRegex(text) => (FIELDS[4], text),
            Self::EncryptedCommentRegex(text) => (FIELDS[5], text),
        }
    }

    /// Makes it ready to match.
    ///
    /// # Errors
    /// [`Error::Selector`] for an invalid regular expression, which SOPS would silently take for "no match".
    pub(crate) fn compile(&self) -> Result<Matcher, Error> {
        let (field, text) = self.field();
        let regex = || go_regex::compile(text).map_err(|problem| Error::Selector { field, problem });
        let test = match self {
            Self::UnencryptedSuffix(suffix) | Self::EncryptedSuffix(suffix) => Test::Suffix(suffix.clone()),
            Self::UnencryptedRegex(_) | Self::EncryptedRegex(_) => Test::Key(regex()?),
            Self::UnencryptedCommentRegex(_) | Self::EncryptedCommentRegex(_) => Test::Comment(regex()?),
        };
        let encrypts = matches!(
            self,
            Self::EncryptedSuffix(_) | Self::EncryptedRegex(_) | Self::EncryptedCommentRegex(_)
        );
        Ok(Matcher { test, encrypts })
    }
}

enum Test {
    Suffix(String),
    Key(Regex),
    Comment(Regex),
}

/// A compiled selector.
pub(crate) struct Matcher {
    test: Test,
    /// A match means ciphertext rather than cleartext.
    encrypts: bool,
}

impl Matcher {
    pub(crate) fn key_matches(&self, key: &str) -> bool {
        match &self.test {
            // An empty suffix is a field that is not set.
            Test::Suffix(suffix) => !suffix.is_empty() && key.ends_with(suffix.as_str()),
            Test::Key(regex) => regex.is_match(key.as_bytes()),
            Test::Comment(_) => false,
        }
    }

    /// `text` without the `#`, as it stands in the file.
    pub(crate) fn comment_matches(&self, text: &str) -> bool {
        matches!(&self.test, Test::Comment(regex) if regex.is_match(text.as_bytes()))
    }

    /// Whether a leaf is encrypted, given whether anything above it matched.
    pub(crate) fn encrypts(&self, matched: bool) -> bool {
        self.encrypts == matched
    }

    /// Whether a comment's own text counts for itself: under `unencrypted_comment_regex` the matching line is
    /// cleartext, under `encrypted_comment_regex` it stays readable too.
    pub(crate) fn counts_for_itself(&self) -> bool {
        !self.encrypts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_regex_is_an_error() {
        for selector in
            [Selector::EncryptedRegex("(".into()), Selector::UnencryptedCommentRegex("(?=x)".into())]
        {
            let error = selector.compile().err().unwrap();
            assert!(matches!(error, Error::Selector { .. }), "{error}");
        }
    }

    #[test]
    fn a_match_decides_for_the_leaf() {
        let matcher = Selector::default().compile().unwrap();
        assert!(matcher.encrypts(matcher.key_matches("a")));
        assert!(!matcher.encrypts(matcher.key_matches("a_unencrypted")));
        let matcher = Selector::EncryptedRegex("data".into()).compile().unwrap();
        assert!(matcher.encrypts(matcher.key_matches("metadata")));
        assert!(!matcher.encrypts(matcher.key_matches("Data")));
    }

    #[test]
    fn fields_are_symmetric() {
        for field in FIELDS {
            let selector = Selector::from_field(field, "x".into()).unwrap();
            assert_eq!(selector.field(), (field, "x"));
        }
        assert_eq!(Selector::from_field("regex", String::new()), None);
    }
}
