//! Byte offset to line and column.

use std::fmt;

/// A position a person can go to: both numbers start at 1, the column counts characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "line {}, column {}", self.line, self.column)
    }
}

/// The place of byte `offset` in `text`. Counts from the start of the text: for errors, not for loops.
#[must_use]
pub fn place(text: &str, offset: usize) -> Place {
    let before = text.get(..offset).unwrap_or(text);
    let bytes = before.as_bytes();
    let breaks = bytes
        .iter()
        .enumerate()
        .filter(|&(at, &byte)| {
            byte == b'\n' || (byte == b'\r' && text.as_bytes().get(at + 1) != Some(&b'\n'))
        })
        .count();
    let line = &before[line_start(text, before.len())..];
    Place { line: breaks + 1, column: line.chars().filter(|&c| c != '\u{feff}').count() + 1 }
}

/// Offset of the first byte of the line that holds `offset`; a byte order mark belongs to no line.
#[must_use]
pub fn line_start(text: &str, offset: usize) -> usize {
    let start =
        text.as_bytes()[..offset].iter().rposition(|&b| b == b'\n' || b == b'\r').map_or(0, |at| at + 1);
    if start == 0 && offset >= 3 && text.starts_with('\u{feff}') { 3 } else { start }
}

/// Column of `offset` in bytes, from 0: the indentation of a block collection that starts there.
#[must_use]
pub fn column(text: &str, offset: usize) -> usize {
    offset - line_start(text, offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_in_any_break() {
        let text = "\u{feff}a\r\nb\rcé d\n";
        let at = text.find('d').unwrap();
        assert_eq!(place(text, at), Place { line: 3, column: 4 });
        assert_eq!(place(text, 3), Place { line: 1, column: 1 });
        assert_eq!(column(text, 4), 1);
        assert_eq!(place(text, 4).to_string(), "line 1, column 2");
    }
}
