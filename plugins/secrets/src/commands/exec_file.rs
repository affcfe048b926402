use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use clap::Args;
use helm::{Environment, MemFile};
use sops::Store;
use ui::{CommandError, Exit, OrHint, Printer, env};

use crate::child::Child;
use crate::convert::convert;
use crate::keyring::keyring;
use crate::opened::{self, MacFlags};
use crate::source::{InputFlags, Source};
use crate::store_flags;

/// Run a command with the plaintext as a file
///
/// `{}` in the command stands for the file, which is in memory and which only the command and its children can open,
/// as often as they like. The command takes the place of `helm secrets`, so that signals and exit code are its own.
#[derive(Debug, Args)]
pub struct ExecFile {
    #[command(flatten)]
    input: InputFlags,
    /// Hand over this store instead of that of the file
    #[arg(long, value_name = "STORE", value_parser = store_flags::word())]
    output_type: Option<Store>,
    /// Call the file so, for commands that go by the name
    #[arg(long, value_name = "NAME", value_parser = file_name)]
    filename: Option<String>,
    /// As in sops; the file can be read more than once in any case
    #[arg(long, hide = true)]
    no_fifo: bool,
    #[command(flatten)]
    mac: MacFlags,
    /// The encrypted file
    file: PathBuf,
    #[command(flatten)]
    child: Child,
}

/// What stands for the file.
const PLACE: &str = "{}";

impl ExecFile {
    pub fn run(self, printer: Printer) -> Result<Exit, CommandError> {
        if !self.child.names(PLACE) {
            return Err(CommandError::new("the command does not use the file: it holds no {}")
                .hint("write {} where the file's name belongs, such as: 'kubectl apply -f {}'"));
        }
        let source = Source::read(&self.file, None, self.input.input_type)?;
        let opened = opened::open(&source, &keyring(), self.mac, printer)?;
        let from = opened.document.store();
        let converted = convert(&source, &opened.plain.content, from, self.output_type.unwrap_or(from))?;
        let plain = converted.as_ref().unwrap_or(&opened.plain.content);
        let name = self.file.file_name().unwrap_or_default().to_string_lossy();
        let file = MemFile::new(&name, plain).or_context("failed to make a file in memory")?;
        let environment = Environment::inherited(env::all());
        let path = file.path();
        let Some(name) = &self.filename else {
            return self.child.become_it(|word| replaced(word, &path), &environment, vec![file]);
        };
        // A link has any name; whoever follows it gets what he has inherited, and nothing else.
        let folder = tempfile::Builder::new()
            .prefix("convoy-exec-")
            .tempdir()
            .or_context("failed to make a folder for the file's name")?;
        let link = folder.path().join(name);
        std::os::unix::fs::symlink(&path, &link).or_context("failed to give the file its name")?;
        self.child.run(|word| replaced(word, &link), &environment, vec![file])
    }
}

/// A name without a folder.
fn file_name(name: &str) -> Result<String, String> {
    match Path::new(name).file_name() {
        Some(own) if own == name => Ok(name.to_owned()),
        _ => Err("it is to be a name, without a folder".to_owned()),
    }
}

/// `word` with the path in every place.
fn replaced(word: &OsStr, path: &Path) -> OsString {
    match word.to_str() {
        Some(text) => text.replace(PLACE, &path.display().to_string()).into(),
        None => word.to_owned(),
    }
}
