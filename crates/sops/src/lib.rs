//! The SOPS file format: stores, tree walk, `ENC[...]` values, MAC, metadata, Shamir shares, `.sops.yaml` rules.
//!
//! Text and a data key in, text out. Nothing here does I/O, knows how a data key is wrapped, or reads the
//! environment; wrapping and unwrapping live in `keys`.

mod changes;
mod cipher;
mod data_key;
mod document;
mod error;
mod go_regex;
mod mac;
mod master_key;
mod metadata;
mod plain;
mod rules;
mod selector;
mod settings;
mod shamir;
mod store;
mod time;
mod tree;
mod typed;

pub use changes::Changes;
pub use data_key::{BadKeyLength, DataKey};
pub use document::{Document, encrypt, has_ciphertext};
pub use error::{Error, Unsupported, ValueProblem};
pub use master_key::{KeyType, MasterKey};
pub use metadata::{Field, KeyGroup, Metadata, WrappedKey};
pub use plain::Plain;
pub use rules::{Indent, Rule, Rules, RulesError};
pub use selector::Selector;
pub use settings::Settings;
pub use shamir::{ShamirError, join, split};
pub use store::Store;
