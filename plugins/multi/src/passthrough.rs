//! Splits a command line into our flags and helm's.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use clap::{ArgAction, Command};
use helm::args::{Syntax, Takes};

/// A command line in two parts.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// The program, the command, positionals, our flags, and flags that neither side knows (clap says what is wrong).
    pub ours: Vec<OsString>,
    /// Helm's flags with their values, and everything after `--`.
    pub helm: Vec<OsString>,
}

/// Commands whose helm flags are those of another command.
fn helm_command(name: &str) -> &str {
    if name == "diff" { "upgrade" } else { name }
}

/// Splits `arguments` (with the program in front) for `root`. A flag that both have is ours.
pub fn split(root: &mut Command, arguments: Vec<OsString>) -> Split {
    root.build();
    let mut split = Split::default();
    let mut arguments = arguments.into_iter();
    split.ours.extend(arguments.next());
    let mut current: Command = root.clone();
    let mut syntax: Option<Syntax> = None;
    while let Some(argument) = arguments.next() {
        if argument == "--" {
            split.helm.extend(arguments.by_ref());
            break;
        }
        let (side, wants_value) = match classify(&argument, &current, syntax.as_ref()) {
            Some(found) => found,
            None => {
                let sub = argument
                    .to_str()
                    .and_then(|name| root.find_subcommand(name))
                    .filter(|_| syntax.is_none());
                if let Some(sub) = sub {
                    current = sub.clone();
                    syntax = Some(Syntax::of(helm_command(sub.get_name())));
                }
                (Side::Ours, false)
            }
        };
        let part = match side {
            Side::Ours => &mut split.ours,
            Side::Helm => &mut split.helm,
        };
        part.push(argument);
        if wants_value {
            part.extend(arguments.next());
        }
    }
    split
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Ours,
    Helm,
}

/// Whose flag `argument` is and whether the next argument is its value; `None` for a positional.
fn classify(argument: &OsStr, command: &Command, syntax: Option<&Syntax>) -> Option<(Side, bool)> {
    let text = String::from_utf8_lossy(argument.as_bytes());
    if let Some(long) = text.strip_prefix("--") {
        let (name, attached) = match long.split_once('=') {
            Some((name, _)) => (name, true),
            None => (long, false),
        };
        if let Some(takes) = ours(command, |arg| arg.get_long() == Some(name)) {
            return Some((Side::Ours, takes && !attached));
        }
        let helm = syntax.and_then(|syntax| syntax.long(name));
        return Some(match helm {
            Some(flag) => (Side::Helm, flag.takes == Takes::Value && !attached),
            None => (Side::Ours, false),
        });
    }
    let mut letters = text.strip_prefix('-')?.chars();
    let letter = letters.next()?;
    let attached = letters.next().is_some();
    if let Some(takes) = ours(command, |arg| arg.get_short() == Some(letter)) {
        return Some((Side::Ours, takes && !attached));
    }
    Some(match syntax.and_then(|syntax| syntax.short(letter)) {
        Some(flag) => (Side::Helm, flag.takes == Takes::Value && !attached),
        None => (Side::Ours, false),
    })
}

/// Whether the first of our flags that `is` accepts takes a value.
fn ours(command: &Command, is: impl Fn(&clap::Arg) -> bool) -> Option<bool> {
    let arg = command.get_arguments().find(|arg| is(arg))?;
    Some(matches!(arg.get_action(), ArgAction::Set | ArgAction::Append))
}
