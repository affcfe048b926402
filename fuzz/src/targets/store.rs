//! What is encrypted comes back, byte for byte, also after a change.

use std::time::SystemTime;

use sops::{Document, Store};

use super::support::{KEY, encrypt};
use crate::mutate::{Random, mutate};

/// The input is a plain text; what `store` cannot hold must be refused.
pub fn round_trip(plain: &[u8], store: Store) {
    let Ok(text) = encrypt(plain, store) else { return };
    let document = open(&text, store);
    same(&document, plain, &text);
    let (again, changes) =
        document.update(plain, &KEY, SystemTime::now()).expect("an update with the same text");
    assert!(again == text && changes.is_empty(), "an update without a change gave {again:?} for {text:?}");

    let edited = mutate(plain, b"a: b # c\nd = e\n", usize::MAX, &mut Random::of(plain));
    if sops::encrypt(&edited, store, &KEY, &super::support::settings(plain)).is_ok() {
        let (updated, _) = document
            .update(&edited, &KEY, SystemTime::now())
            .unwrap_or_else(|error| panic!("{error}: to {:?}", String::from_utf8_lossy(&edited)));
        same(&open(&updated, store), &edited, &updated);
    }
    let rewrapped = document.rewrap(document.metadata().groups.clone(), None).expect("a rewrap");
    same(&open(&rewrapped, store), plain, &rewrapped);
}

fn open(text: &str, store: Store) -> Document<'_> {
    Document::parse(text, store).unwrap_or_else(|error| panic!("{error} in {text:?}"))
}

fn same(document: &Document<'_>, plain: &[u8], text: &str) {
    let found = document.decrypt(&KEY).unwrap_or_else(|error| panic!("{error} in {text:?}"));
    assert!(
        *found.content == plain,
        "{:?} came back as {:?} from {text:?}",
        String::from_utf8_lossy(plain),
        String::from_utf8_lossy(&found.content)
    );
}
