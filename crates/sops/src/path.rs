//! Paths to a value, as people type them and as messages name them.

mod error;
mod find;
mod syntax;

use std::fmt;

pub use error::PathError;
pub(crate) use error::kind;
pub(crate) use find::{Reach, find, nearest};
pub use syntax::PathSyntaxError;

/// Keys and list positions from the root of a file's first document to a value.
///
/// Read from both forms, which may be mixed: `db.hosts[0]`, where `.`, `[`, `]` and `\` in a key are written with `\`
/// before them, and that of sops, `["db"]["hosts"][0]`. Shown in the first.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ValuePath {
    pub(crate) parts: Vec<Part>,
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Part {
    /// Into a map.
    Key(String),
    /// Into a list, from 0.
    Index(usize),
}

impl ValuePath {
    /// The steps; at least one.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The first `length` steps as text.
    pub(crate) fn shown(&self, length: usize) -> String {
        let mut out = String::new();
        for part in &self.parts[..length.min(self.parts.len())] {
            push(&mut out, part);
        }
        out
    }
}

/// Adds a step to the text of a path.
pub(crate) fn push(out: &mut String, part: &Part) {
    match part {
        Part::Index(index) => out.push_str(&format!("[{index}]")),
        Part::Key(key) if key.is_empty() => out.push_str("[\"\"]"),
        Part::Key(key) => {
            if !out.is_empty() {
                out.push('.');
            }
            for c in key.chars() {
                if matches!(c, '.' | '[' | ']' | '\\') {
                    out.push('\\');
                }
                out.push(c);
            }
        }
    }
}

impl fmt::Display for ValuePath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.shown(self.parts.len()))
    }
}
