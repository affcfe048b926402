//! Single values as text.

use serde_yaml::{Number, Value};

/// Whether two values mean the same to Kubernetes: 1 and 1.0 do, and the keys of a map have no order.
pub(super) fn same(old: &Value, new: &Value) -> bool {
    match (old, new) {
        (Value::Number(old), Value::Number(new)) => same_number(old, new),
        (Value::Sequence(old), Value::Sequence(new)) => {
            old.len() == new.len() && old.iter().zip(new).all(|(old, new)| same(old, new))
        }
        (Value::Mapping(old), Value::Mapping(new)) => {
            let present = |value: &&Value| !value.is_null();
            old.iter().all(|(key, old)| match new.get(key) {
                Some(new) => same(old, new),
                None => old.is_null(),
            }) && new.iter().all(|(key, new)| new.is_null() || old.get(key).filter(present).is_some())
        }
        (Value::Tagged(old), Value::Tagged(new)) => old.tag == new.tag && same(&old.value, &new.value),
        (old, new) => old == new,
    }
}

fn same_number(old: &Number, new: &Number) -> bool {
    match (old.is_f64(), new.is_f64()) {
        (false, false) => old == new,
        _ => old.as_f64() == new.as_f64(),
    }
}

/// A value on one line; strings that would read as something else, or have blanks at their ends, in quotes.
pub(super) fn inline(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(value) => value.to_string(),
        Value::String(text) if is_plain(text) => text.clone(),
        // JSON says it on one line; what JSON cannot say (keys that are no text) is said as YAML.
        other => serde_json::to_string(other)
            .or_else(|_| serde_yaml::to_string(other).map(|text| text.trim_end().replace('\n', "; ")))
            .unwrap_or_default(),
    }
}

fn is_plain(text: &str) -> bool {
    text.trim() == text
        && !text.chars().any(char::is_control)
        && matches!(serde_yaml::from_str::<Value>(text), Ok(Value::String(_)) | Err(_))
        && !text.is_empty()
}

/// A key or the name of a list item as text; None for lists and maps.
pub(super) fn name(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(value) => Some(value.to_string()),
        Value::Null => Some("null".to_owned()),
        Value::Sequence(_) | Value::Mapping(_) | Value::Tagged(_) => None,
    }
}
