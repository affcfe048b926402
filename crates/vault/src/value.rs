//! From what Vault stores under a key to the value a chart gets. Pure.

use std::collections::HashMap;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::value::RawValue;
use zeroize::{Zeroize, Zeroizing};

use crate::Problem;
use crate::mapping::{Encoding, Source, ValueType};

/// Takes standard base64 with or without its padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The keys of a secret, their values as they are written in the answer.
pub(crate) type Keys<'a> = HashMap<String, &'a RawValue>;

/// A value of `.Values.secrets`.
pub(crate) enum Value {
    Text(Zeroizing<String>),
    /// A number, a truth value or a document, as JSON text.
    Json(Zeroizing<String>),
}

/// The value that `source` asks for: key, then `jsonPath`, then `decode`, then `type`.
///
/// Without a `type` a number or truth value becomes text, written as Vault has it: helm would turn the number
/// 12345678 into 1.2345678e+07.
pub(crate) fn extract(keys: &Keys<'_>, source: &Source) -> Result<Value, Problem> {
    let stored = keys.get(&source.vault_key).ok_or_else(|| {
        let mut present: Vec<String> = keys.keys().cloned().collect();
        present.sort();
        Problem::MissingKey { present }
    })?;
    let Some(path) = &source.json_path else {
        return typed(stored, source);
    };
    // The document is usually stored as a string that holds JSON, but Vault can store the object itself.
    let nothing = || Problem::MissingJsonPath { json_path: path.to_string() };
    match string(stored) {
        Some(text) => {
            let document: &RawValue = serde_json::from_str(&text).map_err(|_| Problem::NotJson)?;
            typed(path.find(document).ok_or_else(nothing)?, source)
        }
        None => typed(path.find(stored).ok_or_else(nothing)?, source),
    }
}

/// The `default:` of a mapping as its `type` wants it.
pub(crate) fn from_default(text: &str, source: &Source) -> Result<Value, Problem> {
    convert(Zeroizing::new(text.to_owned()), source.value_type.unwrap_or_default())
}

fn typed(raw: &RawValue, source: &Source) -> Result<Value, Problem> {
    let wanted = source.value_type.unwrap_or_default();
    let text = match string(raw) {
        Some(text) => text,
        None if wanted == ValueType::Json && source.decode.is_none() => return json(raw.get()),
        None => scalar(raw)?,
    };
    let text = match source.decode {
        None => text,
        Some(Encoding::Base64) => decode_base64(&text)?,
    };
    convert(text, wanted)
}

fn convert(text: Zeroizing<String>, wanted: ValueType) -> Result<Value, Problem> {
    let wrong = |wanted| Problem::WrongType { wanted, found: "other text" };
    match wanted {
        ValueType::String => Ok(Value::Text(text)),
        ValueType::Int => match text.trim().parse::<i128>() {
            Ok(number) => Ok(Value::Json(Zeroizing::new(number.to_string()))),
            Err(_) => Err(wrong("an integer")),
        },
        ValueType::Bool => match text.trim() {
            bool @ ("true" | "false") => Ok(Value::Json(Zeroizing::new(bool.to_owned()))),
            _ => Err(wrong("true or false")),
        },
        ValueType::Json => json(&text),
    }
}

fn json(text: &str) -> Result<Value, Problem> {
    let document: &RawValue = serde_json::from_str(text).map_err(|_| Problem::NotJson)?;
    let mut out = Zeroizing::new(String::with_capacity(crate::json_text::longest(text.len())));
    crate::json_text::push_document(&mut out, document.get()).ok_or(Problem::NotJson)?;
    Ok(Value::Json(out))
}

fn string(raw: &RawValue) -> Option<Zeroizing<String>> {
    if !raw.get().starts_with('"') {
        return None;
    }
    serde_json::from_str(raw.get()).ok().map(Zeroizing::new)
}

fn scalar(raw: &RawValue) -> Result<Zeroizing<String>, Problem> {
    let text = raw.get();
    let found = match text.as_bytes().first() {
        Some(b'{') => "an object",
        Some(b'[') => "a list",
        Some(b'n') => "null",
        // A string that is no string in Rust: half a surrogate pair.
        Some(b'"') => "text that is not Unicode",
        _ => return Ok(Zeroizing::new(text.to_owned())),
    };
    Err(Problem::WrongType { wanted: "text", found })
}

fn decode_base64(text: &str) -> Result<Zeroizing<String>, Problem> {
    let compact: Zeroizing<String> = Zeroizing::new(text.split_ascii_whitespace().collect());
    let bytes = BASE64.decode(compact.as_bytes()).map_err(|_| Problem::NotBase64)?;
    String::from_utf8(bytes).map(Zeroizing::new).map_err(|error| {
        let mut bytes = error.into_bytes();
        let length = bytes.len();
        bytes.zeroize();
        Problem::NotText { length }
    })
}

#[cfg(test)]
mod tests;
