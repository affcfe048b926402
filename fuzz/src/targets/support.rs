//! The key and the settings that targets encrypt with.

use std::sync::LazyLock;
use std::time::{Duration, UNIX_EPOCH};

use sops::{DataKey, Error, KeyGroup, MasterKey, Selector, Settings, Store, WrappedKey};
use zeroize::Zeroizing;

use crate::mutate::Random;

/// The data key of every file.
pub static KEY: LazyLock<DataKey> = LazyLock::new(|| DataKey::new(Zeroizing::new(vec![7; 32])).unwrap());

/// Settings that depend on the input, so that an input is a case of its own.
#[must_use]
pub fn settings(plain: &[u8]) -> Settings {
    let mut random = Random::of(plain);
    let selector = match random.below(8) {
        0 => Selector::EncryptedRegex("^[a-m]".into()),
        1 => Selector::UnencryptedRegex("^[a-m]".into()),
        2 => Selector::EncryptedSuffix("d".into()),
        3 => Selector::EncryptedCommentRegex("c".into()),
        4 => Selector::UnencryptedCommentRegex("^ [a-z]".into()),
        _ => Selector::default(),
    };
    let key = MasterKey::Age { recipient: "age1test".into() };
    let enc = "-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n-----END AGE ENCRYPTED FILE-----\n";
    Settings {
        groups: vec![KeyGroup::of(vec![WrappedKey::new(key, enc.into(), None)])],
        shamir_threshold: None,
        selector,
        mac_only_encrypted: random.below(8) == 0,
        now: UNIX_EPOCH + Duration::from_secs(1_767_323_045),
        indent: None,
        unknown: Vec::new(),
    }
}

/// `plain` encrypted.
///
/// # Errors
/// Those of [`sops::encrypt`].
pub fn encrypt(plain: &[u8], store: Store) -> Result<String, Error> {
    sops::encrypt(plain, store, &KEY, &settings(plain))
}
