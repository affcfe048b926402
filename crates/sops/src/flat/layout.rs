//! What the encrypted form of a file of lines cannot carry: a hint in the metadata field of [`crate::tree::layout`].
//!
//! Plain text: `f1`, then `n` if the text had no line break at its end, then for each unit that would come out
//! otherwise its number and its counted text (`3:15:key = "value" ;c`). Encrypted like a value and never trusted: it
//! is used only if the text then reads back as the decrypted values. SOPS drops the field when it rewrites the file.

use std::collections::BTreeMap;

const VERSION: &str = "f1";

/// The hint for a whole file.
#[derive(Default, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Layout {
    /// No line break at the end.
    pub(crate) unterminated: bool,
    /// The text of units by their number.
    pub(crate) units: BTreeMap<usize, String>,
}

impl Layout {
    pub(crate) fn is_empty(&self) -> bool {
        !self.unterminated && self.units.is_empty()
    }

    pub(crate) fn write(&self) -> String {
        let mut out = String::from(VERSION);
        out.push_str(if self.unterminated { "n" } else { "" });
        for (number, text) in &self.units {
            out.push_str(&format!("{number}:{}:{text}", text.len()));
        }
        out
    }

    /// `None` for anything that [`Layout::write`] does not write.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let rest = text.strip_prefix(VERSION)?;
        let mut layout = Self { unterminated: rest.starts_with('n'), units: BTreeMap::new() };
        let mut rest = rest.strip_prefix('n').unwrap_or(rest);
        while !rest.is_empty() {
            let (number, after) = rest.split_once(':')?;
            let (length, after) = after.split_once(':')?;
            let (text, after) = after.split_at_checked(length.parse().ok()?)?;
            layout.units.insert(number.parse().ok()?, text.to_owned());
            rest = after;
        }
        Some(layout)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn reads_what_it_wrote(
            unterminated: bool,
            units in proptest::collection::btree_map(any::<usize>(), any::<String>(), 0..6),
        ) {
            let layout = Layout { unterminated, units };
            prop_assert_eq!(Layout::read(&layout.write()), Some(layout));
        }

        #[test]
        fn never_panics(text in "f1[0-9n:é]{0,20}") {
            let _ = Layout::read(&text);
        }
    }
}
