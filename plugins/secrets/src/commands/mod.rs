//! One file per subcommand: its arguments (the doc comments are the help) and what it does.

pub mod decrypt;
pub mod edit;
pub mod encrypt;
pub mod exec_env;
pub mod exec_file;
pub mod get;
pub mod groups;
pub mod helm;
pub mod init;
pub mod rotate;
pub mod rules;
pub mod set;
pub mod status;
pub mod unset;
pub mod updatekeys;
pub mod vault;
pub mod view;

use std::path::{Path, PathBuf};

use ui::{CommandError, Exit, Printer};

use crate::source::Source;

/// Does `work` for each file; one that fails is reported and does not keep the others from their turn.
fn each_file(
    files: &[PathBuf],
    printer: Printer,
    mut work: impl FnMut(&Path) -> Result<(), CommandError>,
) -> Result<Exit, CommandError> {
    let mut failed = None;
    for path in files {
        if let Err(error) = work(path)
            && let Some(earlier) = failed.replace(error)
        {
            printer.error(&earlier);
        }
    }
    match failed {
        Some(error) => Err(error),
        None => Ok(Exit::Done),
    }
}

/// An error about a path in the plaintext of `source`.
fn path_error(error: sops::PathError, source: &Source) -> CommandError {
    CommandError::hinted(error, sops::PathError::hint).context(source.shown())
}

/// An error of opening a values file.
fn values_error(error: values::Error) -> CommandError {
    CommandError::hinted(error, values::Error::hint)
}
