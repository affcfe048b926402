//! Reading one value of a plain text.

mod subtree;

#[cfg(test)]
mod tests;

use std::fmt;

use yamldoc::{Kind, NodeId, Profile, Stream, Syntax, Value};
use zeroize::Zeroizing;

use crate::change::Name;
use crate::convert::unsupported;
use crate::document::text_of;
use crate::error::{Error, Unsupported};
use crate::flat::{Format, Owner};
use crate::path::{Part, PathError, ValuePath, find};
use crate::store::Store;

/// A value that was found.
pub enum Found {
    /// A string, raw: as sops does, print it without a line break after it.
    Text(Zeroizing<String>),
    /// Null, a bool, a number or a date as sops prints it, without a line break; a float as it stands in the text.
    Scalar(Zeroizing<String>),
    /// A map or list as a text of the file's store, which ends in a line break.
    Tree(Zeroizing<String>),
}

impl fmt::Debug for Found {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Text(_) => "Text(..)",
            Self::Scalar(_) => "Scalar(..)",
            Self::Tree(_) => "Tree(..)",
        })
    }
}

/// The value at `path` of the first document of a plain text.
///
/// A map or list is the text that stands in the file, comments included, with its indentation taken off. In ini a
/// section can be had too: its lines.
///
/// # Errors
/// [`PathError`].
pub fn get(plain: &[u8], store: Store, path: &ValuePath) -> Result<Found, PathError> {
    match store {
        Store::Yaml => in_tree(&parse(plain, Syntax::Yaml)?, path),
        Store::Json => in_tree(&parse(plain, Syntax::Json)?, path),
        Store::Dotenv => in_lines(text_of(plain)?, Format::Dotenv, path),
        Store::Ini => in_lines(text_of(plain)?, Format::Ini, path),
        Store::Binary => match path.parts() {
            [Part::Key(key)] if key == "data" => text(text_of(plain)?),
            _ => Err(PathError::OneValue { store }),
        },
    }
}

fn text(text: &str) -> Result<Found, PathError> {
    Ok(Found::Text(Zeroizing::new(text.to_owned())))
}

fn parse(plain: &[u8], syntax: Syntax) -> Result<Stream<'_>, PathError> {
    Ok(Stream::parse_as(text_of(plain)?, syntax).map_err(Error::from)?)
}

fn in_tree(stream: &Stream<'_>, path: &ValuePath) -> Result<Found, PathError> {
    let reach = find(stream, path);
    let Some(node) = reach.node.filter(|_| reach.rest == 0) else { return Err(reach.error(stream, path)) };
    let id = stream.resolved(node);
    match stream.node(id).kind {
        Kind::Sequence { .. } | Kind::Mapping { .. } => {
            let key = reach.steps.last().filter(|_| id == node).and_then(|step| {
                match &stream.node(step.collection).kind {
                    Kind::Mapping { entries, .. } => entries.get(step.entry).map(|&(key, _)| key),
                    _ => None,
                }
            });
            Ok(Found::Tree(subtree::text(stream, id, key)?))
        }
        _ => scalar(stream, id).map_err(|problem| unsupported(stream, id, path.to_string(), problem).into()),
    }
}

fn scalar(stream: &Stream<'_>, id: NodeId) -> Result<Found, Unsupported> {
    let value = stream.value(id, Profile::Sops).map_err(|_| Unsupported::Tag)?;
    let scalar = match value.unwrap_or(Value::Null) {
        Value::Str(text) => return Ok(Found::Text(Zeroizing::new(text.into_owned()))),
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::UInt(value) => value.to_string(),
        Value::Float(_) => stream.source(stream.node(id).span).to_owned(),
        Value::Time(time) => time,
        Value::Bytes(_) => return Err(Unsupported::Tag),
    };
    Ok(Found::Scalar(Zeroizing::new(scalar)))
}

fn in_lines(plain: &str, format: Format, path: &ValuePath) -> Result<Found, PathError> {
    let scan = format.scan(plain)?;
    if let (Format::Ini, [Part::Key(section)]) = (format, path.parts()) {
        let inside = |number: usize| scan.sections.get(number).is_some_and(|name| name == section);
        if (0..scan.sections.len()).any(inside) {
            let units = scan.units.iter().filter(|unit| inside(unit.section));
            let lines = units.filter(|unit| !matches!(unit.owner, Owner::Section));
            let lines: Vec<&str> = lines.map(|unit| &plain[unit.span.start..unit.span.end]).collect();
            let text = lines.iter().map(|line| format!("{line}\n")).collect::<String>();
            return Ok(Found::Tree(Zeroizing::new(text)));
        }
    }
    let name = Name::of(format, path)?;
    match name.find(&scan).and_then(|unit| unit.token()) {
        Some(token) => text(&token.value),
        None => Err(name.missing(&scan, path)),
    }
}
