//! What is decrypted is byte for byte what was encrypted, and updates touch only what changed.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "helpers of tests are test code")]

#[path = "lossless/generate.rs"]
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

fn encrypt(plain: &str, key: &DataKey, settings: &Settings) -> Result<String, Error> {
    sops::encrypt(plain.as_bytes(), Store::Yaml, key, settings)
}

fn decrypt(text: &str, key: &DataKey) -> String {
    let document = Document::parse(text, Store::Yaml).unwrap_or_else(|error| panic!("{error}\n{text}"));
    document.decrypt(key).unwrap_or_else(|error| panic!("{error}\n{text}")).text().unwrap().to_owned()
}

fn roundtrip(plain: &str, selector: Selector) -> String {
    let key = DataKey::generate();
    let text = encrypt(plain, &key, &settings(selector)).unwrap_or_else(|error| panic!("{error}\n{plain}"));
    assert_eq!(decrypt(&text, &key), plain, "encrypted:\n{text}");
    text
}

/// The text without its ciphertext and metadata, to look at what the layout became.
fn skeleton(text: &str) -> String {
    let mut out = String::new();
    let mut rest = &text[..text.find("sops:\n").unwrap_or(text.len())];
    while let Some(at) = rest.find("ENC[AES256_GCM") {
        out.push_str(&rest[..at]);
        out.push('E');
        rest = &rest[at + rest[at..].find(']').unwrap() + 1..];
    }
    out.push_str(rest);
    out
}

fn hint_length(text: &str) -> usize {
    text.lines().find(|line| line.trim_start().starts_with("convoy_layout:")).map_or(0, str::len)
}

#[test]
fn only_tokens_are_replaced() {
    let plain = concat!(
        "# top\na: b  # beside\nq: \"x\"\ns: 'y'\nf: [1, \"two\", three]\n\nblock: |\n  one\n\n  two\nempty: \"\"\nnone:\n",
        "list:\n  # about a\n  - a\n  #\n  - 0x1F\n",
    );
    let text = roundtrip(plain, Selector::default());
    let expected = concat!(
        "#E\na: E  #E\nq: \"E\"\ns: 'E'\nf: [\"E\", \"E\", \"E\"]\n\nblock: E\nempty: \"\"\nnone:\n",
        "list:\n  #E\n  - E\n  #E\n  - E\n",
    );
    assert_eq!(skeleton(&text), expected);
}

#[test]
fn ordinary_files_need_no_hint() {
    let plain = "db:\n  user: app\n  password: \"s3cret\"\n  port: 5432\n  key: |\n    one\n    two\nlist:\n  - a\n  - b\n";
    assert_eq!(hint_length(&roundtrip(plain, Selector::default())), 0);
    let crlf = plain.replace('\n', "\r\n");
    assert_eq!(hint_length(&roundtrip(&crlf, Selector::default())), 0);
}

#[test]
fn hints_are_short() {
    // The text as a whole, which these are too long for, is the last resort only.
    for plain in [
        "list: [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z, aa, bb, cc, dd, ee, ff, gg]\n",
        "u: &u {n: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx, m: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy}\nw: *u\nv: *u\n",
        "long: |2-\n   xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n   yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\n",
        "long: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\nn: [0x1F, yes]\nz: 1.10",
    ] {
        let text = roundtrip(plain, Selector::default());
        assert!(hint_length(&text) < 180 + 200, "{} bytes for {plain}", hint_length(&text));
    }
}

#[test]
fn what_ciphertext_cannot_carry_comes_back() {
    for plain in [
        "a: 1",
        "a: |\n  x",
        "a_unencrypted: |\n  x",
        "a_unencrypted: |+\n  x",
        "a_unencrypted: >2\n  x",
        "a: |2-  # head\n    x\n\n   y\n\n\nb: 1\n",
        "a: |+\n  x\n\n\nb: 1\n",
        "a: >\n  folded\n  text\n\n  more\nb: >-\n  x\n",
        "a: |\n\n  x\n   \n  y\n",
        "a: \"one\n  two\\n\\\n  three\"\nb: plain\n  over\n\n  lines\n",
        "n: [0x1F, 1.10, 1e3, 017, 1_000, .5, TRUE, 2024-01-01, ~, +1, 0b1]\n",
        "x: 99999999999999999999999\n",
        "{}\n",
        "{a: 1}",
        "{\"a\": \"b\", \"c\": [1, {\"d\": null}]}\n",
        "{\n  \"a\": \"b\",\n}\n",
        "{ a: b, c: }\n",
        "{a}\n",
        "---\n",
        "--- null\n",
        "--- # c\n",
        "%YAML 1.1\n---\na: 1\n...\n# end\n",
        "---\na: 1\n---\n---\nb: 2\n...\n---\nc: 3",
        "\u{feff}a: b\r\nc: d\r\n",
        "u: &u {n: x, p_unencrypted: y}\nw: *u\nm:\n  <<: *u\n  z: 1\nl: [*u, *u]\n",
        "u: &u\n  # c\n  n: x\nw: *u\n",
        "g: &g x\na: &a\n- *g\nh: *a\n",
        "s: &s text\nt: *s\n&k key: v\n",
        "t: !!str 1\ni: !!int \"3\"\nf: !!float 3\nb: !!binary aGk=\nw: !custom {a: !x b}\n",
        "b: !!binary |\n  //8=\n",
        "l:\n- a\n#\n- b\n#\u{200b}\n- c\nm:\n  #\n  k: v\n",
        "? a\n: b\n? \"c d\"\n: - e\n",
        "a:\n- b\n-   - c\n    - d\n-\n  e: f\n",
        "  a: 1\n  b:\n    c: 2\n",
        "a: b#c\nd: \"#e\" #f\ng: 'h''i'\n",
        "\"quoted key\": v\n'k2': v\n\"\": v\n",
        "e: \"\\x00\\u2028\\U0001F600\\t\"\n",
        "a: ENC[AES256_GCM,data:Zm9v,iv:Zm9v,tag:Zm9v,type:str] #ENC[x]\n",
    ] {
        roundtrip(plain, Selector::default());
        roundtrip(plain, Selector::EncryptedRegex("^[a-f]$".into()));
    }
}

#[test]
fn what_sops_could_not_store_is_refused_with_its_place() {
    for (plain, expected) in [
        ("a:\n  b: 12345678901234567890\n", "line 2, column 6: a.b: number above 9223372036854775807"),
        ("a: 1\na: 2\n", "line 2, column 1: key \"a\" appears twice"),
        ("---\na: 1\n---\nb: 1\nb: 2\n", "line 5, column 1: key \"b\" appears twice"),
        ("1: a\n", "line 1, column 1: key 1 is a number"),
        ("yes: 1\ntrue: a\n", "line 2, column 1: key true is a bool"),
        ("? [a]\n: b\n", "line 1, column 3: key [a] is a list"),
        ("sops: 1\n", "line 1, column 1: the key \"sops\" is reserved"),
        ("- a\n", "line 1, column 1: the root of a document must be a map"),
        ("a: 1\n--- text\n", "line 2, column 5: the root of a document must be a map"),
        ("a: !!bool \"yes\"\n", "line 1, column 4: a: the value does not fit its tag"),
        ("a: &a [*a]\n", "line 1, column 8: alias refers to a node that contains it"),
        ("a: [1\nb: 2\n", "line 2"),
        ("# nothing\n", "no YAML document"),
        ("", "no YAML document"),
    ] {
        let error =
            encrypt(plain, &DataKey::generate(), &settings(Selector::default())).unwrap_err().to_string();
        assert!(error.contains(expected), "{plain:?}: {error}");
    }
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut plain = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..9 {
        let item = format!("*a{}", level - 1);
        plain.push_str(&format!("a{level}: &a{level} [{}]\n", [item.as_str(); 9].join(", ")));
    }
    let error = encrypt(&plain, &DataKey::generate(), &settings(Selector::default())).unwrap_err();
    assert!(matches!(error, Error::TooManyAliases { .. }), "{error}");
}

#[test]
fn an_unchanged_text_gives_the_same_file() {
    let (plain, key) = ("a: 0x1F\nb: c # d", DataKey::generate());
    let text = encrypt(plain, &key, &settings(Selector::default())).unwrap();
    let (same, changes) = Document::parse(&text, Store::Yaml)
        .unwrap()
        .update(plain.as_bytes(), &key, SystemTime::now())
        .unwrap();
    assert_eq!(same, text);
    assert!(changes.is_empty());
    assert_eq!(changes.kept, 2);
}

#[test]
fn an_update_touches_only_what_changed() {
    let key = DataKey::generate();
    let plain = "# keep\ndb:\n  user: app\n  password: old\nlist: [a, b, c]\nport: 0x10\n";
    let text = encrypt(plain, &key, &settings(Selector::default())).unwrap();
    let edited = "# keep\ndb:\n  user: app\n  password: new\nlist: [z, a, b, c]\nport: 0x10\n";
    let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let (updated, changes) =
        Document::parse(&text, Store::Yaml).unwrap().update(edited.as_bytes(), &key, now).unwrap();
    assert_eq!(decrypt(&updated, &key), edited);
    let gone: Vec<&str> = text.lines().filter(|line| !updated.contains(line)).collect();
    let starts = ["password:", "list:", "convoy_layout:", "lastmodified:", "mac:"];
    assert!(gone.iter().all(|line| starts.iter().any(|start| line.trim().starts_with(start))), "{gone:?}");
    // The items of the list moved, their ciphertext did not change.
    let tokens = |text: &str| {
        let line = text.lines().find(|line| line.starts_with("list:")).unwrap().to_owned();
        line.split("\", \"").map(|token| token.trim_matches(['[', ']', '"']).to_owned()).collect::<Vec<_>>()
    };
    let (before, after) = (tokens(&text), tokens(&updated));
    assert!(after[1].contains(&before[0].trim_start_matches("list: [\"")[..60]));
    assert_eq!(before[1], after[2]);
    assert_eq!(changes.changed, ["db.password", "list[0]", "list[1]", "list[2]"]);
    assert_eq!(changes.added, ["list[3]"]);
    assert!(changes.removed.is_empty());
    assert_eq!(changes.kept, 2);
    assert!(updated.contains("lastmodified: \"2027-01-15T08:00:00Z\""), "{updated}");
}

#[test]
fn a_changed_comment_keeps_mac_and_time() {
    let key = DataKey::generate();
    let text = encrypt("# one\na: b\n", &key, &settings(Selector::default())).unwrap();
    let (updated, changes) = Document::parse(&text, Store::Yaml)
        .unwrap()
        .update("# two\na: b\n".as_bytes(), &key, SystemTime::now())
        .unwrap();
    assert!(changes.is_empty());
    let rest = |text: &str| text.split_once('\n').unwrap().1.to_owned();
    assert_eq!(rest(&updated), rest(&text));
    assert_ne!(updated, text);
}

#[test]
fn entries_of_other_key_types_and_unknown_fields_survive_an_update() {
    let key = DataKey::generate();
    let text = encrypt("a: b\n", &key, &settings(Selector::default())).unwrap();
    let more = concat!(
        "sops:\n  pgp:\n    - created_at: \"2026-01-02T03:04:05Z\"\n      enc: |-\n        x\n        y\n      fp: ABC\n",
        "  future: {n: 1, s: \"2\"}\n",
    );
    let text = text.replacen("sops:\n", more, 1);
    let document = Document::parse(&text, Store::Yaml).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let (updated, _) = document.update("a: c\n".as_bytes(), &key, SystemTime::now()).unwrap();
    let again = Document::parse(&updated, Store::Yaml).unwrap();
    assert_eq!(again.metadata().groups, document.metadata().groups);
    assert_eq!(again.metadata().unknown, document.metadata().unknown);
    assert_eq!(again.metadata().groups[0].keys[0].key, MasterKey::pgp("ABC"));
}

#[test]
fn a_stale_hint_is_ignored() {
    let key = DataKey::generate();
    let file = |plain: &str| encrypt(plain, &key, &settings(Selector::default())).unwrap();
    let hint = |text: &str| {
        text.lines().find(|line| line.trim_start().starts_with("convoy_layout:")).unwrap().to_owned()
    };
    // A hint of another version of the file, put in by a merge.
    for (plain, other) in
        [("a: 0x1F\n", "a: 0x2F\n"), ("a: 0x1F\n", "a: |1\n  x\n"), ("a: !!int 3\n", "a: !!int 4\n")]
    {
        let text = file(plain);
        let mixed = text.replace(&hint(&text), &hint(&file(other)));
        let plain_text = decrypt(&mixed, &key);
        assert!(["a: 31\n", "a: 3\n"].contains(&plain_text.as_str()), "{plain_text}");
    }
}

fn choices(most: usize) -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..most)
}

fn streams(most: usize) -> impl Strategy<Value = String> {
    choices(most).prop_map(|choices| generate::stream(&choices))
}

/// Two texts that differ in one choice.
fn edits() -> impl Strategy<Value = (String, String)> {
    (choices(120), any::<prop::sample::Index>(), any::<u8>()).prop_map(|(mut choices, at, with)| {
        let before = generate::stream(&choices);
        if !choices.is_empty() {
            let at = at.index(choices.len());
            choices[at] = with;
        }
        (before, generate::stream(&choices))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn every_document_comes_back(plain in streams(200), selector: u8) {
        let selector = match selector % 4 {
            0 | 1 => Selector::default(),
            2 => Selector::EncryptedRegex("^k[0-4]".into()),
            _ => Selector::UnencryptedRegex("^k[0-4]".into()),
        };
        roundtrip(&plain, selector);
    }

    #[test]
    fn an_update_gives_the_new_text((before, after) in edits()) {
        let key = DataKey::generate();
        let text = encrypt(&before, &key, &settings(Selector::default())).unwrap();
        let document = Document::parse(&text, Store::Yaml).unwrap();
        let (updated, changes) = document.update(after.as_bytes(), &key, SystemTime::now()).unwrap();
        prop_assert_eq!(decrypt(&updated, &key), after.clone());
        if before == after {
            prop_assert_eq!(updated, text);
            prop_assert!(changes.is_empty());
        }
    }

    #[test]
    fn hostile_text_never_panics(text in "[a-c:{}\\[\\]|>&*! \n#'\"-]{0,40}") {
        let key = DataKey::generate();
        if let Ok(out) = encrypt(&text, &key, &settings(Selector::default())) {
            prop_assert_eq!(decrypt(&out, &key), text);
        }
    }
}
