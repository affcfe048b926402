//! What can be wrong with an encrypted file, a plain file, or `.sops.yaml`. Never contains a value.

use yamldoc::Place;

/// Why a text cannot be decrypted, encrypted or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not YAML or JSON, duplicate keys, keys that are not strings, too many levels.
    #[error(transparent)]
    Yaml(#[from] yamldoc::Error),
    /// A document whose root is a list or a value.
    #[error("{place}: the root of a document must be a map")]
    NotAMap {
        /// The root.
        place: Place,
    },
    /// A text without any document.
    #[error("no YAML document, only blanks and comments")]
    Empty,
    /// A text file with bytes that are no text.
    #[error("line {line} is not text in UTF-8")]
    NotText {
        /// Its number, from 1.
        line: usize,
    },
    /// A line that cannot be in a dotenv or ini file.
    #[error("line {line}: {problem}")]
    Line {
        /// Its number, from 1.
        line: usize,
        /// What is wrong with it.
        problem: LineProblem,
    },
    /// No `sops` block in the first document.
    #[error("no sops metadata, the file is not encrypted")]
    NoMetadata,
    /// A `sops` block that cannot be used.
    #[error("{place}: sops metadata: {problem}")]
    BadMetadata {
        /// The field, or the block.
        place: Place,
        /// What is wrong with it.
        problem: String,
    },
    /// A `sops` block without a single wrapped key.
    #[error("{place}: sops metadata holds no wrapped data key")]
    NoKeys {
        /// The block.
        place: Place,
    },
    /// A value that cannot be decrypted.
    #[error("{place}: {path}: {problem}")]
    Value {
        /// The value.
        place: Place,
        /// Its keys and list positions.
        path: String,
        /// What is wrong with it.
        problem: ValueProblem,
    },
    /// A value that SOPS cannot store.
    #[error("{place}: {path}: {problem}")]
    Unsupported {
        /// The value.
        place: Place,
        /// Its keys and list positions.
        path: String,
        /// What it is.
        problem: Unsupported,
    },
    /// The plain text has a root key `sops`.
    #[error("{place}: the key \"sops\" is reserved for metadata")]
    ReservedKey {
        /// The key.
        place: Place,
    },
    /// The file has no MAC.
    #[error("the file has no MAC, so changes to it cannot be detected")]
    MacMissing,
    /// The MAC is not ciphertext of this data key and time.
    #[error("the MAC cannot be decrypted; the file was changed or merged by hand")]
    MacDecrypt,
    /// The MAC belongs to other values.
    #[error("the MAC does not match the values; the file was changed or merged by hand")]
    MacMismatch,
    /// A selector that is not a regular expression.
    #[error("{field}: {problem}")]
    Selector {
        /// Which selector.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// An `unencrypted_comment_regex` that also matches ciphertext: the file could not be read again.
    #[error("{place}: the comment selector matches the ciphertext of this comment")]
    SelectorMatchesCiphertext {
        /// The comment.
        place: Place,
    },
    /// Aliases that expand to more nodes than any real file has.
    #[error("aliases expand to more than {limit} values")]
    TooManyAliases {
        /// The limit.
        limit: usize,
    },
    /// Something above the size that is taken.
    #[error("the {what} would take more than {limit} MiB")]
    TooLarge {
        /// The text, or the paths of all values.
        what: &'static str,
        /// The limit, in MiB.
        limit: usize,
    },
    /// A JSON text that should hold a binary file and does not.
    #[error("{place}: no string under the key \"data\", so this is not an encrypted binary file")]
    NoData {
        /// The root.
        place: Place,
    },
    /// Values that cannot stand in the text they came in; not known to happen.
    #[error("the values cannot be written back into this text")]
    NotRepresentable,
}

/// What can be wrong with a line of a dotenv or ini file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineProblem {
    /// dotenv: neither an entry nor a comment.
    #[error("needs a `=`, or a `#` as its first character")]
    NoEquals,
    /// dotenv: a plain text with a key that is read as metadata.
    #[error("keys that begin with \"sops_\" are reserved for metadata")]
    ReservedKey,
    /// ini: neither an entry nor a comment nor a section.
    #[error("needs a `=` or `:` between key and value")]
    NoDelimiter,
    /// ini: a key or section without a name.
    #[error("the name before the value or in the brackets is empty")]
    EmptyName,
    /// ini: a quote that no line closes.
    #[error("the quote that begins here is never closed")]
    UnclosedQuote,
    /// ini: `[` without `]`.
    #[error("the section needs a `]`")]
    UnclosedSection,
    /// ini: SOPS would keep the last value only.
    #[error("key {0:?} appears twice in its section")]
    DuplicateKey(String),
}

/// Why one value cannot be decrypted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValueProblem {
    /// The ciphertext does not fit key, path or tag.
    #[error("ciphertext does not belong to this key or place; it was changed, moved or renamed")]
    Authentication,
    /// Should be ciphertext and is not.
    #[error("should be encrypted and is not")]
    NotEncrypted,
    /// Broken base64.
    #[error("ciphertext is damaged (base64)")]
    Base64,
    /// A type SOPS does not have.
    #[error("unknown value type {0:?}")]
    Type(String),
    /// The decrypted text is not of its type.
    #[error("decrypts to something that is not {0}")]
    Parse(&'static str),
    /// Bytes that are no text, NaN or an infinity in a JSON file.
    #[error("decrypts to something that JSON cannot hold")]
    NotInJson,
}

/// Plain values that have no form in a SOPS file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsupported {
    /// A whole number above 2^63 - 1.
    #[error("number above 9223372036854775807 cannot be stored; quote it")]
    Unsigned,
    /// A value that does not fit its tag.
    #[error("the value does not fit its tag")]
    Tag,
    /// ini: for SOPS the value ends at a `;` or `#`, and the rest, a comment, would stay readable.
    #[error(
        "the value ends at the `;` or `#` in it, and the rest would not be encrypted; put it in backticks"
    )]
    Cut,
}

impl Error {
    /// What to do about it, where there is something to do.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::MacMismatch | Self::MacMissing | Self::MacDecrypt => {
                "restore the file from git, or decrypt the version before the change and edit that"
            }
            Self::Value { problem: ValueProblem::NotEncrypted, .. } => {
                "values are added with `helm secrets edit`, not in the encrypted file"
            }
            Self::Value { problem: ValueProblem::NotInJson, .. } => {
                "if it is an encrypted binary file, say so: `--input-type binary`"
            }
            Self::NoMetadata => "encrypt it first: `helm secrets encrypt -i FILE`",
            Self::ReservedKey { .. } | Self::Line { problem: LineProblem::ReservedKey, .. } => {
                "rename the key, or decrypt the file first if it is encrypted already"
            }
            _ => return None,
        };
        Some(text.to_owned())
    }
}
