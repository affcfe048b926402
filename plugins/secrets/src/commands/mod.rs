//! One file per subcommand: its arguments (the doc comments are the help) and what it does.

pub mod decrypt;
pub mod edit;
pub mod encrypt;
pub mod helm;
pub mod vault;
pub mod view;

use std::path::{Path, PathBuf};

use ui::{CommandError, Exit, Printer};
use zeroize::Zeroizing;

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

/// The text of a file.
fn read(path: &Path) -> Result<Zeroizing<String>, CommandError> {
    let bytes = fs_err::read(path)?;
    String::from_utf8(bytes).map(Zeroizing::new).map_err(|_| {
        CommandError::new(format!("{} is not text in UTF-8, so it is no YAML values file", path.display()))
    })
}

/// An error of the format about `path`, with its hint.
fn sops_error(error: sops::Error, path: &Path) -> CommandError {
    CommandError::hinted(error, sops::Error::hint).context(path.display().to_string())
}

/// An error of opening a values file.
fn values_error(error: values::Error) -> CommandError {
    CommandError::hinted(error, values::Error::hint)
}
