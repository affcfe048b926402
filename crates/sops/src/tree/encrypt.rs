//! Encrypting a plain text for the first time.

use crate::cipher::Cipher;
use crate::data_key::DataKey;
use crate::error::Error;
use crate::settings::Settings;
use crate::tree::leaves;
use crate::tree::seal::{Fresh, Source};

/// Encrypts a text. Everything but selected values and comments stays byte for byte, and decrypting gives back the
/// same bytes.
pub(crate) fn encrypt(plain: &str, key: &DataKey, settings: &Settings) -> Result<String, Error> {
    let source = Source::parse(plain, &settings.selector)?;
    let typed = leaves::typed(&source.stream, &source.walk)?;
    let cipher = Cipher::new(key);
    let metadata = settings.metadata(&cipher, &source.mac(&typed, settings.mac_only_encrypted));
    source.seal(&typed, &cipher, &metadata, settings.indent, &Fresh)
}
