use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use sops::{Found, Store, ValuePath};
use ui::{CommandError, Exit, Printer};
use zeroize::Zeroizing;

use super::path_error;
use crate::keyring::keyring;
use crate::opened::{self, MacFlags};
use crate::source::{InputFlags, Source};

/// Print one value of an encrypted file
///
/// A string is printed as it is, without a line end unless it goes to a terminal; a map or list as a document of the
/// file's store. `helm secrets get values RELEASE` and the like are helm's own.
#[derive(Debug, Args)]
pub struct Get {
    /// How to print it
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
    #[command(flatten)]
    input: InputFlags,
    #[command(flatten)]
    mac: MacFlags,
    /// The encrypted file
    file: PathBuf,
    /// Keys and positions: `db.hosts[0]` or `["db"]["hosts"][0]`
    path: ValuePath,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Format {
    /// A string as it is
    #[default]
    Raw,
    /// JSON, with its quotes
    Json,
}

impl Get {
    pub fn run(self, printer: Printer) -> Result<Exit, CommandError> {
        let source = Source::read(&self.file, None, self.input.input_type)?;
        let opened = opened::open(&source, &keyring(), self.mac, printer)?;
        let store = opened.document.store();
        let plain = &opened.plain.content;
        let mut text = match self.output {
            Format::Raw => found(&source, plain, store, &self.path)?,
            Format::Json => {
                let json = sops::get_json(plain, store, &self.path);
                json.map(line).map_err(|error| path_error(error, &source))?
            }
        };
        if io::stdout().is_terminal() && !text.ends_with(b"\n") {
            text.push(b'\n');
        }
        printer.data(&text)?;
        Ok(Exit::Done)
    }
}

/// What is at `path` in a plaintext: a string as it is, another value on a line, a map or list as a document.
pub fn found(
    source: &Source,
    plain: &[u8],
    store: Store,
    path: &ValuePath,
) -> Result<Zeroizing<Vec<u8>>, CommandError> {
    let found = sops::get(plain, store, path).map_err(|error| path_error(error, source))?;
    Ok(match found {
        Found::Text(text) | Found::Tree(text) => Zeroizing::new(text.as_bytes().to_vec()),
        Found::Scalar(text) => line(text),
    })
}

fn line(text: Zeroizing<String>) -> Zeroizing<Vec<u8>> {
    let end = if text.ends_with('\n') { "" } else { "\n" };
    Zeroizing::new([text.as_bytes(), end.as_bytes()].concat())
}
