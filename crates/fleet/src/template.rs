//! Texts with `{context}` and globals in them, and the names of values files made of them.

use std::path::{Path, PathBuf};

use config::{Place, Spanned};
use serde_json::{Map, Value};

use crate::fleet::Target;
use crate::{Error, names};

/// A text with placeholders: `{context}` or any global with a plain value; `{{` and `}}` are braces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Placeholder(String),
}

impl Template {
    /// Reads a template; Err says what is wrong with its braces.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            literal.push_str(&rest[..at]);
            let brace = &rest[at..];
            if brace.starts_with("{{") || brace.starts_with("}}") {
                literal.push_str(&brace[..1]);
                rest = &brace[2..];
            } else if let Some(opened) = brace.strip_prefix('{') {
                let Some((name, after)) = opened.split_once('}').filter(|(name, _)| !name.contains('{'))
                else {
                    return Err(format!("`{{` in `{text}` is not closed (a brace itself is written `{{{{`)"));
                };
                if name.trim().is_empty() {
                    return Err(format!("`{text}` has an empty placeholder"));
                }
                parts.push(Part::Text(std::mem::take(&mut literal)));
                parts.push(Part::Placeholder(name.trim().to_owned()));
                rest = after;
            } else {
                return Err(format!("`}}` in `{text}` closes nothing (a brace itself is written `}}}}`)"));
            }
        }
        literal.push_str(rest);
        parts.push(Part::Text(literal));
        parts.retain(|part| !matches!(part, Part::Text(text) if text.is_empty()));
        Ok(Self { parts })
    }

    /// The text for the context `name` with these globals; Err is a message and a hint.
    pub(crate) fn fill(&self, name: &str, globals: &Map<String, Value>) -> Result<String, (String, String)> {
        self.expand(name, globals, |_, _| Ok(()))
    }

    fn expand(
        &self,
        name: &str,
        globals: &Map<String, Value>,
        check: impl Fn(&str, &str) -> Result<(), (String, String)>,
    ) -> Result<String, (String, String)> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Placeholder(placeholder) => {
                    let value = value_of(placeholder, name, globals)?;
                    check(placeholder, &value)?;
                    text.push_str(&value);
                }
            }
        }
        Ok(text)
    }
}

fn value_of(placeholder: &str, name: &str, globals: &Map<String, Value>) -> Result<String, (String, String)> {
    if placeholder == "context" {
        return Ok(name.to_owned());
    }
    match globals.get(placeholder).and_then(plain) {
        Some(value) => Ok(value),
        None => {
            let plain_ones =
                globals.iter().filter(|(_, value)| plain(value).is_some()).map(|(key, _)| key.as_str());
            let known: Vec<&str> = ["context"].into_iter().chain(plain_ones).collect();
            let message = match globals.get(placeholder) {
                Some(_) => format!("global `{placeholder}` of context `{name}` is no plain value"),
                None => format!("context `{name}` has no global `{placeholder}`"),
            };
            Err((message, names::suggestion("placeholders", placeholder, &known)))
        }
    }
}

/// The text of a string, number or truth value.
pub(crate) fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// An item of `spec.values`: a template of a path or URI; a `?` at its end says that the file may be missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValuesTemplate {
    template: Template,
    optional: bool,
    file: String,
    place: Option<Place>,
}

/// A values file of one release in one context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValuesFile {
    /// Relative to the directory `Release::file` is relative to; or a URI (it has `://`), as written.
    pub path: PathBuf,
    /// Whether the file may be missing.
    pub optional: bool,
    /// Where the release names it.
    pub place: Option<Place>,
}

impl ValuesTemplate {
    pub(crate) fn parse(text: &Spanned<String>, file: &str) -> Result<Self, config::Error> {
        let refuse = |message: String| config::Error::new(file, message).at(config::place(text));
        let (path, optional) = match text.value.strip_suffix('?') {
            Some(path) => (path, true),
            None => (text.value.as_str(), false),
        };
        if path.is_empty() {
            return Err(refuse("the name of a values file is empty".to_owned()));
        }
        if path.starts_with("~/") {
            return Err(refuse(format!("`{path}`: `~` has no meaning in a file that others use too"))
                .with_hint("write a path relative to this file"));
        }
        let template = Template::parse(path).map_err(refuse)?;
        Ok(Self { template, optional, file: file.to_owned(), place: config::place(text) })
    }

    /// The file for one context.
    ///
    /// A value that would change the directory (`../x`, `a/b`) is refused: which file is read should be plain from
    /// the release file.
    pub fn file_for(&self, target: &Target) -> Result<ValuesFile, Error> {
        let no_separator = |placeholder: &str, value: &str| {
            if value.is_empty() || value == "." || value == ".." || value.contains(['/', '\\', '\0']) {
                let message = format!("`{{{placeholder}}}` is `{value}` for context `{}`", target.name);
                return Err((message, "in a file name it cannot be empty or have a slash".to_owned()));
            }
            Ok(())
        };
        let located = |(message, hint): (String, String)| {
            config::Error::new(&self.file, message).at(self.place).with_hint(hint)
        };
        let text = self.template.expand(&target.name, &target.globals, no_separator).map_err(located)?;
        Ok(ValuesFile { path: beside(&self.file, &text), optional: self.optional, place: self.place })
    }
}

/// `path` as named in `file`: relative to the directory of `file`; URIs and absolute paths as they are.
pub(crate) fn beside(file: &str, path: &str) -> PathBuf {
    if path.contains("://") {
        return PathBuf::from(path);
    }
    let path = path.strip_prefix("./").unwrap_or(path);
    Path::new(file).parent().unwrap_or(Path::new("")).join(path)
}

#[cfg(test)]
mod tests;
