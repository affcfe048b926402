//! Lossless YAML and JSON: nodes with byte spans, edits that splice, changes of one value, scalar typing as SOPS and
//! Helm do it.
//!
//! Text in, tree or text out; no I/O and nothing about encryption. A user's file is never printed from a tree:
//! whoever changes it replaces spans, so everything else stays byte for byte.

mod change;
mod edit;
mod error;
mod float;
mod json;
mod new_value;
mod parse;
mod place;
mod render;
mod resolve;
mod timestamp;
mod token;
mod tree;

pub use change::{Change, ChangeError, Step, change};
pub use edit::{Edits, Overlap};
pub use error::{Error, NotUtf8, text};
pub use float::{fixed as fixed_float, general as general_float, parse as parse_float};
pub use json::number as json_number;
pub use new_value::{NewValue, NewValueError};
pub use place::{Place, column, line_start, place};
pub use render::{
    Context, Wanted, double_quoted, json_quoted, literal_block, plain, render, sexagesimal, single_quoted,
};
pub use resolve::{BadTag, Profile, Value, resolve};
pub use timestamp::{rfc3339, yaml as yaml_timestamp};
pub use token::{block_header, block_indent};
pub use tree::{Comment, Document, Kind, Node, NodeId, Span, Stream, Style, Syntax, Tag, TagKind};
