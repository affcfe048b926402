//! The `sops` block of a file: wrapped data keys, MAC, selector, writer version.

mod entry;
mod from_yaml;
mod read;
mod write;
mod write_json;

pub(crate) use read::Problem;
pub(crate) use write_json::Pretty;

use crate::master_key::MasterKey;
use crate::selector::Selector;

/// Everything the `sops` block says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// Wrapped data keys. One group: each key wraps the data key. Several: each group holds one Shamir share.
    /// Never empty, and at least one group has a key.
    pub groups: Vec<KeyGroup>,
    /// Shares needed, where the file says so. Without meaning when there is one group.
    pub shamir_threshold: Option<u32>,
    /// Which leaves are encrypted.
    pub selector: Selector,
    /// The MAC covers encrypted leaves only.
    pub mac_only_encrypted: bool,
    /// When the values last changed, RFC 3339 as written in the file.
    pub last_modified: String,
    /// The encrypted MAC, `ENC[...]`; `None` when missing, empty or null.
    pub mac: Option<String>,
    /// SOPS version of the writer.
    pub version: String,
    /// Fields that this version does not know, in file order, kept when the block is written again.
    pub unknown: Vec<(String, Field)>,
}

/// Keys any of which opens the data key (or this group's share of it).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyGroup {
    /// The data key or share, once for each master key: by type in the order of [`KeyType::ALL`](crate::KeyType::ALL), within a type in
    /// file order.
    pub keys: Vec<WrappedKey>,
    /// Lists of key types that this version does not know, kept when the block is written again.
    pub unknown: Vec<(String, Field)>,
}

/// The data key, or a share of it, wrapped by one master key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedKey {
    /// The key that opens it.
    pub key: MasterKey,
    /// The ciphertext: an ASCII-armored age or OpenPGP file, or what the service gave, base64 as SOPS has it for the
    /// type.
    pub enc: String,
    /// When it was wrapped, RFC 3339 as in the file; SOPS writes none for age.
    pub created_at: Option<String>,
    /// Fields that this version does not know.
    pub unknown: Vec<(String, Field)>,
}

/// A piece of metadata that is carried along, not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field {
    /// A scalar that YAML reads as a string.
    Text(String),
    /// A number, bool, null or timestamp in its own spelling.
    Literal(String),
    /// A list.
    List(Vec<Field>),
    /// A map with its keys in file order.
    Map(Vec<(String, Field)>),
}

impl Field {
    /// Null in any of the spellings YAML has for it.
    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Literal(text) if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }
}

impl KeyGroup {
    /// A group of these keys.
    #[must_use]
    pub fn of(keys: Vec<WrappedKey>) -> Self {
        Self { keys, unknown: Vec::new() }
    }
}

impl WrappedKey {
    /// What `key` made of a data key.
    #[must_use]
    pub fn new(key: MasterKey, enc: String, created_at: Option<String>) -> Self {
        Self { key, enc, created_at, unknown: Vec::new() }
    }
}
