//! Helm's command line as data: read it the way helm reads it, and put other file names in.

mod flags;
mod lists;
mod rewrite;
mod scan;
#[cfg(test)]
mod tests;

pub use flags::{Flag, Syntax, Takes};
pub use rewrite::{Replacement, rewrite};
pub use scan::{FileFlag, FileUse, FlagUse, Place, Positional, Scanned, scan, scan_with};
