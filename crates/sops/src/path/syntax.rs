//! Reading a path.

use std::str::FromStr;

use yamldoc::NewValue;

use crate::path::{Part, ValuePath};

/// A text that is no path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("path {path:?}, character {column}: {problem}")]
pub struct PathSyntaxError {
    /// The text.
    pub path: String,
    /// Number of the character where it goes wrong, from 1.
    pub column: usize,
    /// What is wrong there.
    pub problem: &'static str,
}

impl PathSyntaxError {
    /// Both forms.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some("write a path like `db.hosts[0]` or `[\"db\"][\"hosts\"][0]`".to_owned())
    }
}

impl FromStr for ValuePath {
    type Err = PathSyntaxError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut reader = Reader { text, at: 0 };
        let parts = reader.parts().map_err(|(at, problem)| PathSyntaxError {
            path: text.to_owned(),
            column: text[..at].chars().count() + 1,
            problem,
        })?;
        Ok(Self { parts })
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

type Problem = (usize, &'static str);

impl Reader<'_> {
    fn parts(&mut self) -> Result<Vec<Part>, Problem> {
        let mut parts = Vec::new();
        if self.text.is_empty() {
            return Err((0, "the path is empty"));
        }
        while self.at < self.text.len() {
            if self.rest().starts_with('[') {
                parts.push(self.bracket()?);
                continue;
            }
            if !parts.is_empty() {
                if !self.rest().starts_with('.') {
                    return Err((self.at, "expected `.`, `[` or the end"));
                }
                self.at += 1;
            }
            parts.push(self.key()?);
        }
        Ok(parts)
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    /// A key without brackets, up to the next dot or bracket.
    fn key(&mut self) -> Result<Part, Problem> {
        let start = self.at;
        let mut key = String::new();
        let mut chars = self.rest().char_indices();
        let mut length = self.rest().len();
        while let Some((offset, c)) = chars.next() {
            match c {
                '.' | '[' => {
                    length = offset;
                    break;
                }
                ']' => return Err((start + offset, "`]` without `[`; write `\\]` in a key")),
                '\\' => match chars.next() {
                    Some((_, c @ ('.' | '[' | ']' | '\\'))) => key.push(c),
                    _ => return Err((start + offset, "only `.`, `[`, `]` and `\\` can follow `\\`")),
                },
                c => key.push(c),
            }
        }
        if length == 0 {
            return Err((start, "expected a key; an empty one is written `[\"\"]`"));
        }
        self.at += length;
        Ok(Part::Key(key))
    }

    /// `[0]`, `["key"]` as in JSON, or `['key']` without escapes.
    fn bracket(&mut self) -> Result<Part, Problem> {
        let start = self.at;
        let inner = &self.text[start + 1..];
        let unclosed = (start, "this `[` is not closed by `]`");
        let (part, length) = match inner.chars().next() {
            Some('"') => {
                let close = quoted_end(inner).ok_or((start + 1, "this quote is not closed"))?;
                match NewValue::from_json(&inner[..close]) {
                    Ok(NewValue::Text(key)) => (Part::Key(key), close),
                    _ => return Err((start + 1, "not a JSON string")),
                }
            }
            Some('\'') => {
                let close = inner[1..].find('\'').ok_or((start + 1, "this quote is not closed"))?;
                (Part::Key(inner[1..=close].to_owned()), close + 2)
            }
            _ => {
                let close = inner.find(']').ok_or(unclosed)?;
                let digits = &inner[..close];
                if digits.starts_with('-') {
                    return Err((start + 1, "list positions count from 0, there are no negative ones"));
                }
                let problem = (start + 1, "expected a list position such as `0`, or a key in quotes");
                let number = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok());
                (Part::Index(number.flatten().ok_or(problem)?), close)
            }
        };
        if !inner[length..].starts_with(']') {
            return Err(if inner[length..].is_empty() {
                unclosed
            } else {
                (start + 1 + length, "expected `]`")
            });
        }
        self.at = start + 1 + length + 1;
        Ok(part)
    }
}

/// Offset after the closing quote of the JSON string that `text` begins with.
fn quoted_end(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '"' if !escaped => return Some(at + 1),
            _ => escaped = c == '\\' && !escaped,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(key: &str) -> Part {
        Part::Key(key.to_owned())
    }

    #[test]
    fn both_forms_are_read() {
        for (text, parts) in [
            ("a", vec![key("a")]),
            ("a.b[0]", vec![key("a"), key("b"), Part::Index(0)]),
            ("[\"a\"][\"b\"][0]", vec![key("a"), key("b"), Part::Index(0)]),
            ("['a'][12]", vec![key("a"), Part::Index(12)]),
            ("a[\"x.y\"].c", vec![key("a"), key("x.y"), key("c")]),
            (r"tls\.crt.a\[0\]", vec![key("tls.crt"), key("a[0]")]),
            (r#"["a\"]b"]"#, vec![key("a\"]b")]),
            (r#"["\u00e9\n"][""]"#, vec![key("é\n"), key("")]),
            ("a b.0", vec![key("a b"), key("0")]),
        ] {
            assert_eq!(text.parse::<ValuePath>().map(|path| path.parts), Ok(parts), "{text}");
        }
    }

    #[test]
    fn errors_say_where() {
        for (text, column) in [
            ("", 1),
            (".a", 1),
            ("a..b", 3),
            ("a.", 3),
            ("é[0", 2),
            ("a[-1]", 3),
            ("a[x]", 3),
            ("a[]", 3),
            ("a[0]b", 5),
            ("[\"a]", 2),
            ("[\"a\"", 1),
            ("[\"a\"x]", 5),
            ("[\"\\x\"]", 2),
            (r"a\b", 2),
            ("a]", 2),
            ("a[99999999999999999999999]", 3),
        ] {
            let error = text.parse::<ValuePath>().unwrap_err();
            assert_eq!(error.column, column, "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(
            parts in prop::collection::vec(
                prop_oneof![
                    "[a.\\\\\\[\\]\"' é\n]{0,5}".prop_map(Part::Key),
                    any::<u32>().prop_map(|index| Part::Index(index as usize)),
                ],
                1..5,
            ),
        ) {
            let path = ValuePath { parts };
            prop_assert_eq!(path.to_string().parse(), Ok(path));
        }
    }
}
