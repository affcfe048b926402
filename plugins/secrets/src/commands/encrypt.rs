use std::path::PathBuf;

use clap::Args;
use keys::Keyring;
use sops::{DataKey, Store};
use ui::{CommandError, Exit, Printer};

use crate::convert::convert;
use crate::keyring::keyring;
use crate::rules::{NewFile, RuleFlags};
use crate::source::{self, InputFlags, Source};
use crate::store_flags;
use crate::target::Target;

/// Encrypt values files
///
/// Who can read a file is what the first matching rule of the nearest `.sops.yaml` says, from the file's folder
/// upwards. Comments, quotes, order and blank lines stay as they are. Prints the encrypted file, or replaces it with
/// `--in-place`. Without a FILE, and for `-`, standard input is encrypted.
#[derive(Debug, Args)]
#[command(visible_alias = "enc")]
pub struct Encrypt {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    input: InputFlags,
    /// Write this store instead of that of the input
    #[arg(long, value_name = "STORE", value_parser = store_flags::word())]
    output_type: Option<Store>,
    /// Choose store and rule by this name; standard input needs it
    #[arg(long, value_name = "NAME")]
    filename_override: Option<PathBuf>,
    #[command(flatten)]
    rules: RuleFlags,
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl Encrypt {
    pub fn run(self, printer: Printer) -> Result<Exit, CommandError> {
        let files = source::or_stdin(self.files)?;
        self.target.refuse_several(files.len(), "encrypted")?;
        let keyring = keyring();
        super::each_file(&files, printer, |path| {
            let source = Source::read(path, self.filename_override.as_deref(), self.input.input_type)?;
            let encrypted = encrypt(&source, self.output_type, &self.rules, &keyring, printer)?;
            self.target.put(&source, encrypted.as_bytes(), "encrypted", printer)
        })
    }
}

/// Encrypts a plain text for the recipients of its rule.
fn encrypt(
    source: &Source,
    output: Option<Store>,
    rules: &RuleFlags,
    keyring: &Keyring,
    printer: Printer,
) -> Result<String, CommandError> {
    let shown = source.shown();
    if source.is_encrypted() {
        return Err(CommandError::new(format!("{shown} is already encrypted"))
            .hint(format!("change it with: helm secrets edit {shown}")));
    }
    if source.is_nameless() {
        return Err(CommandError::new("standard input has no name by which to choose a rule")
            .hint("say which file it will be: --filename-override prod/secrets.yaml"));
    }
    let data_key = DataKey::generate();
    let store = output.unwrap_or(source.store());
    let settings = NewFile::at(source.name(), rules, printer)?.settings(&data_key, store, keyring)?;
    let converted = convert(source, source.content(), source.store(), store)?;
    let plain = converted.as_ref().map_or(source.content(), |text| text.as_slice());
    sops::encrypt(plain, store, &data_key, &settings).map_err(|error| source.error(error))
}
