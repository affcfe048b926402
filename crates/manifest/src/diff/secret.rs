//! Objects of kind Secret, whose values are never shown.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_yaml::{Mapping, Value};

use super::compare::Compare;
use super::path::Path;
use super::{FieldChange, FieldDiff, scalar};

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Fields that hold values, and an annotation of kubectl that holds a copy of them.
const DATA: [&str; 2] = ["data", "stringData"];
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

impl Compare<'_> {
    /// The changed fields of a Secret. Both `data` and `stringData` are compared as what the cluster stores: bytes by
    /// key, `stringData` first.
    pub(super) fn secrets(&self, old: &Value, new: &Value) -> Vec<FieldDiff> {
        let mut found = Vec::new();
        let root = Path::root();
        self.values(&root, &without_values(old), &without_values(new), &mut found);
        let (olds, news) = (stored(old), stored(new));
        let get = |values: &[(String, Vec<u8>)], key: &str| {
            values.iter().find(|(other, _)| other == key).map(|(_, bytes)| bytes.clone())
        };
        let new_keys = news.iter().filter(|(key, _)| get(&olds, key).is_none());
        for (key, _) in olds.iter().chain(new_keys) {
            let (old, new) = (get(&olds, key), get(&news, key));
            if old != new {
                let change =
                    FieldChange::Hidden { old: old.map(|old| old.len()), new: new.map(|new| new.len()) };
                found.push(self.field(&root.key("data").key(key), change));
            }
        }
        found
    }
}

/// The Secret with `<16 bytes>` for its values.
pub(super) fn hidden(fields: &Value) -> Value {
    let mut fields = fields.clone();
    for name in DATA {
        if let Some(values) = fields.get_mut(name) {
            match values {
                Value::Mapping(map) => {
                    for value in map.values_mut() {
                        *value = Value::String(format!("<{} bytes>", bytes(value, name == "data").len()));
                    }
                }
                other => *other = Value::String("<hidden>".to_owned()),
            }
        }
    }
    if let Some(copy) = last_applied(&mut fields) {
        *copy = Value::String("<hidden>".to_owned());
    }
    fields
}

fn last_applied(fields: &mut Value) -> Option<&mut Value> {
    fields.get_mut("metadata")?.get_mut("annotations")?.get_mut(LAST_APPLIED)
}

fn without_values(fields: &Value) -> Value {
    let mut fields = hidden(fields);
    if let Value::Mapping(map) = &mut fields {
        for name in DATA {
            map.shift_remove(name);
        }
    }
    fields
}

/// The values of a Secret that are text.
pub(crate) fn texts(fields: &Value) -> impl Iterator<Item = String> {
    stored(fields).into_iter().filter_map(|(_, bytes)| String::from_utf8(bytes).ok())
}

/// What the cluster stores: each key with its bytes, in the order of the manifest.
fn stored(fields: &Value) -> Vec<(String, Vec<u8>)> {
    let mut stored: Vec<(String, Vec<u8>)> = Vec::new();
    for name in DATA {
        let is_encoded = name == "data";
        match fields.get(name) {
            Some(Value::Mapping(map)) => add(&mut stored, map, is_encoded),
            None | Some(Value::Null) => {}
            // Not what a Secret looks like; its bytes as a whole.
            Some(other) => stored.push((String::new(), bytes(other, false))),
        }
    }
    stored
}

fn add(stored: &mut Vec<(String, Vec<u8>)>, map: &Mapping, is_encoded: bool) {
    for (key, value) in map {
        let key = scalar::name(key).unwrap_or_else(|| scalar::inline(key));
        stored.retain(|(other, _)| *other != key);
        stored.push((key, bytes(value, is_encoded)));
    }
}

/// The bytes of a value; of one that should be base64 and is not, the bytes of its text.
fn bytes(value: &Value, is_encoded: bool) -> Vec<u8> {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => scalar::inline(other),
    };
    if is_encoded {
        let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        if let Ok(decoded) = BASE64.decode(compact) {
            return decoded;
        }
    }
    text.into_bytes()
}
