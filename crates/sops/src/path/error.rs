//! Why a path leads nowhere, or nothing can be done there.

use yamldoc::{ChangeError, Kind, NodeId, Place, Profile, Stream, Value};

use crate::error::Error;
use crate::store::Store;

/// Why a value cannot be read, set or removed. Names keys and positions, never a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// The plain text cannot be read at all.
    #[error(transparent)]
    Text(#[from] Error),
    /// No such key.
    #[error("{path}: there is no such key")]
    Missing {
        /// Up to the key.
        path: String,
        /// The whole path to type instead: a key that is spelled alike, or the one a merge key brings.
        near: Option<String>,
    },
    /// No such item.
    #[error("{path}: the list has {length} item{}", if *.length == 1 { "" } else { "s" })]
    OutOfRange {
        /// Up to the position.
        path: String,
        /// How many items there are.
        length: usize,
    },
    /// A key where there is no map.
    #[error("{path} is {found}, so it has no key {key:?}")]
    NotAMap {
        /// The value.
        path: String,
        /// What it is: `a list`, `a string`.
        found: &'static str,
        /// The key.
        key: String,
    },
    /// A list position where there is no list.
    #[error("{path} is {found}, so it has no item {index}")]
    NotAList {
        /// The value.
        path: String,
        /// What it is.
        found: &'static str,
        /// The position.
        index: usize,
    },
    /// A change below an alias, which would show wherever its anchor is used.
    #[error("{path}, {place}: this is an alias, so a change below it would change what it stands for too")]
    BelowAlias {
        /// The alias.
        path: String,
        /// Where it is.
        place: Place,
    },
    /// A change of what an alias stands for.
    #[error("{path}: the alias at {alias} stands for the same text, so the change would show there too")]
    Shared {
        /// The value.
        path: String,
        /// The alias.
        alias: Place,
    },
    /// The metadata's own name.
    #[error("{path} is reserved for metadata")]
    Reserved {
        /// The key.
        path: String,
    },
    /// Maps and lists in a file of lines, a name or value that its format cannot express.
    #[error("{path}: {problem}")]
    Format {
        /// The value.
        path: String,
        /// What does not fit.
        problem: &'static str,
    },
    /// A file of one value.
    #[error("a {} file has one value, `data`", .store.name())]
    OneValue {
        /// Its store.
        store: Store,
    },
    /// A layout in which no edit was found.
    #[error("{path}, {place}: the value cannot be changed in this layout")]
    Layout {
        /// The value.
        path: String,
        /// Where it is.
        place: Place,
    },
}

impl PathError {
    pub(crate) fn change(error: ChangeError, path: String) -> Self {
        match error {
            ChangeError::Shared { alias } => Self::Shared { path, alias },
            ChangeError::Layout { place } => Self::Layout { path, place },
        }
    }

    /// What to type next, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Text(error) => return error.hint(),
            Self::Missing { near: Some(near), .. } => format!("did you mean `{near}`?"),
            Self::NotAMap { found: "a list", path, .. } => {
                format!("items of a list are written `{path}[0]`")
            }
            Self::NotAList { found: "a map", path, .. } => {
                format!("keys of a map are written `{path}.KEY`, also those of digits")
            }
            Self::NotAMap { .. } | Self::NotAList { .. } => {
                "set that value itself to a map or list to replace it".to_owned()
            }
            Self::BelowAlias { .. } | Self::Shared { .. } | Self::Layout { .. } => {
                "change it with `helm secrets edit`".to_owned()
            }
            Self::OneValue { .. } => "the path is `data`".to_owned(),
            _ => return None,
        })
    }
}

/// What a node is, in words.
pub(crate) fn kind(stream: &Stream<'_>, node: NodeId) -> &'static str {
    match &stream.node(stream.resolved(node)).kind {
        Kind::Sequence { .. } => "a list",
        Kind::Mapping { .. } => "a map",
        _ => match stream.value(node, Profile::Sops) {
            Ok(Some(Value::Null)) => "null",
            Ok(Some(Value::Bool(_))) => "a bool",
            Ok(Some(Value::Int(_) | Value::UInt(_) | Value::Float(_))) => "a number",
            Ok(Some(Value::Time(_))) => "a date",
            _ => "a string",
        },
    }
}
