use std::path::{Path, PathBuf};

use clap::Args;
use ui::{CommandError, Exit, OrHint, Printer};
use zeroize::Zeroizing;

use crate::{files, keyring::keyring};

/// Decrypt values files
///
/// Prints the plaintext as it was before encryption, byte for byte; several files are separated by `---`.
#[derive(Debug, Args)]
#[command(visible_alias = "dec")]
pub struct Decrypt {
    /// Replace the files instead of printing them
    #[arg(short, long)]
    in_place: bool,
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl Decrypt {
    pub fn run(self, printer: Printer) -> Result<Exit, CommandError> {
        if !self.in_place {
            return print(&self.files, printer);
        }
        let keyring = keyring();
        super::each_file(&self.files, printer, |path| {
            let plain = open(path, &keyring)?;
            files::replace(path, &plain).or_context(format!("failed to write {}", path.display()))?;
            printer.status(&format!("{}: decrypted; do not commit it", path.display()));
            Ok(())
        })
    }
}

/// Prints the plaintext of `paths`.
pub fn print(paths: &[PathBuf], printer: Printer) -> Result<Exit, CommandError> {
    let keyring = keyring();
    let mut first = true;
    super::each_file(paths, printer, |path| {
        let plain = open(path, &keyring)?;
        if !std::mem::take(&mut first) {
            printer.data(b"---\n")?;
        }
        Ok(printer.data(&plain)?)
    })
}

/// The plaintext of a file that must be encrypted.
fn open(path: &Path, keyring: &keys::Keyring) -> Result<Zeroizing<Vec<u8>>, CommandError> {
    if !path.exists() {
        super::read(path)?;
    }
    match values::open(path, keyring).map_err(super::values_error)? {
        Some(opened) => Ok(opened.content),
        None => Err(CommandError::new(format!("{} is not encrypted", path.display()))
            .hint(format!("encrypt it: helm secrets encrypt -i {}", path.display()))),
    }
}
