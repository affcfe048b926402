//! The binary store: any bytes as one value.

use std::time::SystemTime;

use proptest::prelude::*;
use sops::{DataKey, Document, Error, Selector, Settings, Store};

use super::{settings, skeleton};

pub fn encrypt(plain: &[u8], key: &DataKey) -> String {
    sops::encrypt(plain, Store::Binary, key, &settings(Selector::EncryptedRegex("^nothing$".into()))).unwrap()
}

#[test]
fn a_binary_file_is_one_value_without_a_selector() {
    let key = DataKey::generate();
    let text = encrypt(b"hi\n", &key);
    assert!(skeleton(&text).starts_with("{\n\t\"data\": \"E\",\n\t\"sops\": {\n\t\t\"age\": ["), "{text}");
    assert!(text.ends_with("\n\t}\n}\n"));
    assert!(!text.contains("regex") && !text.contains("suffix"), "{text}");
    assert!(encrypt(b"", &key).contains("\"data\": \"\","));
    let document = Document::parse(&text, Store::Binary).unwrap();
    assert_eq!(document.rewrap(document.metadata().groups.clone(), None).unwrap(), text);
    let (same, changes) = document.update(b"hi\n", &key, SystemTime::now()).unwrap();
    assert_eq!(same, text);
    assert!(changes.is_empty());
}

#[test]
fn a_changed_binary_file_has_a_new_value_and_mac() {
    let key = DataKey::generate();
    let indented = Settings { indent: Some(2), ..settings(Selector::default()) };
    let text = sops::encrypt(b"one", Store::Binary, &key, &indented).unwrap();
    let (updated, changes) =
        Document::parse(&text, Store::Binary).unwrap().update(b"two\xff", &key, SystemTime::now()).unwrap();
    assert_eq!(changes.changed, ["data"]);
    assert!(updated.starts_with("{\n  \"data\": "), "{updated}");
    let document = Document::parse(&updated, Store::Binary).unwrap();
    assert_eq!(*document.decrypt(&key).unwrap().content, b"two\xff");
    let new = DataKey::generate();
    let rotated =
        document.rotate(&key, &new, document.metadata().groups.clone(), None, SystemTime::now()).unwrap();
    let rotated = Document::parse(&rotated, Store::Binary).unwrap();
    assert_eq!(*rotated.decrypt(&new).unwrap().content, b"two\xff");
    assert!(rotated.decrypt(&key).is_err());
}

#[test]
fn what_is_no_binary_file_is_refused() {
    let key = DataKey::generate();
    for plain in ["{\"x\": 1}", "{\"data\": {\"a\": 1}}"] {
        let text =
            sops::encrypt(plain.as_bytes(), Store::Json, &key, &settings(Selector::default())).unwrap();
        assert!(matches!(Document::parse(&text, Store::Binary), Err(Error::NoData { .. })), "{plain}");
    }
}

/// A binary file by the name of a JSON file.
#[test]
fn bytes_that_are_no_text_have_no_place_in_json() {
    let key = DataKey::generate();
    let text = encrypt(b"\xff\xfe", &key);
    let error = Document::parse(&text, Store::Json).unwrap().decrypt(&key).unwrap_err();
    assert_eq!(error.to_string(), "line 2, column 10: data: decrypts to something that JSON cannot hold");
    assert!(error.hint().unwrap().contains("--input-type binary"));
}

proptest! {
    #[test]
    fn any_bytes_come_back_from_a_binary_file(plain: Vec<u8>) {
        let key = DataKey::generate();
        let text = encrypt(&plain, &key);
        let document = Document::parse(&text, Store::Binary).unwrap();
        prop_assert_eq!(&*document.decrypt(&key).unwrap().content, &plain);
    }
}
