//! Encrypting a plain text for the first time.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::cipher::Cipher;
use crate::data_key::DataKey;
use crate::error::Error;
use crate::leaves;
use crate::metadata::{KeyGroup, Metadata};
use crate::seal::{Fresh, Source};
use crate::selector::Selector;
use crate::typed::{Type, Typed};

/// The SOPS version whose file format we write; readers require a version of SOPS itself.
const WRITER_VERSION: &str = "3.13.3";

/// How to encrypt a file.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The data key, wrapped.
    pub groups: Vec<KeyGroup>,
    /// Shares needed where there are several groups.
    pub shamir_threshold: Option<u32>,
    /// Which leaves to encrypt.
    pub selector: Selector,
    /// Whether the MAC covers encrypted leaves only.
    pub mac_only_encrypted: bool,
    /// The time to write into the file.
    pub now: SystemTime,
    /// Indentation of the metadata block; by default 2 or 4 as in the file.
    pub indent: Option<usize>,
}

/// Encrypts a YAML text. Everything but selected values and comments stays byte for byte, and decrypting gives
/// back the same bytes.
///
/// # Errors
/// [`Error::Yaml`] (syntax, duplicate and non-string keys), [`Error::Empty`], [`Error::NotAMap`],
/// [`Error::ReservedKey`], [`Error::Unsupported`], [`Error::Selector`], [`Error::SelectorMatchesCiphertext`].
pub fn encrypt(plain: &str, key: &DataKey, settings: &Settings) -> Result<String, Error> {
    let source = Source::parse(plain, &settings.selector)?;
    let typed = leaves::typed(&source.stream, &source.walk)?;
    let cipher = Cipher::new(key);
    let last_modified = rfc3339(settings.now);
    let mac = seal_mac(&cipher, &source.mac(&typed, settings.mac_only_encrypted), &last_modified);
    let metadata = Metadata {
        groups: settings.groups.clone(),
        shamir_threshold: settings.shamir_threshold,
        selector: settings.selector.clone(),
        mac_only_encrypted: settings.mac_only_encrypted,
        last_modified,
        mac: Some(mac),
        version: WRITER_VERSION.to_owned(),
        unknown: Vec::new(),
    };
    source.seal(&typed, &cipher, &metadata, settings.indent, &Fresh)
}

/// The MAC as the file holds it.
pub(crate) fn seal_mac(cipher: &Cipher, mac: &str, last_modified: &str) -> String {
    cipher.seal(&Typed { kind: Type::Str, bytes: mac.as_bytes().into() }, last_modified)
}

/// UTC in whole seconds, the form that is the MAC's additional data.
pub(crate) fn rfc3339(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (days, clock) = (seconds / 86_400, seconds % 86_400);
    // Days since 1 March of year 0 in 400-year eras (Howard Hinnant's civil_from_days).
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", clock / 3600, clock / 60 % 60, clock % 60)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn time_is_utc_in_seconds() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_767_323_045, "2026-01-02T03:04:05Z"),
            (4_102_444_799, "2099-12-31T23:59:59Z"),
        ] {
            assert_eq!(rfc3339(UNIX_EPOCH + Duration::from_millis(seconds * 1000 + 999)), text);
        }
    }
}
