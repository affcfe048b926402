//! Puts other file names into a command line.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use super::lists;
use super::scan::FileUse;

/// A file named on the command line and the name to put in its place.
#[derive(Debug, Clone, Copy)]
pub struct Replacement<'a> {
    /// Where the old name is.
    pub file: &'a FileUse,
    /// The new one, plain: quotes and escapes are added as its flag wants them.
    pub name: &'a OsStr,
}

/// `args` with each file of `replacements` (found by scanning the same `args`) written under its new name;
/// every other byte stays.
pub fn rewrite(args: &[OsString], replacements: &[Replacement<'_>]) -> Vec<OsString> {
    let mut rewritten: Vec<Vec<u8>> = args.iter().map(|arg| arg.as_bytes().to_vec()).collect();
    let mut last_first: Vec<&Replacement<'_>> = replacements.iter().collect();
    last_first.sort_by_key(|replacement| std::cmp::Reverse(replacement.file.place.bytes.start));
    for Replacement { file, name } in last_first {
        let name = lists::encode(file.flag, name.as_bytes());
        rewritten[file.place.arg].splice(file.place.bytes.clone(), name);
    }
    rewritten.into_iter().map(OsString::from_vec).collect()
}
