//! Lossless YAML: nodes with byte spans, edits that splice, scalar typing as SOPS and Helm do it.
//!
//! Text in, tree or text out; no I/O and nothing about encryption. A user's file is never printed from a tree:
//! whoever changes it replaces spans, so everything else stays byte for byte.

mod edit;
mod error;
mod float;
mod parse;
mod place;
mod render;
mod resolve;
mod timestamp;
mod token;
mod tree;

pub use edit::{Edits, Overlap};
pub use error::{Error, NotUtf8, text};
pub use float::{fixed as fixed_float, general as general_float, parse as parse_float};
pub use place::{Place, column, line_start, place};
pub use render::{Context, Wanted, double_quoted, literal_block, plain, render, single_quoted};
pub use resolve::{BadTag, Profile, Value, resolve};
pub use timestamp::{rfc3339, yaml as yaml_timestamp};
pub use token::{block_header, block_indent};
pub use tree::{Comment, Document, Kind, Node, NodeId, Span, Stream, Style, Tag, TagKind};
