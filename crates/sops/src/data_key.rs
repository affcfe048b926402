//! The data key: one random AES key per file, wrapped once per recipient.

use std::fmt;

use rand::RngCore;
use zeroize::Zeroizing;

/// AES key of 16, 24 or 32 bytes that encrypts the values of one file.
///
/// SOPS writes 32 bytes and reads all three sizes. Wiped on drop, redacted in `Debug`.
#[derive(Clone)]
pub struct DataKey(Zeroizing<Vec<u8>>);

/// A data key of a length AES does not have.
#[derive(Debug, thiserror::Error)]
#[error("data key has {0} bytes, AES needs 16, 24 or 32")]
pub struct BadKeyLength(pub usize);

impl DataKey {
    /// A fresh 32-byte key from the operating system.
    #[must_use]
    pub fn generate() -> Self {
        let mut bytes = Zeroizing::new(vec![0; 32]);
        rand::rngs::OsRng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// Takes over an unwrapped key; the bytes are wiped with it.
    ///
    /// # Errors
    /// [`BadKeyLength`] unless there are 16, 24 or 32 bytes.
    pub fn new(bytes: Zeroizing<Vec<u8>>) -> Result<Self, BadKeyLength> {
        match bytes.len() {
            16 | 24 | 32 => Ok(Self(bytes)),
            other => Err(BadKeyLength(other)),
        }
    }

    /// The key itself, for wrapping it to a recipient.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "DataKey({} bytes)", self.0.len())
    }
}
