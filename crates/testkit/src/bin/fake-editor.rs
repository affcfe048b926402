//! `fake-editor SCRIPT FILE`: edits the file as the script says; see the module `editor` of the library.
#![allow(clippy::print_stderr, reason = "a program of the tests")]

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let played = match arguments.as_slice() {
        [script, file] => testkit::editor::play(Path::new(script), Path::new(file)),
        _ => Err("usage: fake-editor SCRIPT FILE".to_owned()),
    };
    played.unwrap_or_else(|misfit| {
        eprintln!("fake-editor: {misfit}");
        testkit::editor::misfit()
    })
}
