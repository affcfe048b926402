//! Encrypting a plain text for the first time.

use yamldoc::Syntax;

use crate::cipher::Cipher;
use crate::data_key::DataKey;
use crate::error::Error;
use crate::settings::Settings;
use crate::tree::block::Block;
use crate::tree::leaves;
use crate::tree::seal::{Fresh, Source, verified};

/// Encrypts a text. Everything but selected values and comments stays byte for byte, and decrypting gives back the
/// same bytes.
pub(crate) fn encrypt(
    plain: &str,
    syntax: Syntax,
    key: &DataKey,
    settings: &Settings,
) -> Result<String, Error> {
    let source = Source::parse(plain, syntax, &settings.selector)?;
    let typed = leaves::typed(&source.stream, &source.walk)?;
    let cipher = Cipher::new(key);
    let metadata = settings.metadata(&cipher, &source.mac(&typed, settings.mac_only_encrypted));
    let block = Block { metadata: &metadata, layout: None, selector: true, step: settings.indent };
    let sealed = source.seal(&typed, &cipher, block, &Fresh)?;
    // The check takes as much memory again.
    drop(typed);
    drop(source);
    verified(sealed, plain, syntax, &cipher, block, &Fresh)
}
