use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use clap::Args;
use sops::{DataKey, Store};
use ui::{CommandError, Exit, OrHint, Printer};

use crate::files;
use crate::rules::NewFile;

/// Encrypt values files
///
/// Who can read a file is what the first matching rule of the nearest `.sops.yaml` says, from the file's folder
/// upwards. Comments, quotes, order and blank lines stay as they are. Prints the encrypted file, or replaces it with
/// `--in-place`.
#[derive(Debug, Args)]
#[command(visible_alias = "enc")]
pub struct Encrypt {
    /// Replace the files instead of printing them
    #[arg(short, long)]
    in_place: bool,
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl Encrypt {
    pub fn run(self, printer: Printer) -> Result<Exit, CommandError> {
        if self.files.len() > 1 && !self.in_place {
            return Err(CommandError::new("several files can only be encrypted in place").hint("add -i"));
        }
        super::each_file(&self.files, printer, |path| {
            let text = super::read(path)?;
            let encrypted = encrypt(path, &text)?;
            if !self.in_place {
                return Ok(printer.data(encrypted.as_bytes())?);
            }
            files::replace(path, encrypted.as_bytes())
                .or_context(format!("failed to write {}", path.display()))?;
            printer.status(&format!("{}: encrypted", path.display()));
            Ok(())
        })
    }
}

/// Encrypts the text of `path` for the recipients of its rule.
pub fn encrypt(path: &Path, text: &str) -> Result<String, CommandError> {
    let shown = path.display();
    refuse_other_stores(path)?;
    if sops::Document::detect(text, Store::Yaml).is_ok_and(|found| found.is_some()) {
        return Err(CommandError::new(format!("{shown} is already encrypted"))
            .hint(format!("change it with: helm secrets edit {shown}")));
    }
    let data_key = DataKey::generate();
    let settings = NewFile::at(path)?.settings(&data_key)?;
    sops::encrypt(text.as_bytes(), Store::Yaml, &data_key, &settings)
        .map_err(|error| super::sops_error(error, path))
}

/// sops tells the store by the name of the file; another store under these names would be unreadable to it.
pub fn refuse_other_stores(path: &Path) -> Result<(), CommandError> {
    let extension = path.extension().map(OsStr::to_ascii_lowercase);
    let store = match extension.as_ref().and_then(|extension| extension.to_str()) {
        Some("json") => "JSON",
        Some("env") => "dotenv",
        Some("ini") => "ini",
        _ => return Ok(()),
    };
    Err(CommandError::new(format!("{} is a {store} file; only YAML files can be encrypted", path.display())))
}
