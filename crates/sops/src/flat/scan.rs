//! A text as units, and its metadata apart from them.

use std::borrow::Cow;

use yamldoc::{Place, Span};

use crate::error::{Error, LineProblem};
use crate::flat::{Owner, Unit, dotenv, ini};
use crate::selector::Matcher;

/// Which of the two it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Dotenv,
    Ini,
}

/// A read text.
pub(crate) struct Scan<'a> {
    pub(crate) format: Format,
    pub(crate) text: &'a str,
    /// Names of the sections, the one before the first header included; empty in dotenv.
    pub(crate) sections: Vec<Cow<'a, str>>,
    /// In file order, without those of the metadata.
    pub(crate) units: Vec<Unit<'a>>,
    /// The metadata, flattened.
    pub(crate) metadata: Vec<MetadataLine<'a>>,
    /// What is removed when the metadata is: whole lines.
    pub(crate) metadata_spans: Vec<Span>,
}

/// One flattened metadata field.
pub(crate) struct MetadataLine<'a> {
    pub(crate) line: usize,
    /// Without the prefix of dotenv.
    pub(crate) name: Cow<'a, str>,
    /// With line breaks as they were before they were escaped.
    pub(crate) value: Cow<'a, str>,
}

/// Which of a unit's texts are encrypted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Selected {
    pub(crate) value: bool,
    pub(crate) comment: bool,
}

impl Format {
    pub(crate) fn scan(self, text: &str) -> Result<Scan<'_>, Error> {
        match self {
            Self::Dotenv => dotenv::scan(text),
            Self::Ini => ini::scan(text),
        }
    }

    /// How `value` is written; `None` if it cannot be. `quote` is kept where it reads back.
    pub(crate) fn token(self, value: &str, quote: &'static str) -> Option<String> {
        match self {
            Self::Dotenv => Some(dotenv::token(value)),
            Self::Ini => crate::flat::ini_value::token(value, quote),
        }
    }
}

impl Scan<'_> {
    /// Additional data of the value of an entry.
    pub(crate) fn value_aad(&self, unit: &Unit<'_>) -> String {
        let Owner::Entry { key, .. } = &unit.owner else { return self.comment_aad(unit) };
        match self.sections.get(unit.section) {
            Some(section) => format!("{section}:{key}:"),
            None => format!("{key}:"),
        }
    }

    /// Additional data of a comment: the path of what holds it.
    pub(crate) fn comment_aad(&self, unit: &Unit<'_>) -> String {
        self.sections.get(unit.section).map_or_else(|| ":".to_owned(), |section| format!("{section}:"))
    }

    /// The path of an entry as messages name it.
    pub(crate) fn path(&self, unit: &Unit<'_>) -> String {
        match (&unit.owner, self.sections.get(unit.section)) {
            (Owner::Entry { key, .. }, Some(section)) => format!("{section}.{key}"),
            (Owner::Entry { key, .. }, None) => key.to_string(),
            (_, section) => section.map(ToString::to_string).unwrap_or_default(),
        }
    }

    /// The place of a unit's value, or of the unit.
    pub(crate) fn place(&self, unit: &Unit<'_>) -> Place {
        let offset = unit.token().map_or(unit.span.start, |token| token.span.start);
        yamldoc::place(self.text, offset)
    }

    /// What is encrypted, unit by unit.
    ///
    /// A comment precedes, for the comment selectors, the entry that follows it in the tree of SOPS. In ini that tree
    /// has the comment of an entry behind it, so it counts for the next one.
    pub(crate) fn select(&self, matcher: &Matcher) -> Vec<Selected> {
        let mut section = None;
        let mut above = false;
        let mut preceding = false;
        let mut select = |unit: &Unit<'_>| {
            if section != Some(unit.section) {
                section = Some(unit.section);
                above = self.sections.get(unit.section).is_some_and(|name| matcher.key_matches(name));
                preceding = false;
            }
            let mut selected = Selected::default();
            if let Owner::Entry { key, .. } = &unit.owner {
                selected.value = matcher.encrypts(above || preceding || matcher.key_matches(key));
                preceding = false;
            }
            if let Some(comment) = &unit.comment {
                let own = matcher.comment_matches(&comment.text);
                selected.comment =
                    matcher.encrypts(above || preceding || (own && matcher.counts_for_itself()));
                preceding |= own;
            }
            selected
        };
        self.units.iter().map(&mut select).collect()
    }

    /// The line break of the text: that of its first line.
    pub(crate) fn line_break(&self) -> &'static str {
        match (self.format, self.text.find('\n')) {
            // What precedes the line feed is part of the value there.
            (Format::Dotenv, _) => "\n",
            (_, Some(at)) if self.text[..at].ends_with('\r') => "\r\n",
            _ => "\n",
        }
    }
}

/// An error in line `line`.
pub(crate) fn bad_line<T>(line: usize, problem: LineProblem) -> Result<T, Error> {
    Err(Error::Line { line, problem })
}
