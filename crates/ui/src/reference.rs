//! The reference pages of `docs/`, made from what the code declares; a test of each plugin compares them.

use std::fmt::Write as _;
use std::io::Write as _;

use crate::{Exit, env};

/// `docs/environment.md`.
pub fn environment() -> String {
    let mut page = String::from(
        "# Environment variables\n\nEvery variable that `helm secrets` and `helm multi` read.\n",
    );
    for (title, variables) in env::GROUPS {
        let _ = write!(page, "\n## {title}\n\n| variable | meaning |\n|---|---|\n");
        for variable in *variables {
            let _ = writeln!(page, "| `{}` | {} |", variable.name, variable.meaning);
        }
    }
    page
}

/// `docs/exit-codes.md`.
pub fn exit_codes() -> String {
    let mut page = String::from("# Exit codes\n\n| code | meaning |\n|---|---|\n");
    for (exit, meaning) in Exit::TABLE {
        let _ = writeln!(page, "| {} | {meaning} |", exit.code());
    }
    page.push_str("\nThe wrapper `helm secrets COMMAND` ends with helm's own exit code.\n");
    page
}

/// The page of one plugin: the help of every command as `--help` prints it.
pub fn commands(command: &mut clap::Command) -> String {
    let name = command.get_bin_name().unwrap_or(command.get_name()).to_owned();
    let mut page = format!("# {name}\n\n```text\n{}```\n", long_help(command));
    command.build();
    sections(command, &name, &mut page);
    page
}

/// Compares a page with the file that holds it, or writes the file where UPDATE_DOCS is set. For tests.
///
/// # Panics
/// When the file is stale.
#[expect(clippy::panic, reason = "an assertion of the tests that call it")]
pub fn check(file: &str, page: &str) {
    if env::lookup("UPDATE_DOCS").is_some() {
        if let Err(error) = std::fs::File::create(file).and_then(|mut out| out.write_all(page.as_bytes())) {
            panic!("could not write {file}: {error}");
        }
        return;
    }
    let found = std::fs::File::open(file).and_then(std::io::read_to_string).unwrap_or_default();
    if found != page {
        panic!("{file} is stale; write it again: UPDATE_DOCS=1 cargo test docs");
    }
}

fn sections(command: &mut clap::Command, path: &str, page: &mut String) {
    for sub in command.get_subcommands_mut().filter(|sub| !sub.is_hide_set() && sub.get_name() != "help") {
        let path = format!("{path} {}", sub.get_name());
        let _ = write!(page, "\n## {path}\n\n```text\n{}```\n", long_help(sub));
        sections(sub, &path, page);
    }
}

fn long_help(command: &mut clap::Command) -> String {
    let help = command.clone().term_width(110).render_long_help().to_string();
    let mut text: String = help.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    while text.ends_with("\n\n") {
        text.pop();
    }
    text
}
