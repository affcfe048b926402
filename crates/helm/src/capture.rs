//! What a child printed, within bounds.

use std::collections::VecDeque;
use std::fmt;

/// How much of one stream is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// Bytes kept from the start.
    pub head: usize,
    /// Bytes kept from the end.
    pub tail: usize,
}

impl Keep {
    /// For messages to people: half a mebibyte from each end.
    pub const MESSAGES: Self = Self { head: 512 << 10, tail: 512 << 10 };
    /// For output that is data, such as a rendered chart. Beyond this it is not [`Captured::whole`].
    pub const DATA: Self = Self { head: 64 << 20, tail: 0 };
}

/// One stream of a child. May contain secrets, so its `Debug` shows only lengths.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Captured {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    left_out: u64,
}

impl Captured {
    /// Everything the child printed; `None` when some of it was left out.
    pub fn whole(&self) -> Option<&[u8]> {
        (self.left_out == 0 && self.tail.is_empty()).then_some(&self.head)
    }

    /// As text, with a note where something was left out.
    pub fn text(&self) -> String {
        let mut bytes = self.head.clone();
        if self.left_out > 0 {
            bytes.extend(format!("\n... {} bytes left out ...\n", self.left_out).bytes());
        }
        bytes.extend(&self.tail);
        match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        }
    }

    /// Bytes left out between start and end.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    pub(crate) fn push(&mut self, chunk: &[u8], keep: Keep) {
        let (start, rest) = chunk.split_at(chunk.len().min(keep.head.saturating_sub(self.head.len())));
        self.head.extend_from_slice(start);
        self.tail.extend(rest);
        let excess = self.tail.len().saturating_sub(keep.tail);
        self.tail.drain(..excess);
        self.left_out += excess as u64;
    }

    /// Streams that fit are one piece again.
    pub(crate) fn finish(mut self) -> Self {
        if self.left_out == 0 {
            self.head.extend(self.tail.drain(..));
        }
        self
    }
}

impl fmt::Debug for Captured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = self.head.len() + self.tail.len();
        write!(f, "{kept} bytes, {} left out", self.left_out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn captured(chunks: &[&str], head: usize, tail: usize) -> Captured {
        let mut captured = Captured::default();
        for chunk in chunks {
            captured.push(chunk.as_bytes(), Keep { head, tail });
        }
        captured.finish()
    }

    #[test]
    fn what_fits_is_whole() {
        for chunks in [&["abcdefgh"][..], &["abc", "defgh"], &["abcd", "", "efgh"], &["a", "bcdefg", "h"]] {
            assert_eq!(captured(chunks, 4, 4).whole(), Some(&b"abcdefgh"[..]), "{chunks:?}");
        }
    }

    #[test]
    fn both_ends_are_kept() {
        for chunks in [&["abcdefghijk"][..], &["abc", "defgh", "ijk"], &["a", "bcdefghijk"]] {
            let captured = captured(chunks, 4, 2);
            assert_eq!(captured.whole(), None);
            assert_eq!(captured.left_out(), 5);
            assert_eq!(captured.text(), "abcd\n... 5 bytes left out ...\njk");
        }
    }

    #[test]
    fn debug_hides_the_text() {
        assert_eq!(format!("{:?}", captured(&["hunter2"], 4, 2)), "6 bytes, 1 left out");
    }
}
