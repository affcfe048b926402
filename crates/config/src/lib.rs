//! Reads the typed YAML files of this project (fleet, release, mapping, `.sops.yaml`).
//!
//! What lives here: parsing text into a `serde` type and turning what the parser says into an error that names file,
//! line, column and key and, for an unknown field, the field that was probably meant. No I/O, no types of the files.

use serde::de::DeserializeOwned;
use serde_saphyr::{Error as ParseError, Options};

/// A place in a file: 1-based line and column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub line: u64,
    pub column: u64,
}

/// A file whose text is not what its type asks for.
///
/// Displays as `FILE:LINE:COLUMN: MESSAGE`, without any value of the file (it may be a secret); [`Error::hint`] says
/// what to type instead where that is known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.describe())]
pub struct Error {
    pub file: String,
    pub place: Option<Place>,
    pub message: String,
    pub hint: Option<String>,
}

impl Error {
    /// An error about `file` as a whole.
    pub fn new(file: impl Into<String>, message: impl Into<String>) -> Self {
        Self { file: file.into(), place: None, message: message.into(), hint: None }
    }

    #[must_use]
    pub fn at(mut self, place: Option<Place>) -> Self {
        self.place = place;
        self
    }

    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    fn describe(&self) -> String {
        match self.place {
            Some(Place { line, column }) => format!("{}:{line}:{column}: {}", self.file, self.message),
            None => format!("{}: {}", self.file, self.message),
        }
    }
}

/// A value together with the place it was written at, for errors found after parsing.
pub type Spanned<T> = serde_saphyr::Spanned<T>;

/// Where a [`Spanned`] value starts.
pub fn place<T>(value: &Spanned<T>) -> Option<Place> {
    from_location(value.referenced.line(), value.referenced.column())
}

/// Parses one YAML document into `T`; `file` is what errors call it.
pub fn parse<T: DeserializeOwned>(text: &str, file: &str) -> Result<T, Error> {
    serde_saphyr::from_str_with_options(text, options()).map_err(|error| explain(&error, file))
}

/// Parses every document of a YAML stream into `T`; empty documents are left out.
pub fn parse_all<T: DeserializeOwned>(text: &str, file: &str) -> Result<Vec<T>, Error> {
    serde_saphyr::from_multiple_with_options(text, options()).map_err(|error| explain(&error, file))
}

/// The one of `known` that `word` was probably meant to be.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&word.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// Without comments: where they are kept, 33 lines of them in a row are an error.
fn options() -> Options {
    serde_saphyr::options! { emit_comments: false, with_snippet: false }
}

fn explain(error: &ParseError, file: &str) -> Error {
    let error = error.without_snippet();
    let place = error.location().and_then(|location| from_location(location.line(), location.column()));
    match error {
        ParseError::SerdeUnknownField { field, expected, .. } => {
            let hint = match nearest(field, expected.iter().copied()) {
                Some(likely) => format!("did you mean `{likely}`?"),
                None => format!("fields here: {}", expected.join(", ")),
            };
            Error::new(file, format!("unknown field `{field}`")).at(place).with_hint(hint)
        }
        other => Error::new(file, message_of(other)).at(place),
    }
}

/// The parser's message without the place, which is printed in front of it.
fn message_of(error: &ParseError) -> String {
    let text = error.to_string();
    let first = text.lines().next().unwrap_or_default();
    let cut = first.find(" at line ").map_or(first, |at| &first[..at]);
    let cut = cut.strip_prefix("error: ").unwrap_or(cut);
    cut.trim_end_matches([':', ',']).to_owned()
}

fn from_location(line: u64, column: u64) -> Option<Place> {
    (line > 0).then_some(Place { line, column })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only parsed")]
    struct Sample {
        namespace: String,
        count: Option<u32>,
    }

    #[test]
    fn unknown_field_names_place_and_suggestion() {
        let error = parse::<Sample>("namespace: a\nnamspace: b\n", "convoy.yaml").unwrap_err();
        assert_eq!(error.to_string(), "convoy.yaml:2:1: unknown field `namspace`");
        assert_eq!(error.hint.as_deref(), Some("did you mean `namespace`?"));
    }

    #[test]
    fn wrong_type_names_the_place_and_not_the_value() {
        let error = parse::<Sample>("namespace: a\ncount: hunter2\n", "convoy.yaml").unwrap_err();
        assert_eq!(error.place, Some(Place { line: 2, column: 8 }));
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }

    #[test]
    fn syntax_error_names_the_place() {
        let error = parse::<Sample>("namespace: [a\n", "f.yaml").unwrap_err();
        assert!(error.to_string().starts_with("f.yaml:"), "{error}");
        assert!(error.place.is_some());
    }

    #[test]
    fn a_long_comment_is_no_error() {
        let text = format!("namespace: a\n{}count: 1\n", "# note\n".repeat(500));
        assert_eq!(parse::<Sample>(&text, "f.yaml").unwrap().count, Some(1));
    }
}
