//! An encrypted file, opened with the keys at hand.

use clap::Args;
use keys::Keyring;
use sops::{DataKey, Document, Plain};
use ui::{CommandError, Printer};

use crate::source::Source;

/// Whether a file that somebody may have changed is opened all the same.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct MacFlags {
    /// Open a file although its MAC is missing or does not match; says each time what is wrong with it
    #[arg(long)]
    pub ignore_mac: bool,
}

/// A file with its data key and its plain text.
pub struct Opened<'a> {
    pub document: Document<'a>,
    pub data_key: DataKey,
    pub plain: Plain,
    /// The MAC is in order.
    pub verified: bool,
}

/// Opens what `source` holds.
pub fn open<'a>(
    source: &'a Source,
    keyring: &Keyring,
    mac: MacFlags,
    printer: Printer,
) -> Result<Opened<'a>, CommandError> {
    let document = source.document()?;
    let data_key = data_key(source, &document, keyring)?;
    let failed = |error| {
        CommandError::hinted(error, sops::Error::hint)
            .context(format!("failed to decrypt {}", source.shown()))
    };
    if !mac.ignore_mac {
        let plain = document.decrypt(&data_key).map_err(failed)?;
        return Ok(Opened { document, data_key, plain, verified: true });
    }
    let (plain, check) = document.decrypt_unverified(&data_key).map_err(failed)?;
    let shown = source.shown();
    match &check {
        Ok(()) => printer.warning(&format!("{shown}: its MAC is in order, --ignore-mac is not needed")),
        Err(error) => printer.warning(&format!("{shown}: {error}; opened because of --ignore-mac")),
    }
    Ok(Opened { document, data_key, plain, verified: check.is_ok() })
}

/// The data key of a file.
pub fn data_key(
    source: &Source,
    document: &Document<'_>,
    keyring: &Keyring,
) -> Result<DataKey, CommandError> {
    keyring.data_key(document.metadata()).map_err(|error| {
        CommandError::hinted(error, keys::NoKey::hint)
            .context(format!("failed to decrypt {}", source.shown()))
    })
}
