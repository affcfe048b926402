//! Setting and removing one value of a plain text. All else stays byte for byte.

mod flat;
mod lines;
mod tree;

#[cfg(test)]
mod tests;

pub(crate) use flat::Name;
use yamldoc::{NewValue, Syntax};
use zeroize::Zeroizing;

use crate::document::text_of;
use crate::flat::Format;
use crate::path::{Part, PathError, ValuePath};
use crate::store::Store;

/// The plain text with `value` at `path` of its first document.
///
/// Only the value's token changes, and keeps its quotes where the value allows it; it reads back as exactly this
/// value for SOPS and for Helm. A value that is equal already changes nothing. Maps and lists on the way that are
/// missing are made, as sops does; so a position beyond the end of a list appends to it. Unlike sops a whole number
/// stays one, and no string or number on the way is replaced by a map.
///
/// # Errors
/// [`PathError`].
pub fn set(
    plain: &[u8],
    store: Store,
    path: &ValuePath,
    value: &NewValue,
) -> Result<Zeroizing<Vec<u8>>, PathError> {
    let text = match store {
        Store::Binary => return set_data(path, value),
        Store::Yaml => tree::set(text_of(plain)?, Syntax::Yaml, path, value)?,
        Store::Json => tree::set(text_of(plain)?, Syntax::Json, path, value)?,
        Store::Dotenv => flat::set(text_of(plain)?, Format::Dotenv, path, value)?,
        Store::Ini => flat::set(text_of(plain)?, Format::Ini, path, value)?,
    };
    Ok(Zeroizing::new(text.into_bytes()))
}

/// The plain text without the entry or item at `path` of its first document. What goes with it is said at
/// [`yamldoc::Change::Remove`].
///
/// # Errors
/// [`PathError`]; [`PathError::Missing`] and [`PathError::OutOfRange`] if there is no such value.
pub fn unset(plain: &[u8], store: Store, path: &ValuePath) -> Result<Zeroizing<Vec<u8>>, PathError> {
    let text = match store {
        Store::Binary => return Err(PathError::OneValue { store }),
        Store::Yaml => tree::unset(text_of(plain)?, Syntax::Yaml, path)?,
        Store::Json => tree::unset(text_of(plain)?, Syntax::Json, path)?,
        Store::Dotenv => flat::unset(text_of(plain)?, Format::Dotenv, path)?,
        Store::Ini => flat::unset(text_of(plain)?, Format::Ini, path)?,
    };
    Ok(Zeroizing::new(text.into_bytes()))
}

fn set_data(path: &ValuePath, value: &NewValue) -> Result<Zeroizing<Vec<u8>>, PathError> {
    match (path.parts(), value) {
        ([Part::Key(key)], NewValue::Text(text)) if key == "data" => {
            Ok(Zeroizing::new(text.clone().into_bytes()))
        }
        ([Part::Key(key)], _) if key == "data" => {
            Err(PathError::Format { path: path.to_string(), problem: "a binary file holds a string" })
        }
        _ => Err(PathError::OneValue { store: Store::Binary }),
    }
}
