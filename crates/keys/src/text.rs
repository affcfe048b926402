//! Words of other programs, made fit for a message of ours.

/// Longest text that is passed on, in characters.
const LONGEST: usize = 300;

/// `text` on one line, without control characters (a terminal would obey them), cut where it is very long.
pub(crate) fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let line = words.collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_control_characters_become_blanks() {
        assert_eq!(one_line(" a\r\n\tb\u{1b}[31mc \u{7} "), "a b [31mc");
        assert_eq!(one_line(&"é".repeat(400)), format!("{}...", "é".repeat(300)));
    }
}
