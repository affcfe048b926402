//! Replacements by byte range, applied once.

use std::borrow::Cow;

use crate::Span;

/// Changes to one text; everything outside them stays byte for byte.
#[derive(Debug, Clone, Default)]
pub struct Edits<'a> {
    list: Vec<(Span, Cow<'a, str>)>,
}

/// Two edits touch the same bytes, or one lies outside the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("edits overlap at byte {0}")]
pub struct Overlap(pub usize);

impl<'a> Edits<'a> {
    /// Replaces the bytes of `span`. An empty span inserts; insertions at one place keep the order of the calls.
    pub fn replace(&mut self, span: Span, text: impl Into<Cow<'a, str>>) {
        self.list.push((span, text.into()));
    }

    /// Inserts at byte `at`.
    pub fn insert(&mut self, at: usize, text: impl Into<Cow<'a, str>>) {
        self.replace(Span { start: at, end: at }, text);
    }

    /// Removes the bytes of `span`.
    pub fn delete(&mut self, span: Span) {
        self.replace(span, "");
    }

    /// Whether nothing was asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// `source` with all edits applied, in one allocation.
    ///
    /// # Errors
    /// [`Overlap`] when two edits share bytes or a span is not within `source`.
    pub fn apply(mut self, source: &str) -> Result<String, Overlap> {
        self.list.sort_by_key(|(span, _)| (span.start, span.end));
        let grown: usize = self.list.iter().map(|(_, text)| text.len()).sum();
        let mut out = String::with_capacity(source.len() + grown);
        let mut done = 0;
        for (span, text) in &self.list {
            if span.start > span.end {
                return Err(Overlap(span.start));
            }
            out.push_str(source.get(done..span.start).ok_or(Overlap(span.start))?);
            out.push_str(text);
            done = span.end;
        }
        out.push_str(source.get(done..).ok_or(Overlap(done))?);
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_of_calls_does_not_matter() {
        let mut edits = Edits::default();
        edits.replace(Span { start: 4, end: 5 }, "X");
        edits.delete(Span { start: 0, end: 2 });
        edits.insert(4, "+");
        edits.insert(6, "!");
        assert_eq!(edits.apply("abcdef").unwrap(), "cd+Xf!");
    }

    #[test]
    fn overlap_is_refused() {
        let mut edits = Edits::default();
        edits.delete(Span { start: 0, end: 3 });
        edits.delete(Span { start: 2, end: 4 });
        assert_eq!(edits.apply("abcdef"), Err(Overlap(2)));
        let mut edits = Edits::default();
        edits.delete(Span { start: 5, end: 9 });
        assert_eq!(edits.apply("abcdef"), Err(Overlap(9)));
    }
}
