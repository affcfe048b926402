//! `--contexts` and `--select` as typed.

use std::collections::HashSet;

use globset::GlobMatcher;

use crate::fleet::Target;
use crate::{Error, names};

pub(crate) const CONTEXTS: &str = "--contexts";
pub(crate) const SELECT: &str = "--select";

/// What the command line says about contexts; the default says nothing.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    pub(crate) contexts: Vec<NamePattern>,
    pub(crate) terms: Vec<Term>,
}

/// A name of a context or a pattern of names.
#[derive(Debug, Clone)]
pub(crate) struct NamePattern {
    pub(crate) text: String,
    /// Set if it is a pattern; a context with exactly this name is taken first all the same.
    pub(crate) glob: Option<GlobMatcher>,
}

/// `KEY=VALUE` or `KEY!=VALUE` about a label or global.
#[derive(Debug, Clone)]
pub(crate) struct Term {
    pub(crate) text: String,
    pub(crate) key: String,
    equal: bool,
    value: GlobMatcher,
}

impl Selection {
    /// Reads the values of both flags; each may be given several times and holds a comma-separated list.
    pub fn parse(contexts: &[String], select: &[String]) -> Result<Self, Error> {
        let mut selection = Self::default();
        let mut seen = HashSet::new();
        for text in items(contexts, CONTEXTS)? {
            if !seen.insert(text) {
                return Err(Error::flag(CONTEXTS, format!("context `{text}` is listed twice")));
            }
            selection
                .contexts
                .push(NamePattern::parse(text).map_err(|message| Error::flag(CONTEXTS, message))?);
        }
        for text in items(select, SELECT)? {
            selection.terms.push(Term::parse(text)?);
        }
        Ok(selection)
    }

    /// Whether neither flag was given.
    pub fn is_empty(&self) -> bool {
        self.contexts.is_empty() && self.terms.is_empty()
    }

    /// The terms as typed, for messages.
    pub(crate) fn terms_text(&self) -> String {
        self.terms.iter().map(|term| term.text.as_str()).collect::<Vec<_>>().join(",")
    }
}

fn items<'a>(values: &'a [String], flag: &'static str) -> Result<Vec<&'a str>, Error> {
    let items: Vec<&str> = values.iter().flat_map(|value| value.split(',')).map(str::trim).collect();
    match items.iter().any(|item| item.is_empty()) {
        true => Err(Error::flag(flag, format!("`{}` has an empty item", values.join(",")))),
        false => Ok(items),
    }
}

impl NamePattern {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let glob = names::is_glob(text).then(|| names::glob(text)).transpose()?;
        Ok(Self { text: text.to_owned(), glob })
    }
}

impl Term {
    fn parse(text: &str) -> Result<Self, Error> {
        let (key, equal, value) = match text.split_once("!=") {
            Some((key, value)) => (key, false, value),
            None => match text.split_once('=') {
                Some((key, value)) => (key, true, value.strip_prefix('=').unwrap_or(value)),
                None => ("", true, ""),
            },
        };
        let (key, value) = (key.trim(), value.trim());
        if key.is_empty() || value.is_empty() || value.contains('=') {
            return Err(Error::flag(SELECT, format!("`{text}` is no term"))
                .with_hint("write KEY=VALUE or KEY!=VALUE"));
        }
        let value = names::glob(value).map_err(|message| Error::flag(SELECT, message))?;
        Ok(Self { text: text.to_owned(), key: key.to_owned(), equal, value })
    }

    /// Whether the term holds for a context. Without the label or global, `=` does not hold and `!=` does, as in
    /// Kubernetes selectors.
    pub(crate) fn holds(&self, target: &Target) -> bool {
        match target.attribute(&self.key) {
            Some(value) => self.value.is_match(&value) == self.equal,
            None => !self.equal,
        }
    }
}
