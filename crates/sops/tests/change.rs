//! Setting and removing values changes exactly these, whatever the text around them looks like.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "helpers of tests are test code")]

#[path = "lossless/generate.rs"]
mod generate;

use proptest::prelude::*;
use sops::{Found, NewValue, Part, PathError, Store, ValuePath, convert, get, get_json, set, unset};
use yamldoc::{Kind, NodeId, Profile, Stream};

/// Path and typed value of every leaf and empty collection of a text, aliases followed.
fn leaves(text: &str) -> Vec<(Vec<String>, String)> {
    let stream = Stream::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let mut out = Vec::new();
    for (number, document) in stream.documents.iter().enumerate() {
        walk(&stream, document.root, &mut vec![number.to_string()], &mut out);
    }
    out
}

fn walk(stream: &Stream<'_>, id: NodeId, path: &mut Vec<String>, out: &mut Vec<(Vec<String>, String)>) {
    let children: Vec<(String, NodeId)> = match &stream.node(stream.resolved(id)).kind {
        Kind::Sequence { items, .. } => {
            items.iter().enumerate().map(|(number, &item)| (number.to_string(), item)).collect()
        }
        Kind::Mapping { entries, .. } => {
            entries.iter().map(|&(key, value)| (stream.key(key).unwrap().to_owned(), value)).collect()
        }
        _ => {
            let values = [Profile::Sops, Profile::Helm].map(|profile| stream.value(id, profile));
            out.push((path.clone(), format!("{values:?}")));
            return;
        }
    };
    if children.is_empty() {
        out.push((path.clone(), "empty".to_owned()));
    }
    for (name, child) in children {
        path.push(name);
        walk(stream, child, path, out);
        path.pop();
    }
}

/// Every path of the first document.
fn paths(text: &str) -> Vec<Vec<Part>> {
    fn collect(stream: &Stream<'_>, id: NodeId, path: &mut Vec<Part>, out: &mut Vec<Vec<Part>>) {
        let children: Vec<(Part, NodeId)> = match &stream.node(stream.resolved(id)).kind {
            Kind::Sequence { items, .. } => {
                items.iter().enumerate().map(|(number, &item)| (Part::Index(number), item)).collect()
            }
            Kind::Mapping { entries, .. } => entries
                .iter()
                .map(|&(key, value)| (Part::Key(stream.key(key).unwrap().to_owned()), value))
                .collect(),
            _ => return,
        };
        for (part, child) in children {
            path.push(part);
            out.push(path.clone());
            collect(stream, child, path, out);
            path.pop();
        }
    }
    let stream = Stream::parse(text).unwrap();
    let mut out = Vec::new();
    if let Some(document) = stream.documents.first() {
        collect(&stream, document.root, &mut Vec::new(), &mut out);
    }
    out
}

fn value_path(parts: &[Part]) -> ValuePath {
    let part = |part: &Part| match part {
        Part::Key(key) => format!("[{}]", serde_json::Value::from(key.as_str())),
        Part::Index(index) => format!("[{index}]"),
    };
    parts.iter().map(part).collect::<String>().parse().unwrap()
}

/// The path as `leaves` has it.
fn names(parts: &[Part]) -> Vec<String> {
    let name = |part: &Part| match part {
        Part::Key(key) => key.clone(),
        Part::Index(index) => index.to_string(),
    };
    std::iter::once("0".to_owned()).chain(parts.iter().map(name)).collect()
}

/// Errors that a correct path may meet.
fn allowed(error: &PathError) -> bool {
    matches!(error, PathError::Shared { .. } | PathError::BelowAlias { .. })
}

fn text_of(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn usable(text: &str) -> bool {
    Stream::parse(text).is_ok_and(|stream| stream.check_keys().is_ok())
}

fn values() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<i32>().prop_map(|number| (f64::from(number) / 8.0).into()),
        "[a-c \n:#'\"\\-]{0,12}".prop_map(Into::into),
        "[-+0-9_.:eExobTtyn~é😀\t]{0,6}".prop_map(Into::into),
        "[a-c\n ]{0,9}\n{0,3}".prop_map(Into::into),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Into::into),
            prop::collection::vec(("[a-cxyn:# 1]{0,3}", inner), 0..3)
                .prop_map(|entries| serde_json::Value::Object(entries.into_iter().collect())),
        ]
    })
}

fn read_back(text: &str, store: Store, path: &ValuePath) -> serde_json::Value {
    let json = get_json(text.as_bytes(), store, path).unwrap_or_else(|error| panic!("{error}\n{text}"));
    serde_json::from_str(&json).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, max_global_rejects: 1_000_000, ..ProptestConfig::default() })]

    #[test]
    fn set_changes_one_value(bytes in prop::collection::vec(any::<u8>(), 0..120), at: prop::sample::Index, value in values()) {
        let text = generate::stream(&bytes);
        prop_assume!(usable(&text));
        let paths = paths(&text);
        prop_assume!(!paths.is_empty());
        let parts = at.get(&paths);
        let path = value_path(parts);
        let new_value = NewValue::from_json(&value.to_string()).unwrap();
        let new = match set(text.as_bytes(), Store::Yaml, &path, &new_value) {
            Ok(new) => new,
            Err(error) => {
                prop_assert!(allowed(&error), "{}: {}\n{}", error, value, text);
                return Ok(());
            }
        };
        let new = text_of(&new);
        prop_assert_eq!(read_back(new, Store::Yaml, &path), value.clone(), "{}", new);
        let place = names(parts);
        let others = |text: &str| {
            leaves(text).into_iter().filter(|(leaf, _)| !leaf.starts_with(&place)).collect::<Vec<_>>()
        };
        prop_assert_eq!(others(new), others(&text), "{}\n---\n{}", text, new);
        let again = set(new.as_bytes(), Store::Yaml, &path, &new_value).unwrap();
        prop_assert_eq!(text_of(&again), new);
    }

    #[test]
    fn a_new_key_removed_leaves_the_text(bytes in prop::collection::vec(any::<u8>(), 0..120), at: prop::sample::Index, value in values()) {
        let text = generate::stream(&bytes);
        prop_assume!(usable(&text));
        // A position one behind the paths stands for the root.
        let mut parents = paths(&text);
        parents.push(Vec::new());
        let mut parts = at.get(&parents).clone();
        parts.push(Part::Key("new key".to_owned()));
        let path = value_path(&parts);
        let new_value = NewValue::from_json(&value.to_string()).unwrap();
        let new = match set(text.as_bytes(), Store::Yaml, &path, &new_value) {
            Ok(new) => new,
            Err(error) => {
                prop_assert!(allowed(&error) || matches!(error, PathError::NotAMap { .. }), "{}\n{}", error, text);
                return Ok(());
            }
        };
        let new = text_of(&new);
        prop_assert_eq!(read_back(new, Store::Yaml, &path), value);
        let parent = names(&parts[..parts.len() - 1]);
        let had_entries = leaves(&text).iter().any(|(leaf, _)| leaf.starts_with(&parent) && leaf.len() > parent.len());
        let after = unset(new.as_bytes(), Store::Yaml, &path).unwrap_or_else(|error| panic!("{error}\n{text}\n---\n{new}"));
        let after = text_of(&after);
        if had_entries && !ends_in_block_without_break(&text) {
            prop_assert_eq!(after, &text, "with it:\n{}", new);
        }
    }

    #[test]
    fn unset_removes_one_value(bytes in prop::collection::vec(any::<u8>(), 0..120), at: prop::sample::Index) {
        let text = generate::stream(&bytes);
        prop_assume!(usable(&text));
        let paths = paths(&text);
        prop_assume!(!paths.is_empty());
        let parts = at.get(&paths);
        let new = match unset(text.as_bytes(), Store::Yaml, &value_path(parts)) {
            Ok(new) => new,
            Err(error) => {
                prop_assert!(allowed(&error), "{}: {}\n{}", value_path(parts), error, text);
                return Ok(());
            }
        };
        let new = text_of(&new);
        // Items behind the removed one move up.
        let place = names(parts);
        let (parent, position) = (&place[..place.len() - 1], parts.last().unwrap());
        let expected: Vec<_> = leaves(&text).into_iter().filter(|(leaf, _)| !leaf.starts_with(&place)).map(|(mut leaf, value)| {
            if let Part::Index(removed) = position
                && leaf.starts_with(parent)
                && let Some(number) = leaf.get(parent.len()).and_then(|number| number.parse::<usize>().ok())
                && number > *removed
            {
                leaf[parent.len()] = (number - 1).to_string();
            }
            (leaf, value)
        }).collect();
        let found: Vec<_> = leaves(new).into_iter().filter(|(leaf, value)| leaf != parent || value != "empty").collect();
        prop_assert_eq!(found, expected, "{}\n---\n{}", text, new);
    }

    #[test]
    fn converted_values_stay_the_same(value in prop::collection::vec(("[a-cxyn:# 1]{0,3}", values()), 0..4)) {
        let value = serde_json::Value::Object(value.into_iter().collect());
        let json = value.to_string();
        let yaml = convert(json.as_bytes(), Store::Json, Store::Yaml).unwrap();
        let back = convert(&yaml, Store::Yaml, Store::Json).unwrap();
        let back: serde_json::Value = serde_json::from_str(text_of(&back)).unwrap();
        prop_assert_eq!(back, value, "{}", text_of(&yaml));
    }

    #[test]
    fn what_is_written_in_lines_reads_back(
        entries in prop::collection::btree_map("[a-c.:`=# \\-]{1,3}", "[a \n#;=`'\"\\\\é]{0,6}", 0..4),
        more in prop::collection::btree_map("[a-c]{1,3}", "[a-c]{0,3}", 0..3),
    ) {
        let flat = serde_json::to_string(&entries).unwrap();
        let sections = serde_json::json!({"s": &entries, "t": &more}).to_string();
        for (text, store) in [(flat, Store::Dotenv), (sections, Store::Ini)] {
            let Ok(lines) = convert(text.as_bytes(), Store::Json, store) else { continue };
            let back = convert(&lines, store, Store::Json).unwrap();
            let mut back: serde_json::Value = serde_json::from_str(text_of(&back)).unwrap();
            if store == Store::Ini {
                let default = back.as_object_mut().unwrap().shift_remove("DEFAULT");
                prop_assert_eq!(default, Some(serde_json::json!({})));
            }
            prop_assert_eq!(back, serde_json::from_str::<serde_json::Value>(&text).unwrap(), "{}", text_of(&lines));
        }
    }

    #[test]
    fn json_keeps_all_else(value in prop::collection::vec(("[a-c]{1,3}", values()), 1..4), pretty: bool, at: prop::sample::Index, new in values()) {
        let value = serde_json::Value::Object(value.into_iter().collect());
        let text = if pretty { serde_json::to_string_pretty(&value).unwrap() } else { value.to_string() };
        let paths = paths(&text);
        let parts = at.get(&paths);
        let path = value_path(parts);
        let new_value = NewValue::from_json(&new.to_string()).unwrap();
        let changed = set(text.as_bytes(), Store::Json, &path, &new_value).unwrap();
        let changed = text_of(&changed);
        let mut expected = value.clone();
        let pointer = parts.iter().fold(&mut expected, |node, part| match part {
            Part::Key(key) => &mut node[key.as_str()],
            Part::Index(index) => &mut node[*index],
        });
        *pointer = new;
        prop_assert_eq!(serde_json::from_str::<serde_json::Value>(changed).unwrap(), expected);
        if pretty {
            prop_assert!(!changed.lines().any(|line| line.ends_with(' ')));
        }
    }
}

/// Lines of dotenv and ini in any order, some of them broken.
fn lines(kinds: &'static [&'static str]) -> impl Strategy<Value = String> {
    (prop::collection::vec(prop::sample::select(kinds), 0..9), any::<bool>(), any::<bool>()).prop_map(
        |(lines, last_break, crlf)| {
            let text = lines.iter().enumerate().map(|(number, line)| line.replace('N', &number.to_string()));
            let text = text.collect::<Vec<_>>().join("\n") + if last_break { "\n" } else { "" };
            if crlf { text.replace('\n', "\r\n") } else { text }
        },
    )
}

/// A new entry reads back, is removed without a trace, and a change of it leaves all else alone.
fn check_lines(text: &str, store: Store, path: &str, value: &str) -> Result<(), TestCaseError> {
    let path: ValuePath = path.parse().unwrap();
    let value = NewValue::Text(value.to_owned());
    let new = match set(text.as_bytes(), store, &path, &value) {
        Ok(new) => new,
        // No text of this format, a value it cannot express, or a key that stands there twice.
        Err(PathError::Text(_) | PathError::Format { .. }) => return Ok(()),
        Err(error) => return Err(TestCaseError::fail(format!("{error}\n{text}"))),
    };
    let read = |text: &[u8]| match get(text, store, &path) {
        Ok(Found::Text(text)) => text.to_string(),
        other => panic!("{other:?}"),
    };
    prop_assert!(matches!(&value, NewValue::Text(value) if *value == read(&new)));
    let without = unset(&new, store, &path).unwrap_or_else(|error| panic!("{error}\n{}", text_of(&new)));
    prop_assert!(get(&without, store, &path).is_err());
    if get(text.as_bytes(), store, &path).is_err()
        && text_of(&without).matches('[').count() == text.matches('[').count()
    {
        let (without, text) = (text_of(&without).trim(), text.trim());
        prop_assert_eq!(without, text, "with it:\n{}", text_of(&new));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn dotenv_lines(
        text in lines(&["AN=x", "BN= y ", "# c", "#CN=1", "", "DN=", "E N=\"q\"", "KEY=old", "no"]),
        value in "[a \n#='\"\\\\]{0,6}",
    ) {
        check_lines(&text, Store::Dotenv, "KEY", &value)?;
    }

    #[test]
    fn ini_lines(
        text in lines(&["aN=x", "bN : y ; c", "; c", "# dN=1", "", "[s]", "[t]", "eN = \"q\"", "key = old", "no"]),
        value in "[a \n#;=`'\"\\\\]{0,6}",
        section in prop::sample::select(&["s", "DEFAULT", "u"][..]),
    ) {
        check_lines(&text, Store::Ini, &format!("{section}.key"), &value)?;
    }
}

#[test]
fn deep_texts_are_changed_and_converted() {
    let depth = 990;
    let text = format!("{}1{}\n", "{\"a\": ".repeat(depth), "}".repeat(depth));
    let path = value_path(&vec![Part::Key("a".to_owned()); depth]);
    let new = set(text.as_bytes(), Store::Json, &path, &NewValue::Int(2)).unwrap();
    assert_eq!(text_of(&new), text.replace('1', "2"));
    let yaml = convert(text.as_bytes(), Store::Json, Store::Yaml).unwrap();
    assert_eq!(get_json(&yaml, Store::Yaml, &path).unwrap().as_str(), "1");
    assert_eq!(
        text_of(&unset(&yaml, Store::Yaml, &path).unwrap()),
        format!("{} {{}}\n", text_of(&yaml).trim_end().rsplit_once('\n').unwrap().0)
    );
}

/// Such a block gets `-` when an entry follows it, as its value has no line break at the end.
fn ends_in_block_without_break(text: &str) -> bool {
    !text.ends_with('\n')
}

#[test]
fn twenty_thousand_keys_are_set_in_no_time() {
    let text: String = (0..20_000).map(|number| format!("key{number}: value of {number}\n")).collect();
    let path = "key19999".parse().unwrap();
    let start = std::time::Instant::now();
    let new = set(text.as_bytes(), Store::Yaml, &path, &NewValue::Text("x".to_owned())).unwrap();
    println!("set among 20000 keys: {:?}", start.elapsed());
    assert!(text_of(&new).ends_with("key19999: x\n"));
    // Far above what it takes, far below what anything quadratic would.
    assert!(start.elapsed() < std::time::Duration::from_secs(5));
}

#[test]
fn ciphertext_of_other_values_is_kept() {
    let wrapped =
        sops::WrappedKey::new(sops::MasterKey::Age { recipient: "age1test".into() }, "x".into(), None);
    let now = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_767_323_045);
    let settings = sops::Settings {
        groups: vec![sops::KeyGroup::of(vec![wrapped])],
        shamir_threshold: None,
        selector: sops::Selector::default(),
        mac_only_encrypted: false,
        now,
        indent: None,
        unknown: Vec::new(),
    };
    let key = sops::DataKey::generate();
    for (store, plain) in [
        (Store::Yaml, "# c\na:\n  b: 'x'\n  c: |\n    l\n    m\nd: [1, 2]\n"),
        (Store::Json, "{\n  \"a\": {\n    \"b\": \"x\",\n    \"c\": 1\n  }\n}\n"),
        (Store::Ini, "[a]\nb = x\n; c\nc = y\n"),
    ] {
        let file = sops::encrypt(plain.as_bytes(), store, &key, &settings).unwrap();
        let document = sops::Document::parse(&file, store).unwrap();
        let path = "a.b".parse().unwrap();
        let new =
            set(&document.decrypt(&key).unwrap().content, store, &path, &NewValue::Text("new".to_owned()));
        let (updated, _) = document.update(&new.unwrap(), &key, now).unwrap();
        let body = |text: &str| {
            let end = ["sops:", "\"sops\"", "[sops]"].iter().find_map(|mark| text.find(mark)).unwrap();
            text[..end].lines().map(str::to_owned).collect::<Vec<_>>()
        };
        let (before, after) = (body(&file), body(&updated));
        assert_eq!(before.len(), after.len());
        assert_eq!(before.iter().zip(&after).filter(|(a, b)| a != b).count(), 1, "{updated}");
        let plain = sops::Document::parse(&updated, store).unwrap().decrypt(&key).unwrap();
        assert!(matches!(get(&plain.content, store, &path), Ok(Found::Text(text)) if *text == "new"));
    }
}
