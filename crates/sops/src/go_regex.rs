//! Go's regular expressions (RE2) on the `regex` crate.
//!
//! Both find the same matches except that Perl classes are ASCII in Go, that `\Q...\E` exists only there, and that a
//! bracket or doubled operator inside a class is a literal there.

use std::iter::Peekable;
use std::str::Chars;

use regex::bytes::Regex;

/// Compiles a Go expression; the message says what is wrong with it.
pub(crate) fn compile(pattern: &str) -> Result<Regex, String> {
    Regex::new(&translate(pattern)).map_err(|error| match error {
        regex::Error::Syntax(text) => {
            let reason = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
            format!("invalid regular expression {pattern:?}: {reason}")
        }
        _ => format!("regular expression {pattern:?} is too large"),
    })
}

fn translate(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => escape(&mut chars, &mut out, false),
            '[' => class(&mut chars, &mut out),
            _ => out.push(c),
        }
    }
    out
}

/// What follows a backslash.
fn escape(chars: &mut Peekable<Chars<'_>>, out: &mut String, in_class: bool) {
    match chars.next() {
        Some('d') => out.push_str("[0-9]"),
        Some('D') => out.push_str("[^0-9]"),
        Some('w') => out.push_str("[0-9A-Za-z_]"),
        Some('W') => out.push_str("[^0-9A-Za-z_]"),
        Some('s') => out.push_str(r"[\t\n\f\r ]"),
        Some('S') => out.push_str(r"[^\t\n\f\r ]"),
        Some('b') if !in_class => out.push_str(r"(?-u:\b)"),
        Some('B') if !in_class => out.push_str(r"(?-u:\B)"),
        Some('Q') => {
            let rest: String = chars.clone().collect();
            let quoted = rest.split(r"\E").next().unwrap_or_default();
            out.push_str(&regex::escape(quoted));
            let length = quoted.chars().count() + if quoted.len() < rest.len() { 2 } else { 0 };
            chars.by_ref().take(length).for_each(drop);
        }
        Some(other) => out.extend(['\\', other]),
        None => out.push('\\'),
    }
}

/// A bracket class, from after its `[`.
fn class(chars: &mut Peekable<Chars<'_>>, out: &mut String) {
    out.push('[');
    if chars.peek() == Some(&'^') {
        chars.next();
        out.push('^');
    }
    let mut first = true;
    while let Some(c) = chars.next() {
        match c {
            ']' if !first => {
                out.push(']');
                return;
            }
            ']' => out.push_str(r"\]"),
            '\\' => escape(chars, out, true),
            '[' if chars.peek() == Some(&':') => {
                out.push('[');
                for c in chars.by_ref() {
                    out.push(c);
                    if c == ']' {
                        break;
                    }
                }
            }
            '[' => out.push_str(r"\["),
            '&' | '~' => out.extend(['\\', c]),
            '-' if chars.peek() == Some(&'-') => out.push_str(r"\-"),
            _ => out.push(c),
        }
        first = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        compile(pattern).unwrap().is_match(text.as_bytes())
    }

    #[test]
    fn perl_classes_are_ascii() {
        assert!(matches(r"^\d+$", "12"));
        assert!(!matches(r"\d", "\u{663}"));
        assert!(!matches(r"\w", "é"));
        assert!(matches(r"[\W]", "é"));
        assert!(!matches(r"\s", "\u{a0}"));
        assert!(matches(r"\bx\b", "éx-"));
        assert!(matches(r"[\d_]x", "_x"));
    }

    #[test]
    fn classes_and_quotes_as_in_go() {
        assert!(matches(r"\Qa.b\E.", "a.bc"));
        assert!(!matches(r"\Qa.b\E", "axb"));
        assert!(matches(r"\Q(", "("));
        assert!(matches("^[[a]$", "["));
        assert!(matches("^[]a]$", "]"));
        assert!(matches("^[a&&b]$", "&"));
        assert!(matches("^[a~~b]$", "~"));
        assert!(matches("^[[:alpha:]-]$", "-"));
        assert!(matches("(?i)^data$", "DATA"));
        assert!(matches(r"\.ya?ml$", "a.yaml"));
    }

    #[test]
    fn what_go_refuses_is_refused() {
        for pattern in ["(", "(?=x)", "(?!x)", "[a", r"\1"] {
            assert!(compile(pattern).is_err(), "{pattern}");
        }
    }
}
