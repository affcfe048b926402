use std::path::{Path, PathBuf};

use clap::Args;
use keys::Keyring;
use sops::{Store, ValuePath};
use ui::{CommandError, Exit, Printer};
use zeroize::Zeroizing;

use super::get;
use crate::convert::convert;
use crate::keyring::keyring;
use crate::opened::{self, MacFlags};
use crate::source::{self, InputFlags, Source};
use crate::store_flags;
use crate::target::Target;

/// Decrypt values files
///
/// Prints the plaintext as it was before encryption, byte for byte; several files are separated by `---`. Without a
/// FILE, and for `-`, standard input is decrypted.
#[derive(Debug, Args)]
#[command(visible_alias = "dec")]
pub struct Decrypt {
    #[command(flatten)]
    target: Target,
    /// Print one value or one part, as `helm secrets get` does: `db.hosts[0]` or `["db"]["hosts"][0]`
    #[arg(long, value_name = "PATH", conflicts_with = "in_place")]
    extract: Option<ValuePath>,
    #[command(flatten)]
    how: How,
    /// Choose the store by this name
    #[arg(long, value_name = "NAME")]
    filename_override: Option<PathBuf>,
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// How to read a file and what to print of it.
#[derive(Debug, Args)]
pub struct How {
    #[command(flatten)]
    input: InputFlags,
    /// Print this store instead of that of the file
    #[arg(long, value_name = "STORE", value_parser = store_flags::word())]
    output_type: Option<Store>,
    #[command(flatten)]
    mac: MacFlags,
}

impl Decrypt {
    pub fn run(self, printer: Printer) -> Result<Exit, CommandError> {
        let files = source::or_stdin(self.files)?;
        let name = self.filename_override.as_deref();
        if !self.target.in_place && self.target.output.is_none() && self.extract.is_none() {
            return print(&files, name, &self.how, printer);
        }
        self.target.refuse_several(files.len(), "decrypted")?;
        let keyring = keyring();
        super::each_file(&files, printer, |path| {
            let source = Source::read(path, name, self.how.input.input_type)?;
            let plain = match &self.extract {
                None => open(&source, &self.how, &keyring, printer)?.0,
                Some(path) => extract(&source, path, &self.how, &keyring, printer)?,
            };
            self.target.put(&source, &plain, "decrypted; do not commit it", printer)
        })
    }
}

/// What goes between two files; only YAML has something for that.
fn separator(store: Store, source: &Source) -> Result<&'static [u8], CommandError> {
    if store == Store::Yaml {
        return Ok(b"---\n");
    }
    let problem = format!("nothing separates {} from the file before, as it is no YAML", source.shown());
    Err(CommandError::new(problem).hint("print it alone, or add --output-type yaml"))
}

/// Prints the plaintext of `paths`.
pub fn print(
    paths: &[PathBuf],
    name: Option<&Path>,
    how: &How,
    printer: Printer,
) -> Result<Exit, CommandError> {
    let keyring = keyring();
    let mut printed = false;
    super::each_file(paths, printer, |path| {
        let source = Source::read(path, name, how.input.input_type)?;
        let (plain, store) = open(&source, how, &keyring, printer)?;
        if printed {
            printer.data(separator(store, &source)?)?;
        }
        printed = true;
        Ok(printer.data(&plain)?)
    })
}

/// The plaintext of a file that must be encrypted, in the store that is wanted, and which that is.
fn open(
    source: &Source,
    how: &How,
    keyring: &Keyring,
    printer: Printer,
) -> Result<(Zeroizing<Vec<u8>>, Store), CommandError> {
    let opened = opened::open(source, keyring, how.mac, printer)?;
    let from = opened.document.store();
    let to = how.output_type.unwrap_or(from);
    let converted = convert(source, &opened.plain.content, from, to)?;
    Ok((converted.unwrap_or(opened.plain.content), to))
}

/// One value or part of the plaintext.
fn extract(
    source: &Source,
    path: &ValuePath,
    how: &How,
    keyring: &Keyring,
    printer: Printer,
) -> Result<Zeroizing<Vec<u8>>, CommandError> {
    let (plain, store) = open(source, how, keyring, printer)?;
    get::found(source, &plain, store, path)
}
