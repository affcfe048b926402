//! Manifests as helm renders them: their objects, what changed between two of them, and the masking of known secrets.
//!
//! What lives here: splitting and parsing, the structural diff with its text form, grouping of equal diffs, and the
//! masker that every output of helm goes through. What does not: I/O, clusters, helm, colours.

mod diff;
mod group;
mod masker;
mod objects;
mod render;

pub use diff::{Change, Diff, FieldChange, FieldDiff, ObjectDiff, Options, Summary, diff};
pub use group::{Group, group};
pub use masker::{MASK, Masker, MaskingWriter, TooManySecrets};
pub use objects::{Key, Object, Objects};
pub use render::{Line, LineKind};
