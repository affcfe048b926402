//! Encrypted texts that nobody vouches for.

use std::time::SystemTime;

use sops::{Document, Metadata, Selector, Settings, Store, WrappedKey};

use super::support::{KEY, settings};

/// The input is an encrypted file. What can be read can be written again, and then says the same; only spellings may
/// change, and those once.
pub fn text(bytes: &[u8], store: Store) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = Document::detect(text, store);
    let Ok(document) = Document::parse(text, store) else { return };
    let metadata = document.metadata().clone();
    if let Ok(first) = document.rewrap(metadata.groups.clone(), metadata.shamir_threshold) {
        let again = Document::parse(&first, store).unwrap_or_else(|error| panic!("{error} in {first:?}"));
        let written = again.metadata().clone();
        assert_eq!(
            (&written.mac, &written.selector),
            (&metadata.mac, &metadata.selector),
            "written as {first:?}"
        );
        assert_eq!(keys(&written), keys(&metadata), "written as {first:?}");
        let second = again.rewrap(written.groups.clone(), written.shamir_threshold);
        let second = second.unwrap_or_else(|error| panic!("{error} in {first:?}"));
        let again = Document::parse(&second, store).unwrap_or_else(|error| panic!("{error} in {second:?}"));
        assert_eq!(again.metadata(), &written, "{first:?} written again as {second:?}");
    }
    let Ok((plain, _)) = document.decrypt_unverified(&KEY) else { return };
    let Ok((updated, _)) = document.update(&plain.content, &KEY, SystemTime::now()) else { return };
    let again = Document::parse(&updated, store).unwrap_or_else(|error| panic!("{error} in {updated:?}"));
    let (content, _) =
        again.decrypt_unverified(&KEY).unwrap_or_else(|error| panic!("{error} in {updated:?}"));
    assert!(
        content.content == plain.content,
        "{:?} instead of {:?}",
        String::from_utf8_lossy(&content.content),
        String::from_utf8_lossy(&plain.content)
    );
}

/// Wrapped keys without the fields that nobody knows, which may come back in another order.
fn keys(metadata: &Metadata) -> Vec<Vec<WrappedKey>> {
    let known = |key: &WrappedKey| WrappedKey { unknown: Vec::new(), ..key.clone() };
    metadata.groups.iter().map(|group| group.keys.iter().map(known).collect()).collect()
}

/// The input is the ciphertext of one value.
pub fn token(bytes: &[u8]) {
    let Ok(token) = std::str::from_utf8(bytes) else { return };
    let file = encrypted("a: b\n");
    let (before, rest) = file.split_once("ENC[").unwrap();
    let (_, after) = rest.split_once('\n').unwrap();
    let file = format!("{before}{}\n{after}", yamldoc::double_quoted(token));
    let document = Document::parse(&file, Store::Yaml).unwrap_or_else(|error| panic!("{error} in {file}"));
    let _ = document.decrypt_unverified(&KEY);
}

/// Ciphertext of every type.
#[must_use]
pub fn tokens() -> Vec<Vec<u8>> {
    let text = encrypted("# comment\na: [text, 1, 1.5, true, 2001-12-14, !!binary aGk=]\n");
    let token = |at: usize| text[at..].split_inclusive(']').next().unwrap().as_bytes().to_vec();
    text.match_indices("ENC[").map(|(at, _)| token(at)).collect()
}

fn encrypted(plain: &str) -> String {
    let settings = Settings { selector: Selector::default(), ..settings(plain.as_bytes()) };
    sops::encrypt(plain.as_bytes(), Store::Yaml, &KEY, &settings).unwrap()
}

/// The input is the metadata of a file without values.
pub fn metadata(bytes: &[u8]) {
    let Ok(block) = std::str::from_utf8(bytes) else { return };
    text(format!("a_unencrypted: b\n{block}").as_bytes(), Store::Yaml);
}
