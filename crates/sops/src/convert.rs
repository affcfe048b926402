//! The plain text of one store as the text of another.

mod from_lines;
mod tree;

#[cfg(test)]
mod tests;

use yamldoc::{NodeId, Stream, Syntax};
use zeroize::Zeroizing;

use crate::convert::tree::Builder;
pub(crate) use crate::convert::tree::{Item, Tree};
use crate::document::text_of;
use crate::emit;
use crate::error::{Error, Unsupported};
use crate::flat::Format;
use crate::path::{PathError, ValuePath, find};
use crate::store::Store;

/// Why a text has no form in another store. Never contains a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConvertError {
    /// The plain text cannot be read at all.
    #[error(transparent)]
    Text(#[from] Error),
    /// A YAML file of several documents; sops would drop all but the first.
    #[error("the file has {count} documents, a {} file has one", .to.name())]
    Documents {
        /// How many.
        count: usize,
        /// The store asked for.
        to: Store,
    },
    /// A map or list where the store has none, or a value where it has maps.
    #[error("{path}: {problem}")]
    Shape {
        /// The value.
        path: String,
        /// What does not fit.
        problem: &'static str,
    },
    /// A name or value that the store cannot express so that it reads back.
    #[error("{path}: {problem}")]
    Value {
        /// The value.
        path: String,
        /// What does not fit.
        problem: &'static str,
    },
    /// Not a text with a string `data`, which is what a binary file is made of.
    #[error("only a file with a string under `data` can be written as binary")]
    NoData,
}

/// The plain text `plain` of store `from` as a text of store `to`, typed as it was; the same bytes if the stores are
/// the same.
///
/// Written as `sops decrypt --output-type` writes it, except where that would not read back: floats stay floats
/// (`2.0`, `-0.0`), texts that begin with a tab or contain line separators are quoted, `<<` is quoted. Comments are
/// kept, beside or above the entries they stood at, except in JSON and binary, which have none. Null is `null`, in
/// dotenv and ini an empty value (`<nil>` in sops). Aliases and merge keys are written out as sops writes them out:
/// `<<` is a key like others. A binary file is a text with the one string `data`.
///
/// # Errors
/// [`ConvertError`]: what would be lost or changed in silence is refused.
pub fn convert(plain: &[u8], from: Store, to: Store) -> Result<Zeroizing<Vec<u8>>, ConvertError> {
    if from == to {
        return Ok(Zeroizing::new(plain.to_vec()));
    }
    let stream;
    let scan;
    let tree = match from {
        Store::Yaml | Store::Json => {
            let syntax = if from == Store::Json { Syntax::Json } else { Syntax::Yaml };
            stream = Stream::parse_as(text_of(plain)?, syntax).map_err(Error::from)?;
            stream.check_keys().map_err(Error::from)?;
            match stream.documents.as_slice() {
                [] => Tree::Map(Vec::new()),
                [document] => Builder::new(&stream).root(document)?,
                several => return Err(ConvertError::Documents { count: several.len(), to }),
            }
        }
        Store::Dotenv | Store::Ini => {
            let format = if from == Store::Ini { Format::Ini } else { Format::Dotenv };
            scan = format.scan(text_of(plain)?)?;
            from_lines::tree(&scan)
        }
        Store::Binary => Tree::data(plain),
    };
    if matches!(to, Store::Yaml | Store::Json) {
        tree.check_names(&mut Vec::new())?;
    }
    let text = match to {
        Store::Yaml => emit::yaml(&tree),
        Store::Json => emit::json(&tree)?,
        Store::Dotenv => emit::dotenv(&tree)?,
        Store::Ini => emit::ini(&tree)?,
        Store::Binary => return tree.into_data().map(Zeroizing::new).ok_or(ConvertError::NoData),
    };
    Ok(Zeroizing::new(text.into_bytes()))
}

/// The value at `path` of the first document of a plain text as JSON on several lines, without a final line break.
///
/// # Errors
/// [`PathError`].
pub fn get_json(plain: &[u8], store: Store, path: &ValuePath) -> Result<Zeroizing<String>, PathError> {
    let format = |problem| PathError::Format { path: path.to_string(), problem };
    let json = |tree: &Tree<'_>| {
        emit::json_value(tree).map(Zeroizing::new).map_err(|error| match error {
            ConvertError::Text(error) => PathError::Text(error),
            ConvertError::Shape { problem, .. } | ConvertError::Value { problem, .. } => format(problem),
            ConvertError::Documents { .. } | ConvertError::NoData => format("this is no value"),
        })
    };
    let syntax = match store {
        Store::Yaml => Syntax::Yaml,
        Store::Json => Syntax::Json,
        Store::Dotenv | Store::Ini | Store::Binary => {
            let whole = convert(plain, store, Store::Json).map_err(|error| match error {
                ConvertError::Text(error) => PathError::Text(error),
                _ => format("the file has no form in JSON"),
            })?;
            return get_json(&whole, Store::Json, path);
        }
    };
    let stream = Stream::parse_as(text_of(plain)?, syntax).map_err(Error::from)?;
    let reach = find(&stream, path);
    match reach.node.filter(|_| reach.rest == 0) {
        Some(node) => json(&Builder::new(&stream).subtree(node)?),
        None => Err(reach.error(&stream, path)),
    }
}

/// The collection `id` as a text of the stream's syntax.
pub(crate) fn subtree(stream: &Stream<'_>, id: NodeId) -> Result<Zeroizing<String>, Error> {
    let tree = Builder::new(stream).subtree(id)?;
    let text = match stream.syntax {
        Syntax::Yaml => emit::yaml(&tree),
        Syntax::Json => emit::json(&tree).unwrap_or_default(),
    };
    Ok(Zeroizing::new(text))
}

/// An unsupported value at a node.
pub(crate) fn unsupported(stream: &Stream<'_>, node: NodeId, path: String, problem: Unsupported) -> Error {
    Error::Unsupported { place: stream.place(node), path, problem }
}
