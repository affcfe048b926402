//! The leaves of a JSON text.

use serde_json::Value;

use super::flatten::Leaf;

pub fn json(text: &str) -> Vec<Leaf> {
    let root: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in {text}"));
    let mut out = Vec::new();
    for (key, value) in root.as_object().unwrap().iter().filter(|(key, _)| *key != "sops") {
        collect(value, &mut vec![key.clone()], &mut out);
    }
    out
}

fn collect(value: &Value, path: &mut Vec<String>, out: &mut Vec<Leaf>) {
    let (kind, bytes) = match value {
        Value::Object(map) => {
            for (key, value) in map {
                path.push(key.clone());
                collect(value, path, out);
                path.pop();
            }
            return;
        }
        Value::Array(items) => return items.iter().for_each(|item| collect(item, path, out)),
        Value::Null => ("null", String::new()),
        Value::Bool(flag) => ("bool", if *flag { "True".into() } else { "False".into() }),
        Value::String(text) => ("str", text.clone()),
        Value::Number(number) if number.is_i64() => ("int", number.to_string()),
        Value::Number(number) => ("float", yamldoc::fixed_float(number.as_f64().unwrap())),
    };
    out.push(Leaf { document: 0, kind: kind.into(), path: path.clone(), bytes: bytes.into_bytes() });
}

/// Makes integers floats where SOPS before 3.13.2 wrote `expected`, which had no integers in JSON.
pub fn as_old_sops(found: &mut [Leaf], expected: &[Leaf]) {
    for (found, expected) in found.iter_mut().zip(expected) {
        if (found.kind.as_str(), expected.kind.as_str()) == ("int", "float") {
            let number: f64 = std::str::from_utf8(&found.bytes).unwrap().parse().unwrap();
            found.kind = "float".into();
            found.bytes = yamldoc::fixed_float(number).into_bytes();
        }
    }
}
