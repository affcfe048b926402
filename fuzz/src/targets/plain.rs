//! Values of plain texts: paths, changes at one place, conversion between stores. What a text means is its JSON.

use serde_json::{Map, Value};
use sops::{Error, Found, NewValue, Part, Store, ValuePath, convert, get, set, unset};

use yamldoc::{Stream, Syntax};

use super::support::{KEY, settings};
use crate::mutate::Random;

/// The input is a path: what it is shown as reads as the same path.
pub fn path(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(path) = text.parse::<ValuePath>() else { return };
    let shown = path.to_string();
    assert_eq!(shown.parse::<ValuePath>().as_ref(), Ok(&path), "{shown}");
}

/// The input is a plain text. A change at a place that its content decides is there afterwards, and nothing else has
/// changed.
pub fn change(plain: &[u8], store: Store) {
    let Some(before) = meaning(plain, store) else { return };
    let mut random = Random::of(plain);
    let parts = place(&before, &mut random);
    let Some(path) = written(&parts) else { return };

    let value = VALUES[random.below(VALUES.len())];
    let new = NewValue::from_json(value).expect("a value of the table");
    if let Ok(after) = set(plain, store, &path, &new) {
        let shown = || format!("{path} = {value}\n{:?}", String::from_utf8_lossy(&after));
        let found = get(&after, store, &path).unwrap_or_else(|error| panic!("{error}: {}", shown()));
        if let (Found::Text(found), NewValue::Text(text)) = (&found, &new) {
            assert_eq!(found.as_str(), text, "{}", shown());
        }
        let expected = {
            let mut expected = before.clone();
            *spot(&mut expected, &parts) = match store {
                // These have strings only.
                Store::Dotenv | Store::Ini => match &found {
                    Found::Text(text) | Found::Scalar(text) | Found::Tree(text) => text.as_str().into(),
                },
                _ => serde_json::from_str(value).expect("a value of the table"),
            };
            round(&mut expected);
            expected
        };
        assert_eq!(meaning(&after, store), Some(expected), "{}", shown());
        encrypts_as(plain, &after, store);
    }
    if let Ok(after) = unset(plain, store, &path) {
        assert!(get(&after, store, &path).is_err() || matches!(parts.last(), Some(Part::Index(_))));
        let mut expected = before;
        remove(&mut expected, &parts);
        if store == Store::Ini {
            prune(&mut expected);
        }
        let found = meaning(&after, store).map(|mut found| {
            if store == Store::Ini {
                prune(&mut found);
            }
            found
        });
        assert_eq!(found, Some(expected), "without {path}: {:?}", String::from_utf8_lossy(&after));
        encrypts_as(plain, &after, store);
    }
}

/// The input is a plain text: in another store it means the same, and can be encrypted there.
pub fn converted(plain: &[u8], from: Store) {
    let Some(before) = meaning(plain, from) else { return };
    for to in Store::ALL {
        let Ok(text) = convert(plain, from, to) else { continue };
        let shown = || format!("{to:?}: {:?}", String::from_utf8_lossy(&text));
        if to == Store::Yaml {
            assert_eq!(meaning(&text, to).as_ref(), Some(&before), "{}", shown());
        }
        // A key `sops` is one to a dotenv file only; a number beyond 64 bits cannot be encrypted as it is.
        let encrypted = sops::encrypt(&text, to, &KEY, &settings(b""));
        if let Err(error) = encrypted
            && !matches!(error, Error::ReservedKey { .. })
        {
            let own = sops::encrypt(plain, from, &KEY, &settings(b""));
            assert!(own.is_err(), "{error}: {}", shown());
        }
    }
}

/// Values to set, in JSON.
const VALUES: [&str; 20] = [
    "\"x\"",
    "\"\"",
    "\" x \"",
    "\"a: b # c\"",
    "\"two\\nlines\\n\"",
    "\"two\\n  lines\"",
    "\"\\ttab\\nx\"",
    "\"\\n\"",
    "\"0x1F\"",
    "\"true\"",
    "\"null\"",
    "\"- x\"",
    "\"\\u0000\\u2028\\u0085é😀\\r\\n\"",
    "\"ENC[x]\"",
    "7",
    "-0.5",
    "true",
    "null",
    "[1, \"two\", {\"three\": []}]",
    "{\"a\": {}, \"b\": [\"\"]}",
];

/// The longest name that YAML takes for a key without `? ` before it, a little less for quotes and escapes.
const LONGEST: usize = 128;

/// What a text means; nothing for one that cannot be read, has no form in JSON, or has a name twice or a very long one.
fn meaning(text: &[u8], store: Store) -> Option<Value> {
    let tree = match store {
        Store::Dotenv | Store::Ini => convert(text, store, Store::Yaml).ok()?,
        _ => text.to_vec().into(),
    };
    let syntax = if store == Store::Json { Syntax::Json } else { Syntax::Yaml };
    Stream::parse_as(std::str::from_utf8(&tree).ok()?, syntax).ok()?.check_keys().ok()?;
    let json = convert(text, store, Store::Json).ok()?;
    let mut value: Value = serde_json::from_slice(&json).ok()?;
    round(&mut value);
    (value.is_object() && short(&value)).then_some(value)
}

/// Numbers beyond 64 bits with sign are floats, and not all digits of those count: `serde_json` reads them fast, not
/// exactly. Nor has its zero a kind.
fn round(value: &mut Value) {
    match value {
        Value::Number(number) if number.as_f64() == Some(0.0) => *value = 0.into(),
        Value::Number(number) if !number.is_i64() => {
            let text = number.as_f64().map(|number| format!("{number:.12e}"));
            *value = text.into();
        }
        Value::Object(map) => map.values_mut().for_each(round),
        Value::Array(items) => items.iter_mut().for_each(round),
        _ => {}
    }
}

fn short(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.iter().all(|(key, value)| key.len() <= LONGEST && short(value)),
        Value::Array(items) => items.iter().all(short),
        _ => true,
    }
}

/// A walk from the root to some value, or to one that is not there yet.
fn place(root: &Value, random: &mut Random) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut at = root;
    loop {
        match at {
            Value::Object(map) if !map.is_empty() && random.below(6) > 0 => {
                let Some((key, value)) = map.iter().nth(random.below(map.len())) else { return parts };
                parts.push(Part::Key(key.clone()));
                at = value;
            }
            Value::Object(_) => {
                parts.push(Part::Key(["new", "", "a.b", "1", "x: y", "é"][random.below(6)].into()));
                return parts;
            }
            Value::Array(items) => {
                let index = random.below(items.len() + 1);
                parts.push(Part::Index(index));
                let Some(item) = items.get(index) else { return parts };
                at = item;
            }
            _ => return parts,
        }
        if random.below(8) == 0 {
            return parts;
        }
    }
}

fn written(parts: &[Part]) -> Option<ValuePath> {
    let step = |part: &Part| match part {
        Part::Key(key) => format!("[{}]", Value::from(key.as_str())),
        Part::Index(index) => format!("[{index}]"),
    };
    let path: ValuePath = parts.iter().map(step).collect::<String>().parse().ok()?;
    assert_eq!(path.parts(), parts);
    Some(path)
}

/// Where `parts` lead; made if need be.
fn spot<'a>(root: &'a mut Value, parts: &[Part]) -> &'a mut Value {
    parts.iter().fold(root, |at, part| match part {
        Part::Key(key) => {
            if !at.is_object() {
                *at = Value::Object(Map::new());
            }
            at.as_object_mut().expect("a map").entry(key).or_insert(Value::Null)
        }
        Part::Index(index) => {
            if !at.is_array() {
                *at = Value::Array(Vec::new());
            }
            let items = at.as_array_mut().expect("a list");
            if *index >= items.len() {
                items.push(Value::Null);
            }
            let last = items.len() - 1;
            &mut items[(*index).min(last)]
        }
    })
}

fn remove(root: &mut Value, parts: &[Part]) {
    let Some((last, parents)) = parts.split_last() else { return };
    match (spot(root, parents), last) {
        (Value::Object(map), Part::Key(key)) => drop(map.shift_remove(key)),
        (Value::Array(items), Part::Index(index)) => drop(items.remove(*index)),
        _ => {}
    }
}

/// Sections without keys are none.
fn prune(root: &mut Value) {
    let Some(map) = root.as_object_mut() else { return };
    map.retain(|_, section| section.as_object().is_none_or(|section| !section.is_empty()));
}

/// A text that came from one that can be encrypted can be too.
fn encrypts_as(plain: &[u8], after: &[u8], store: Store) {
    if sops::encrypt(plain, store, &KEY, &settings(b"")).is_ok() {
        let encrypted = sops::encrypt(after, store, &KEY, &settings(b""));
        // A comment that stood right behind an empty value stands right behind the new one.
        if store == Store::Ini && matches!(encrypted, Err(Error::Line { .. } | Error::Unsupported { .. })) {
            return;
        }
        let text = encrypted.unwrap_or_else(|error| panic!("{error}: {:?}", String::from_utf8_lossy(after)));
        let document = sops::Document::parse(&text, store).expect("our own file");
        assert!(*document.decrypt(&KEY).expect("our own file").content == *after);
    }
}
