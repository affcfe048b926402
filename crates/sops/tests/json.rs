//! The JSON and binary stores: what is decrypted is byte for byte what was encrypted, and other readers find what they
//! look for.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "helpers of tests are test code")]

#[path = "json/binary.rs"]
mod binary;
#[path = "json/generate.rs"]
mod generate;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proptest::prelude::*;
use sops::{DataKey, Document, Error, KeyGroup, MasterKey, Selector, Settings, Store, WrappedKey};

fn settings(selector: Selector) -> Settings {
    let enc = "-----BEGIN AGE ENCRYPTED FILE-----\nabc\n-----END AGE ENCRYPTED FILE-----\n";
    let key = MasterKey::Age { recipient: "age1test".into() };
    Settings {
        groups: vec![KeyGroup::of(vec![WrappedKey::new(key, enc.into(), None)])],
        shamir_threshold: None,
        selector,
        mac_only_encrypted: false,
        now: UNIX_EPOCH + Duration::from_secs(1_767_323_045),
        indent: None,
        unknown: Vec::new(),
    }
}

fn encrypt(plain: &str, key: &DataKey, selector: Selector) -> Result<String, Error> {
    sops::encrypt(plain.as_bytes(), Store::Json, key, &settings(selector))
}

fn decrypt(text: &str, key: &DataKey) -> String {
    let document = Document::parse(text, Store::Json).unwrap_or_else(|error| panic!("{error}\n{text}"));
    document.decrypt(key).unwrap_or_else(|error| panic!("{error}\n{text}")).text().unwrap().to_owned()
}

fn roundtrip(plain: &str, selector: Selector) -> String {
    let key = DataKey::generate();
    let text = encrypt(plain, &key, selector).unwrap_or_else(|error| panic!("{error}\n{plain}"));
    assert_eq!(decrypt(&text, &key), plain, "encrypted:\n{text}");
    text
}

/// The text with `E` for every ciphertext.
fn skeleton(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("ENC[AES256_GCM") {
        out.push_str(&rest[..at]);
        out.push('E');
        rest = &rest[at + rest[at..].find(']').unwrap() + 1..];
    }
    out.push_str(rest);
    out
}

#[test]
fn the_block_is_a_member_like_the_others() {
    let text = roundtrip("{\n  \"a\": \"b\",\n  \"n\": [1.0, true, null]\n}", Selector::default());
    let expected = r#"{
  "a": "E",
  "n": ["E", "E", null],
  "sops": {
    "age": [
      {
        "enc": "-----BEGIN AGE ENCRYPTED FILE-----\nabc\n-----END AGE ENCRYPTED FILE-----\n",
        "recipient": "age1test"
      }
    ],
    "lastmodified": "2026-01-02T03:04:05Z",
    "mac": "E",
    "unencrypted_suffix": "_unencrypted",
    "version": "3.13.3"
  }
}"#;
    assert_eq!(skeleton(&text), expected);
}

#[test]
fn a_minified_file_stays_on_its_line() {
    let text = roundtrip("{\"a\":\"b\",\"c\":{\"d\":1}}\n", Selector::default());
    assert!(skeleton(&text).starts_with("{\"a\":\"E\",\"c\":{\"d\":\"E\"},\"sops\": {\"age\": ["), "{text}");
    assert_eq!(text.lines().count(), 1);
    assert!(text.contains("\"mac\": \"ENC["));
}

#[test]
fn indentation_follows_the_file_unless_it_is_set() {
    let key = DataKey::generate();
    let with = |plain: &str, indent| {
        let settings = Settings { indent, ..settings(Selector::default()) };
        sops::encrypt(plain.as_bytes(), Store::Json, &key, &settings).unwrap()
    };
    assert!(
        with("{\r\n\t\"a\": 1\r\n}\r\n", None).contains("\",\r\n\t\"sops\": {\r\n\t\t\"age\": [\r\n\t\t\t{")
    );
    assert!(with("{\n\"a\": 1\n}", None).contains("\",\n\"sops\": {\n\t\"age\""));
    assert!(with("{\n  \"a\": 1\n}", Some(1)).contains("\",\n  \"sops\": {\n   \"age\""));
    assert!(with("{\n  \"a\": 1\n}", Some(0)).contains("\",\n  \"sops\": {\n  \"age\""));
}

#[test]
fn numbers_need_no_hint() {
    let text = roundtrip(
        "{\"a\": [1.0, 1e3, -0, -0.0, 1E+2, 12345678901234567890, 9223372036854775808]}",
        Selector::default(),
    );
    assert!(!text.contains("convoy_layout"), "{text}");
    let kinds: Vec<&str> = text.split("type:").skip(1).map(|rest| rest.split(']').next().unwrap()).collect();
    assert_eq!(kinds, ["float", "float", "int", "float", "float", "float", "float", "str"]);
}

#[test]
fn what_ciphertext_cannot_carry_comes_back() {
    for plain in [
        "{}",
        "{ }\n",
        "{\n}\n",
        "{\"\": 1}",
        "{\"a\": \"\\u00e9\\/\"}",
        "{\"a\": \"\", \"b\": {}, \"c\": []}",
        " {\"a\":1}",
        "{\"a\": 0.00000025, \"b\": 100000000000000000000000}",
        "{\"a_unencrypted\": \"\\u0041\", \"b_unencrypted\": 1.0, \"c_unencrypted\": -0}",
        "{\"a\": [\n1,\n2]}",
        "{\"a\":\r1\r}",
    ] {
        roundtrip(plain, Selector::default());
        roundtrip(plain, Selector::EncryptedRegex("^[a-f]$".into()));
    }
}

#[test]
fn what_the_store_cannot_hold_is_refused_with_its_place() {
    for (plain, expected) in [
        ("[1]", "line 1, column 1: the root of a document must be a map"),
        ("null", "line 1, column 1: the root of a document must be a map"),
        ("{\"a\": 1, \"a\": 2}", "line 1, column 10: key \"a\" appears twice"),
        ("{\"sops\": 1}", "line 1, column 2: the key \"sops\" is reserved"),
        ("{\"a\": 1,}", "line 1, column 9: a comma before `}`"),
        ("{\"a\": 1e999}", "line 1, column 7: a number beyond the range"),
        ("", "line 1, column 1: a value must stand here"),
    ] {
        let error = encrypt(plain, &DataKey::generate(), Selector::default()).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{plain}: {error}");
    }
    let error =
        sops::encrypt(b"{\n\"a\xff\": 1}", Store::Json, &DataKey::generate(), &settings(Selector::default()));
    assert_eq!(error.unwrap_err(), Error::NotText { line: 2 });
}

/// Without comments the selector would leave everything in cleartext.
#[test]
fn a_comment_selector_that_encrypts_is_refused() {
    let selector = Selector::EncryptedCommentRegex("secret".into());
    let error = encrypt("{\"a\": 1}", &DataKey::generate(), selector).unwrap_err();
    assert!(matches!(error, Error::Selector { field: "encrypted_comment_regex", .. }), "{error}");
}

#[test]
fn an_update_touches_only_what_changed() {
    let key = DataKey::generate();
    let plain = "{\n\t\"a\": 1.0,\n\t\"b\": \"old\",\n\t\"l\": [1, 2, \"x\"]\n}\n";
    let text = encrypt(plain, &key, Selector::default()).unwrap();
    let document = Document::parse(&text, Store::Json).unwrap();
    let edited = "{\n\t\"a\": 1.0,\n\t\"b\": \"new\",\n\t\"l\": [0, 1, 2, \"x\"]\n}\n";
    let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let (updated, changes) = document.update(edited.as_bytes(), &key, now).unwrap();
    assert_eq!(decrypt(&updated, &key), edited);
    let gone: Vec<&str> = text.lines().filter(|line| !updated.contains(line)).collect();
    let starts = ["\"b\"", "\"l\"", "\"lastmodified\"", "\"mac\""];
    assert!(gone.iter().all(|line| starts.iter().any(|start| line.trim().starts_with(start))), "{gone:?}");
    let tokens = |text: &str| {
        let line = text.lines().find(|line| line.trim().starts_with("\"l\"")).unwrap().to_owned();
        line.split('"').filter(|part| part.starts_with("ENC[")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(tokens(&text), tokens(&updated)[1..]);
    assert_eq!(changes.changed, ["b", "l[0]", "l[1]", "l[2]"]);
    let (same, changes) = document.update(plain.as_bytes(), &key, now).unwrap();
    assert_eq!(same, text);
    assert!(changes.is_empty());
}

/// The same number in another spelling is the same value, and comes back in the new spelling.
#[test]
fn a_number_spelled_otherwise_is_no_change() {
    let key = DataKey::generate();
    let text = encrypt("{\"a\": 1.0, \"l\": [2.50, 2.50]}", &key, Selector::default()).unwrap();
    let document = Document::parse(&text, Store::Json).unwrap();
    let edited = "{\"a\": 1.00, \"l\": [2.5, 2.50]}";
    let (updated, changes) = document.update(edited.as_bytes(), &key, SystemTime::now()).unwrap();
    assert!(changes.is_empty(), "{changes:?}");
    assert_eq!(decrypt(&updated, &key), edited);
    let again = Document::parse(&updated, Store::Json).unwrap();
    assert_eq!(again.metadata().mac, document.metadata().mac);
}

/// A file of the conformance vectors and its data key.
#[allow(clippy::disallowed_methods, reason = "the panic names the path")]
fn vector(id: &str) -> (String, DataKey) {
    let read = |path: String| {
        let path = format!("{}/../../tests/data/sops/{path}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
    };
    let values = read(format!("values/{id}.tsv"));
    let hex = values.lines().find_map(|line| line.strip_prefix("#datakey\t")).unwrap();
    let bytes = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap());
    (read(format!("enc/{id}.json")), DataKey::new(bytes.collect::<Vec<_>>().into()).unwrap())
}

/// Older SOPS stored every number of a JSON file as a float.
#[test]
fn whole_numbers_of_older_sops_are_no_change() {
    let (text, key) = vector("json_types");
    let document = Document::parse(&text, Store::Json).unwrap();
    let plain = document.decrypt(&key).unwrap().text().unwrap().to_owned();
    let line = |text: &str, key: &str| {
        text.lines().find(|line| line.trim().starts_with(key)).unwrap_or_else(|| panic!("{text}")).to_owned()
    };
    assert_eq!(line(&plain, "\"int\"").trim(), "\"int\": 42,");
    let edited = plain.replacen("\"str\": \"", "\"str\": \"new ", 1);
    let (updated, changes) = document.update(edited.as_bytes(), &key, SystemTime::now()).unwrap();
    assert_eq!(changes.changed, ["str"]);
    assert_eq!(line(&updated, "\"int\""), line(&text, "\"int\""));
    assert_eq!(decrypt(&updated, &key), edited);
}

#[test]
fn other_wrapped_keys_change_only_the_block() {
    let key = DataKey::generate();
    for plain in ["{\n  \"a\": \"b\"\n}\n", "{\"a\":\"b\"}"] {
        let text = encrypt(plain, &key, Selector::default()).unwrap();
        let document = Document::parse(&text, Store::Json).unwrap();
        let same = document.rewrap(document.metadata().groups.clone(), None).unwrap();
        assert_eq!(same, text);
        let mut groups = document.metadata().groups.clone();
        groups[0].keys.push(WrappedKey::new(
            MasterKey::Age { recipient: "age1two".into() },
            "x".into(),
            None,
        ));
        let more = document.rewrap(groups, None).unwrap();
        assert_eq!(decrypt(&more, &key), plain);
        assert_eq!(more.lines().count() > 1, plain.lines().count() > 1);
    }
}

#[test]
fn a_hint_survives_other_wrapped_keys() {
    let key = DataKey::generate();
    let plain = "{\n  \"a\": \"\\u0041\"\n}\n";
    let text = encrypt(plain, &key, Selector::default()).unwrap();
    assert!(text.contains("\"convoy_layout\": \"ENC["));
    let document = Document::parse(&text, Store::Json).unwrap();
    assert_eq!(document.rewrap(document.metadata().groups.clone(), None).unwrap(), text);
}

#[test]
fn content_decides_where_the_name_cannot_be_right() {
    let key = DataKey::generate();
    let json = encrypt("{\"a\": \"b\", \"data\": \"c\"}", &key, Selector::default()).unwrap();
    let delete = "{\"a\": \"b\", \"c_unencrypted\": \"\u{7f}\"}";
    let delete = encrypt(delete, &key, Selector::default()).unwrap();
    let binary = binary::encrypt(b"x", &key);
    let yaml = sops::encrypt(b"a: b\nc: [x]\n", Store::Yaml, &key, &settings(Selector::default())).unwrap();
    for (text, named, expected) in [
        (&json, Store::Json, Store::Json),
        (&json, Store::Yaml, Store::Yaml), // JSON is YAML
        (&json, Store::Binary, Store::Json),
        (&json, Store::Dotenv, Store::Json),
        (&delete, Store::Yaml, Store::Json), // but not with this character
        (&binary, Store::Binary, Store::Binary),
        (&binary, Store::Json, Store::Json),
        (&yaml, Store::Yaml, Store::Yaml),
        (&yaml, Store::Json, Store::Yaml),
        (&yaml, Store::Binary, Store::Yaml),
    ] {
        let document = Document::detect(text, named).unwrap().unwrap();
        if named != Store::Dotenv {
            assert_eq!(document.store(), expected, "named {named:?}");
        }
        document.decrypt(&key).unwrap();
    }
    for plain in
        ["{\"sops\": {\"version\": 1}, \"mac\": 2}", "{\"a\": \"sops version mac\"}", "", "sops version mac"]
    {
        for named in [Store::Yaml, Store::Json, Store::Binary] {
            assert!(!matches!(Document::detect(plain, named), Ok(Some(_))), "{plain} as {named:?}");
        }
    }
}

/// Readers recurse as deep as a file is nested.
#[test]
fn files_of_many_levels_are_handled_and_deeper_ones_refused() {
    let key = DataKey::generate();
    let json = |levels: usize| format!("{}1{}", "{\"a\":".repeat(levels), "}".repeat(levels));
    let lists = |levels: usize| format!("a: {}1{}\n", "[".repeat(levels), "]".repeat(levels));
    let yaml =
        |levels: usize| (0..levels).map(|level| format!("{}a:\n", " ".repeat(level))).collect::<String>();
    for (plain, store) in [(json(1000), Store::Json), (lists(999), Store::Yaml), (yaml(1000), Store::Yaml)] {
        let text = sops::encrypt(plain.as_bytes(), store, &key, &settings(Selector::default())).unwrap();
        let document = Document::parse(&text, store).unwrap();
        assert_eq!(document.decrypt(&key).unwrap().text().unwrap(), plain);
        let edited = plain.replace('1', "2");
        document.update(edited.as_bytes(), &key, SystemTime::now()).unwrap();
    }
    for (plain, store, line) in
        [(json(10_000), Store::Json, 1), (lists(10_000), Store::Yaml, 1), (yaml(1_100), Store::Yaml, 1001)]
    {
        let error = sops::encrypt(plain.as_bytes(), store, &key, &settings(Selector::default())).unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with(&format!("line {line}, ")) && text.contains("levels of nesting"), "{text}");
    }
}

/// Long keys in many levels would make paths that are far larger than the file.
#[test]
fn paths_are_bounded() {
    let key = "k".repeat(1000);
    let leaves: String = (0..600).map(|number| format!("\"{number}\": 1, ")).collect();
    let plain = format!("{}{{{leaves}\"z\": 1}}{}", format!("{{\"{key}\":").repeat(500), "}".repeat(500));
    let error = encrypt(&plain, &DataKey::generate(), Selector::default()).unwrap_err();
    assert!(matches!(error, Error::TooLarge { .. }), "{error}");
}

fn objects(most: usize) -> impl Strategy<Value = String> {
    proptest::collection::vec(any::<u8>(), 0..most).prop_map(|choices| generate::object(&choices))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn every_object_comes_back(plain in objects(200), selector: u8) {
        let selector = match selector % 4 {
            0 | 1 => Selector::default(),
            2 => Selector::EncryptedRegex("^k[0-4]".into()),
            _ => Selector::UnencryptedRegex("^k[0-4]".into()),
        };
        roundtrip(&plain, selector);
    }

    #[test]
    fn an_update_gives_the_new_text(before in objects(120), after in objects(120)) {
        let key = DataKey::generate();
        let text = encrypt(&before, &key, Selector::default()).unwrap();
        let document = Document::parse(&text, Store::Json).unwrap();
        let (updated, _) = document.update(after.as_bytes(), &key, SystemTime::now()).unwrap();
        prop_assert_eq!(decrypt(&updated, &key), after);
    }

    /// Damage is found or changes nothing that is encrypted.
    #[test]
    fn a_damaged_file_never_decrypts_to_other_values(at: prop::sample::Index, byte in b' '..b'~') {
        let key = DataKey::generate();
        let text = encrypt("{\n  \"a\": \"b\",\n  \"n\": [1, 2.5]\n}\n", &key, Selector::default()).unwrap();
        let mut damaged = text.clone().into_bytes();
        damaged[at.index(text.len())] = byte;
        let damaged = String::from_utf8(damaged).unwrap();
        for store in [Store::Json, Store::Yaml, Store::Binary] {
            let plain = Document::parse(&damaged, store).and_then(|document| document.decrypt(&key));
            if let Ok(plain) = plain {
                let plain = plain.text().unwrap();
                prop_assert!(["\"b\"", "1", "2.5"].iter().all(|value| plain.contains(value)), "{plain}");
            }
        }
        let cut = &text[..at.index(text.len())];
        prop_assert!(Document::parse(cut, Store::Json).is_err() || cut.trim_end() == text.trim_end());
    }

    #[test]
    fn any_text_is_read_or_refused(text: String) {
        for store in Store::ALL {
            let _ = Document::parse(&text, store);
            let _ = Document::detect(&format!("{text} sops version mac"), store);
        }
    }

    #[test]
    fn hostile_text_never_panics(text in "[a-b:{}\\[\\], \n\"\\\\0-1eE.-]{0,40}") {
        let key = DataKey::generate();
        if let Ok(out) = encrypt(&text, &key, Selector::default()) {
            prop_assert_eq!(&decrypt(&out, &key), &text);
        }
        for store in [Store::Json, Store::Binary] {
            let _ = Document::parse(&text, store);
            let _ = Document::detect(&format!("sops version mac {text}"), store);
        }
    }
}
