//! The `sops` block of a file: wrapped data keys, MAC, selector, writer version.

mod read;
mod write;

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
    /// age recipients in file order.
    pub age: Vec<AgeEntry>,
    /// Keys of every other type (`pgp`, `kms`, `gcp_kms`, `azure_kv`, `hc_vault`, `hckms`), kept as they are.
    pub others: Vec<OtherEntry>,
}

/// One age recipient of the data key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgeEntry {
    /// `age1...` or an SSH public key. A label only: any identity that opens `enc` will do.
    pub recipient: String,
    /// ASCII-armored age file that holds the data key or share.
    pub enc: String,
}

/// A wrapped key of a type this build cannot open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherEntry {
    /// Field name in the file, such as `pgp` or `kms`.
    pub kind: String,
    /// Its fields as they stand in the file.
    pub fields: Field,
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
