use std::path::PathBuf;
use std::time::SystemTime;

use clap::Args;
use sops::{NewValue, PathError, Store, ValuePath};
use ui::{CommandError, Exit, Printer};
use zeroize::Zeroizing;

use super::edit::subject::describe;
use super::path_error;
use crate::keyring::keyring;
use crate::opened::{self, MacFlags};
use crate::source::{InputFlags, Source};
use crate::value::ValueFlags;

const AFTER_HELP: &str = "\
A VALUE on the command line is seen by everybody who can list processes. Type it when asked, or pipe it in:
  pass show db | helm secrets set --string --value-stdin prod/secrets.yaml db.password";

/// Set one value in an encrypted file
///
/// Changes the value at PATH and nothing else: other values keep their ciphertext, the layout stays. Maps on the way
/// are made, and an index as long as its list appends to it. A file that has the value already is not written.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct Set {
    #[command(flatten)]
    input: InputFlags,
    /// The encrypted file
    file: PathBuf,
    /// Keys and positions: `db.hosts[0]` or `["db"]["hosts"][0]`
    path: ValuePath,
    #[command(flatten)]
    value: ValueFlags,
}

impl Set {
    pub fn run(self, printer: Printer) -> Result<Exit, CommandError> {
        let source = Source::read(&self.file, None, self.input.input_type)?;
        let value: NewValue = self.value.read(&self.path.to_string())?;
        change(&source, printer, |plain, store| sops::set(plain, store, &self.path, &value))
    }
}

/// Changes the plaintext of a file.
pub fn change(
    source: &Source,
    printer: Printer,
    change: impl FnOnce(&[u8], Store) -> Result<Zeroizing<Vec<u8>>, PathError>,
) -> Result<Exit, CommandError> {
    let opened = opened::open(source, &keyring(), MacFlags::default(), printer)?;
    let document = &opened.document;
    let plain = change(&opened.plain.content, document.store()).map_err(|error| path_error(error, source))?;
    let (text, changes) =
        document.update(&plain, &opened.data_key, SystemTime::now()).map_err(|error| source.error(error))?;
    let wrote = source.replace(text.as_bytes())?;
    let said = if wrote { describe(&changes) } else { "unchanged".to_owned() };
    printer.status(&format!("{}: {said}", source.shown()));
    Ok(Exit::Done)
}
