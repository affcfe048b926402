//! The SOPS file format, YAML store: tree walk, `ENC[...]` values, MAC, metadata, `.sops.yaml` rules.
//!
//! Text and a data key in, text out. Nothing here does I/O, knows how a data key is wrapped, or reads the
//! environment; wrapping and unwrapping live in `keys`.

mod block;
mod cipher;
mod comments;
mod data_key;
mod decrypt;
mod document;
mod encrypt;
mod error;
mod go_regex;
mod layout;
mod leaves;
mod mac;
mod metadata;
mod rules;
mod seal;
mod selector;
mod token;
mod typed;
mod update;
mod walk;

pub use data_key::{BadKeyLength, DataKey};
pub use decrypt::Plain;
pub use document::{Document, has_ciphertext, is_encrypted};
pub use encrypt::{Settings, encrypt};
pub use error::{Error, Unsupported, ValueProblem};
pub use metadata::{AgeEntry, Field, KeyGroup, Metadata, OtherEntry};
pub use rules::{RecipientGroup, Rule, Rules, RulesError};
pub use selector::Selector;
pub use update::Changes;
