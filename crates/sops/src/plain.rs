//! A decrypted file.

use std::fmt;

use zeroize::Zeroizing;

/// The plain text of a file.
pub struct Plain {
    /// Byte for byte what was encrypted, if it was encrypted by us; of other writers' files everything but tokens and
    /// comments as it stands in the encrypted file.
    pub content: Zeroizing<Vec<u8>>,
    /// Decrypted strings, for masking them in output.
    pub secrets: Vec<Zeroizing<String>>,
}

impl Plain {
    pub(crate) fn of_text(mut text: Zeroizing<String>, secrets: Vec<Zeroizing<String>>) -> Self {
        Self { content: Zeroizing::new(std::mem::take(&mut *text).into_bytes()), secrets }
    }

    /// The content as text, which it is in every store but the binary one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.content).ok()
    }
}

impl fmt::Debug for Plain {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Plain({} bytes, {} secrets)", self.content.len(), self.secrets.len())
    }
}
