//! The SOPS file format: stores, tree walk, `ENC[...]` values, MAC, metadata, Shamir shares, `.sops.yaml` rules;
//! reading, setting and converting values of plain texts.
//!
//! Text and a data key in, text out. Nothing here does I/O, knows how a data key is wrapped, or reads the
//! environment; wrapping and unwrapping live in `keys`.

mod binary;
mod change;
mod changes;
mod cipher;
mod convert;
mod coverage;
mod data_key;
mod document;
mod emit;
mod error;
mod flat;
mod get;
mod go_regex;
mod mac;
mod master_key;
mod metadata;
mod path;
mod plain;
mod preview;
mod rules;
mod selector;
mod settings;
mod shamir;
mod store;
mod time;
mod tree;
mod typed;

pub use change::{set, unset};
pub use changes::Changes;
pub use convert::{ConvertError, convert, get_json};
pub use coverage::Coverage;
pub use data_key::{BadKeyLength, DataKey};
pub use document::{Document, encrypt, has_ciphertext};
pub use error::{Error, LineProblem, Unsupported, ValueProblem};
pub use get::{Found, get};
pub use master_key::{KeyType, MasterKey};
pub use metadata::{Field, KeyGroup, Metadata, WrappedKey};
pub use path::{Part, PathError, PathSyntaxError, ValuePath};
pub use plain::Plain;
pub use preview::Preview;
pub use rules::{Indent, Rule, Rules, RulesError};
pub use selector::Selector;
pub use settings::Settings;
pub use shamir::{ShamirError, join, split};
pub use store::Store;
pub use yamldoc::{NewValue, NewValueError};
