//! Values files in the manner of public charts come back byte for byte, whichever selector is used, also with Windows
//! line ends, and an edit changes nothing else.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "helpers of tests are test code")]

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sops::{DataKey, Document, KeyGroup, MasterKey, Selector, Settings, Store, WrappedKey, encrypt};

/// The files with their texts, each also with the other line ends.
fn texts() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/values");
    let mut paths: Vec<PathBuf> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= 12, "{} files", paths.len());
    let both = paths.iter().flat_map(|path| {
        let text = text(path);
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let unix = text.replace("\r\n", "\n");
        let windows = unix.replace('\n', "\r\n");
        [(name.clone(), unix), (format!("{name} (CRLF)"), windows)]
    });
    both.collect()
}

#[allow(clippy::disallowed_methods, reason = "the panic names the path")]
fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn settings(selector: Selector) -> Settings {
    let enc = "-----BEGIN AGE ENCRYPTED FILE-----\nabc\n-----END AGE ENCRYPTED FILE-----\n";
    let key = MasterKey::Age { recipient: "age1test".into() };
    Settings {
        groups: vec![KeyGroup::of(vec![WrappedKey::new(key, enc.into(), None)])],
        shamir_threshold: None,
        selector,
        mac_only_encrypted: false,
        now: SystemTime::now(),
        indent: None,
        unknown: Vec::new(),
    }
}

fn decrypt(text: &str, key: &DataKey) -> String {
    let document = Document::parse(text, Store::Yaml).unwrap_or_else(|error| panic!("{error}\n{text}"));
    document.decrypt(key).unwrap_or_else(|error| panic!("{error}\n{text}")).text().unwrap().to_owned()
}

#[test]
fn come_back_under_every_selector() {
    let selectors = [
        Selector::default(),
        Selector::UnencryptedSuffix("name".into()),
        Selector::EncryptedSuffix("assword".into()),
        Selector::UnencryptedRegex("^(image|resources|enabled)$".into()),
        Selector::EncryptedRegex("(?i)(secret|password|token|key|data|config)".into()),
        Selector::UnencryptedCommentRegex("[Ee]xample|default".into()),
        Selector::EncryptedCommentRegex("[Pp]assword|beside|config".into()),
    ];
    let key = DataKey::generate();
    for (name, plain) in texts() {
        for selector in &selectors {
            let text = encrypt(plain.as_bytes(), Store::Yaml, &key, &settings(selector.clone()))
                .unwrap_or_else(|error| panic!("{name}, {selector:?}: {error}"));
            assert!(text != plain && text.contains("ENC["), "{name}, {selector:?}: nothing was encrypted");
            assert_eq!(decrypt(&text, &key), plain, "{name}, {selector:?}");
        }
    }
}

/// Changing one word of a file leaves every line without it, but those of the metadata, as it was.
#[test]
fn an_edit_keeps_all_other_lines() {
    let key = DataKey::generate();
    for (name, plain) in texts() {
        let text = encrypt(plain.as_bytes(), Store::Yaml, &key, &settings(Selector::default())).unwrap();
        let Some(at) = plain.find(": true").map(|at| at + 2) else { continue };
        let edited = format!("{}false{}", &plain[..at], &plain[at + 4..]);
        let document = Document::parse(&text, Store::Yaml).unwrap();
        let (updated, changes) = document.update(edited.as_bytes(), &key, SystemTime::now()).unwrap();
        assert_eq!(decrypt(&updated, &key), edited, "{name}");
        assert_eq!((changes.changed.len(), changes.added.len(), changes.removed.len()), (1, 0, 0), "{name}");
        let body = |text: &str| -> Vec<String> {
            text.lines().take_while(|line| line.trim_end() != "sops:").map(str::to_owned).collect()
        };
        let (before, after) = (body(&text), body(&updated));
        assert_eq!(before.len(), after.len(), "{name}");
        let differing = before.iter().zip(&after).filter(|(before, after)| before != after).count();
        assert_eq!(differing, 1, "{name}");
    }
}
