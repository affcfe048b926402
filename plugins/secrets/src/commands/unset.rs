use std::path::PathBuf;

use clap::Args;
use sops::{PathError, ValuePath};
use ui::{CommandError, Exit, Printer};
use zeroize::Zeroizing;

use super::set::change;
use crate::source::{InputFlags, Source};

/// Remove a value or a part from an encrypted file
///
/// Removes what is at PATH with its line and nothing else: other values keep their ciphertext, the layout stays.
#[derive(Debug, Args)]
pub struct Unset {
    /// It is no error if nothing is there
    #[arg(long)]
    idempotent: bool,
    #[command(flatten)]
    input: InputFlags,
    /// The encrypted file
    file: PathBuf,
    /// Keys and positions: `db.hosts[0]` or `["db"]["hosts"][0]`
    path: ValuePath,
}

impl Unset {
    pub fn run(self, printer: Printer) -> Result<Exit, CommandError> {
        let source = Source::read(&self.file, None, self.input.input_type)?;
        change(&source, printer, |plain, store| match sops::unset(plain, store, &self.path) {
            Err(PathError::Missing { .. } | PathError::OutOfRange { .. }) if self.idempotent => {
                Ok(Zeroizing::new(plain.to_vec()))
            }
            result => result,
        })
    }
}
