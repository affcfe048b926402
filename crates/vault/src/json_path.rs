//! `jsonPath`: one value inside a JSON document stored under a key.

use std::collections::HashMap;
use std::fmt;

use serde::Deserialize;
use serde_json::value::RawValue;

/// A path to exactly one value: `$.a.b[0]`, `a.b`, `$["dotted.key"]`. No filters, no wildcards.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct JsonPath {
    text: String,
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Step {
    Key(String),
    Index(usize),
}

impl JsonPath {
    /// The value the path leads to, as it is written in `document`; `None` if there is none.
    ///
    /// Works on the text: a tree would copy every other secret of the document.
    pub fn find<'a>(&self, document: &'a RawValue) -> Option<&'a RawValue> {
        let mut at = document;
        for step in &self.steps {
            at = match step {
                Step::Key(key) => {
                    serde_json::from_str::<HashMap<String, &RawValue>>(at.get()).ok()?.remove(key.as_str())?
                }
                Step::Index(index) => {
                    serde_json::from_str::<Vec<&RawValue>>(at.get()).ok()?.get(*index).copied()?
                }
            };
        }
        Some(at)
    }
}

impl fmt::Display for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl TryFrom<String> for JsonPath {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match steps(&text) {
            Ok(steps) => Ok(Self { text, steps }),
            Err(why) => Err(format!("jsonPath `{text}` {why}")),
        }
    }
}

fn steps(text: &str) -> Result<Vec<Step>, &'static str> {
    let mut rest = text.strip_prefix('$').unwrap_or(text);
    let mut steps = Vec::new();
    // A path without `$` may begin with a bare key.
    let mut bare = rest.len() == text.len() && !rest.starts_with(['.', '[']);
    while bare || !rest.is_empty() {
        if let Some(bracket) = rest.strip_prefix('[').filter(|_| !bare) {
            let (step, after) = bracketed(bracket)?;
            steps.push(step);
            rest = after;
        } else {
            if !bare {
                rest =
                    rest.strip_prefix('.').ok_or("has something else than `.` or `[` behind `]` or `$`")?;
            }
            bare = false;
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let (key, after) = rest.split_at(end);
            match key {
                "" => return Err("has an empty key; quote it as [\"\"] if it is meant"),
                "*" => return Err("has a wildcard; it must lead to one value"),
                _ => steps.push(Step::Key(key.to_owned())),
            }
            rest = after;
        }
    }
    Ok(steps)
}

/// What is inside `[...]`, given the text behind the `[`: an index or a quoted key.
fn bracketed(text: &str) -> Result<(Step, &str), &'static str> {
    if let Some(quote) = text.chars().next().filter(|first| matches!(first, '"' | '\'')) {
        let inner = &text[1..];
        let end = inner.find(quote).ok_or("has a quote that does not end")?;
        let after = inner[end + 1..].strip_prefix(']').ok_or("has a `[` that does not end")?;
        return Ok((Step::Key(inner[..end].to_owned()), after));
    }
    let (index, after) = text.split_once(']').ok_or("has a `[` that does not end")?;
    let plain = !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit());
    match index.parse() {
        Ok(index) if plain => Ok((Step::Index(index), after)),
        _ => Err("has something else than a number or a quoted key in `[]`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = r#"{"a": {"b": [1.10, {"c": "x"}], "d.e": 1, "": 2}, "null": null}"#;

    fn at(path: &str) -> Option<&'static str> {
        let document: &RawValue = serde_json::from_str(DOCUMENT).unwrap();
        JsonPath::try_from(path.to_owned()).expect("a valid path").find(document).map(RawValue::get)
    }

    #[test]
    fn dots_brackets_and_quotes() {
        assert_eq!(at("$.a.b[0]"), Some("1.10"), "a number as it was written");
        assert_eq!(at("a.b[1].c"), Some("\"x\""));
        assert_eq!(at(".a.b[0]"), Some("1.10"));
        assert_eq!(at("$['a']['d.e']"), Some("1"));
        assert_eq!(at("$.a[\"\"]"), Some("2"));
        assert_eq!(at("$.null"), Some("null"));
        assert_eq!(at("$"), Some(DOCUMENT));
    }

    #[test]
    fn nothing_there() {
        for path in ["$.x", "$.a.b[2]", "$.a.b.c", "$.a[0]", "$.null.x"] {
            assert_eq!(at(path), None, "{path}");
        }
    }

    #[test]
    fn bad_paths_are_refused_with_the_path_named() {
        let bad = [
            "", "$.", "$..a", "a..b", "$.a[", "$.a[x]", "$.a[-1]", "$.a[+1]", "$.*", "$a", "$.a['b]",
            "$.a[0]b",
        ];
        for path in bad {
            let error = JsonPath::try_from(path.to_owned()).expect_err(path);
            assert!(error.starts_with(&format!("jsonPath `{path}` ")), "{error}");
        }
    }
}
