//! The MAC over all leaves of a file.

use std::time::SystemTime;

use sha2::{Digest, Sha256, Sha512};
use zeroize::Zeroizing;

use crate::cipher::Cipher;
use crate::error::Error;
use crate::metadata::Metadata;
use crate::time::rfc3339;
use crate::typed::{Type, Typed};

/// Collects leaves in document order.
pub(crate) struct Mac {
    hash: Sha512,
    encrypted_only: bool,
}

impl Mac {
    /// With `encrypted_only` the hash starts with SHA-256("sops") and skips cleartext leaves.
    pub(crate) fn new(encrypted_only: bool) -> Self {
        let mut hash = Sha512::new();
        if encrypted_only {
            hash.update(Sha256::digest(b"sops"));
        }
        Self { hash, encrypted_only }
    }

    pub(crate) fn add(&mut self, bytes: &[u8], encrypted: bool) {
        if encrypted || !self.encrypted_only {
            self.hash.update(bytes);
        }
    }

    /// Upper-case hex, the form that SOPS compares.
    pub(crate) fn finish(self) -> String {
        hex(&self.hash.finalize())
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble & 15)]);
    bytes.iter().flat_map(|&byte| [digit(byte >> 4), digit(byte)]).collect()
}

/// The MAC as the file holds it.
pub(crate) fn seal_mac(cipher: &Cipher, mac: &str, last_modified: &str) -> String {
    cipher.seal(&Typed { kind: Type::Str, bytes: mac.as_bytes().into() }, last_modified)
}

impl Metadata {
    /// This metadata for values that hash to `mac` (upper-case hex) and changed at `now`.
    pub(crate) fn signed(&self, cipher: &Cipher, mac: &str, now: SystemTime) -> Self {
        let last_modified = rfc3339(now);
        let mac = Some(seal_mac(cipher, mac, &last_modified));
        Self { last_modified, mac, ..self.clone() }
    }
}

/// The MAC that the file holds, if it belongs to values that hash to `computed`.
pub(crate) fn check_mac(
    metadata: &Metadata,
    cipher: &Cipher,
    computed: &str,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let mac = metadata.mac.as_deref().ok_or(Error::MacMissing)?;
    let aad = yamldoc::rfc3339(&metadata.last_modified, false).ok_or(Error::MacDecrypt)?;
    let mac = cipher.open(mac, &aad).map_err(|_| Error::MacDecrypt)?;
    if *mac.raw == computed.as_bytes() { Ok(mac.raw) } else { Err(Error::MacMismatch) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cleartext_counts_unless_encrypted_only() {
        let mac = |only, leaves: &[(&str, bool)]| {
            let mut mac = Mac::new(only);
            for (text, encrypted) in leaves {
                mac.add(text.as_bytes(), *encrypted);
            }
            mac.finish()
        };
        assert_eq!(mac(false, &[("a", true), ("b", false)]), mac(false, &[("ab", true)]));
        assert_eq!(mac(true, &[("a", true), ("b", false)]), mac(true, &[("a", true)]));
        assert_ne!(mac(true, &[("a", true)]), mac(false, &[("a", true)]));
        assert!(mac(false, &[]).starts_with("CF83E1357EEFB8BD"));
    }
}
