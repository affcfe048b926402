//! Changes in dotenv and ini: a line or a few.

use yamldoc::{Edits, NewValue};

use crate::change::lines;
use crate::flat::{Format, Owner, Scan, Unit};
use crate::path::{Part, PathError, ValuePath, nearest};

/// The section before the first header, and what begins the metadata's names.
const DEFAULT: &str = "DEFAULT";
const SOPS: &str = "sops";

/// Section (in ini) and key that a path names.
pub(crate) struct Name<'p> {
    pub(crate) section: Option<&'p str>,
    pub(crate) key: &'p str,
}

impl<'p> Name<'p> {
    pub(crate) fn of(format: Format, path: &'p ValuePath) -> Result<Self, PathError> {
        match (format, path.parts()) {
            (Format::Dotenv, [Part::Key(key)]) => Ok(Self { section: None, key }),
            (Format::Ini, [Part::Key(section), Part::Key(key)]) => Ok(Self { section: Some(section), key }),
            (Format::Dotenv, _) => problem(path, "a dotenv file has keys only, no maps or lists"),
            (Format::Ini, _) => problem(path, "an ini file has keys in sections: write `section.key`"),
        }
    }

    /// The unit of the entry; of several the first, which is the one sops takes.
    pub(crate) fn find<'s, 'a>(&self, scan: &'s Scan<'a>) -> Option<&'s Unit<'a>> {
        self.all(scan).next()
    }

    /// The unit of the entry for a change of it. Which of several counts depends on who reads the file.
    fn only<'s, 'a>(&self, scan: &'s Scan<'a>, path: &ValuePath) -> Result<Option<&'s Unit<'a>>, PathError> {
        let mut all = self.all(scan);
        let first = all.next();
        match all.next() {
            Some(_) => problem(path, "the file has this key more than once"),
            None => Ok(first),
        }
    }

    fn all<'s, 'a>(&self, scan: &'s Scan<'a>) -> impl Iterator<Item = &'s Unit<'a>> {
        scan.units.iter().filter(|unit| {
            let section = scan.sections.get(unit.section).map(AsRef::as_ref);
            section == self.section && matches!(&unit.owner, Owner::Entry { key, .. } if key == self.key)
        })
    }

    /// Why there is none.
    pub(crate) fn missing(&self, scan: &Scan<'_>, path: &ValuePath) -> PathError {
        let in_section =
            |unit: &&Unit<'_>| scan.sections.get(unit.section).map(AsRef::as_ref) == self.section;
        let keys = scan.units.iter().filter(in_section).filter_map(|unit| match &unit.owner {
            Owner::Entry { key, .. } => Some(key.as_ref()),
            _ => None,
        });
        let near = |mut parts: Vec<Part>, at: usize, name: &str| {
            parts[at] = Part::Key(name.to_owned());
            ValuePath { parts }.to_string()
        };
        let last = path.parts.len() - 1;
        match self.section.filter(|name| !scan.sections.iter().any(|section| section == name)) {
            Some(name) => {
                let section = nearest(name, scan.sections.iter().map(AsRef::as_ref));
                PathError::Missing {
                    path: path.shown(1),
                    near: section.map(|name| near(path.parts.clone(), 0, name)),
                }
            }
            None => {
                let key = nearest(self.key, keys).map(|name| near(path.parts.clone(), last, name));
                PathError::Missing { path: path.to_string(), near: key }
            }
        }
    }
}

fn problem<T>(path: &ValuePath, problem: &'static str) -> Result<T, PathError> {
    Err(PathError::Format { path: path.to_string(), problem })
}

pub(super) fn set(
    text: &str,
    format: Format,
    path: &ValuePath,
    value: &NewValue,
) -> Result<String, PathError> {
    let name = Name::of(format, path)?;
    let reserved = match format {
        Format::Dotenv => name.key.starts_with("sops_"),
        Format::Ini => name.section == Some(SOPS),
    };
    if reserved {
        return Err(PathError::Reserved { path: path.to_string() });
    }
    let value = match value {
        NewValue::Text(text) => text.clone(),
        NewValue::Null => return problem(path, "this format has no null; an empty string is written \"\""),
        NewValue::List(_) | NewValue::Map(_) => {
            return problem(path, "this format has no maps and lists as values");
        }
        scalar => scalar.plain_token().unwrap_or_default(),
    };
    let scan = format.scan(text)?;
    let found = name.only(&scan, path)?;
    let quote = found.and_then(Unit::token).map_or("", |token| token.quote);
    let Some(token) = format.token(&value, quote) else {
        return problem(path, "this format has no way to write this value");
    };
    let mut edits = Edits::default();
    match found.and_then(Unit::token) {
        Some(old) if old.value == value => return Ok(text.to_owned()),
        Some(old) => edits.replace(old.span, token),
        None => lines::insert(&mut edits, &scan, &name, &token),
    }
    let new = edits.apply(text).unwrap_or_default();
    let mut expected = entries(&scan);
    let section = name.section.map(str::to_owned);
    let entry = (section, name.key.to_owned(), value);
    match expected.iter_mut().find(|old| old.0 == entry.0 && old.1 == entry.1) {
        Some(old) => *old = entry,
        None => expected.push(entry),
    }
    checked(format, new, expected, path)
}

pub(super) fn unset(text: &str, format: Format, path: &ValuePath) -> Result<String, PathError> {
    let name = Name::of(format, path)?;
    let scan = format.scan(text)?;
    let Some(unit) = name.only(&scan, path)? else { return Err(name.missing(&scan, path)) };
    let mut edits = Edits::default();
    lines::remove(&mut edits, &scan, unit);
    let new = edits.apply(text).unwrap_or_default();
    let mut expected = entries(&scan);
    let section = name.section.map(str::to_owned);
    if let Some(at) = expected.iter().position(|old| old.0 == section && old.1 == name.key) {
        expected.remove(at);
    }
    checked(format, new, expected, path)
}

type Entry = (Option<String>, String, String);

fn entries(scan: &Scan<'_>) -> Vec<Entry> {
    let entry = |unit: &Unit<'_>| {
        let Owner::Entry { key, token } = &unit.owner else { return None };
        let section = scan.sections.get(unit.section).map(ToString::to_string);
        Some((section, key.to_string(), token.value.to_string()))
    };
    scan.units.iter().filter_map(entry).collect()
}

/// `text`, if exactly the `expected` entries are in it, in any order: a new one may stand in its section.
fn checked(
    format: Format,
    text: String,
    mut expected: Vec<Entry>,
    path: &ValuePath,
) -> Result<String, PathError> {
    let found = format.scan(&text).ok().map(|scan| {
        let mut found = entries(&scan);
        found.sort();
        found
    });
    expected.sort();
    if found == Some(expected) {
        Ok(text)
    } else {
        problem(path, "this format has no way to write this name or value")
    }
}

/// The name of the section before the first header.
pub(super) fn is_default(section: Option<&str>) -> bool {
    section.is_none_or(|name| name == DEFAULT)
}
