//! Masking of a stream, whose writes may split a secret anywhere.

use std::io::{self, Write};

use super::{MASK, Masker};

/// Masks what is written through it. The last bytes are held back, because a secret may go on in the next write:
/// [`MaskingWriter::finish`] writes them, `flush` and dropping do not.
pub struct MaskingWriter<'a, W: Write> {
    masker: &'a Masker,
    inner: W,
    /// What is held back: less than the longest spelling.
    held: Vec<u8>,
    /// Set if the last thing written was a mask: how many bytes of `held` still belong to it.
    masked: Option<usize>,
}

impl<'a, W: Write> MaskingWriter<'a, W> {
    pub(super) fn new(masker: &'a Masker, inner: W) -> Self {
        Self { masker, inner, held: Vec::new(), masked: None }
    }

    /// Writes what is held back and gives the inner writer back.
    pub fn finish(mut self) -> io::Result<W> {
        self.write_until(self.held.len())?;
        Ok(self.inner)
    }

    /// Writes `held[..end]`, masked, and keeps the rest.
    fn write_until(&mut self, end: usize) -> io::Result<()> {
        let mut out = Vec::new();
        let mut at = self.masked.unwrap_or(0).min(end);
        let mut masked_until = self.masked;
        for range in self.masker.find(&self.held) {
            if range.start >= end {
                break;
            }
            // A range that begins in or right behind what is masked already continues it.
            if masked_until.is_none_or(|until| range.start > until) {
                out.extend_from_slice(&self.held[at..range.start]);
                out.extend_from_slice(MASK.as_bytes());
            }
            let until = masked_until.unwrap_or(0).max(range.end);
            masked_until = Some(until);
            at = until.min(end);
        }
        out.extend_from_slice(&self.held[at..end]);
        self.inner.write_all(&out)?;
        self.held.drain(..end);
        self.masked = masked_until.filter(|until| *until >= end).map(|until| until - end);
        Ok(())
    }
}

#[cfg(test)]
impl<W: Write> MaskingWriter<'_, W> {
    pub(super) fn held(&self) -> usize {
        self.held.len()
    }
}

impl<W: Write> Write for MaskingWriter<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(bytes);
        // A spelling that begins in the last `longest - 1` bytes may not be complete yet.
        let end = self.held.len().saturating_sub(self.masker.longest.saturating_sub(1));
        if end > 0 {
            self.write_until(end)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<W: Write> std::fmt::Debug for MaskingWriter<'_, W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MaskingWriter").field("held", &self.held.len()).finish_non_exhaustive()
    }
}
