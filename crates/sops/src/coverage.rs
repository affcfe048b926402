//! How much of a file is encrypted, as anyone can see without its key.

use yamldoc::{Profile, Value};

use crate::cipher::PREFIX;
use crate::flat;
use crate::tree;
use crate::tree::walk::{Site, What};

/// Values of an encrypted file by what stands for them. Null and empty strings, which SOPS never encrypts, do not
/// count; nor do comments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// How many are ciphertext.
    pub encrypted: usize,
    /// How many are readable because the selector wants them so.
    pub clear: usize,
    /// Paths of those that are readable although the selector wants them encrypted: such a file does not decrypt.
    pub exposed: Vec<String>,
}

impl Coverage {
    pub(crate) fn of_tree(document: &tree::Document<'_>) -> Self {
        let mut coverage = Self::default();
        let (stream, walk) = (&document.stream, &document.walk);
        for visit in walk.visits.iter().filter(|visit| visit.site == Site::Own) {
            let What::Leaf(node) = visit.what else { continue };
            match stream.value(node, Profile::Sops) {
                Ok(None | Some(Value::Null)) => {}
                Ok(Some(Value::Str(text))) => {
                    coverage.count(&text, visit.selected, || walk.path(stream, visit));
                }
                _ => coverage.count("other", visit.selected, || walk.path(stream, visit)),
            }
        }
        coverage
    }

    pub(crate) fn of_flat(document: &flat::Document<'_>) -> Self {
        let mut coverage = Self::default();
        for (unit, selected) in document.scan.units.iter().zip(&document.selected) {
            if let Some(token) = unit.token() {
                coverage.count(&token.value, selected.value, || document.scan.path(unit));
            }
        }
        coverage
    }

    fn count(&mut self, text: &str, selected: bool, path: impl FnOnce() -> String) {
        match (text.is_empty(), text.starts_with(PREFIX)) {
            (true, _) => {}
            (_, true) => self.encrypted += 1,
            _ if selected => self.exposed.push(path()),
            _ => self.clear += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use crate::{DataKey, Document, KeyGroup, MasterKey, Selector, Settings, Store, WrappedKey, encrypt};

    fn encrypted(text: &str, store: Store) -> String {
        let age = MasterKey::Age { recipient: "age1x".to_owned() };
        let settings = Settings {
            groups: vec![KeyGroup::of(vec![WrappedKey::new(age, "x".to_owned(), None)])],
            shamir_threshold: None,
            selector: Selector::UnencryptedSuffix("_clear".to_owned()),
            mac_only_encrypted: false,
            now: SystemTime::UNIX_EPOCH,
            indent: None,
            unknown: Vec::new(),
        };
        encrypt(text.as_bytes(), store, &DataKey::generate(), &settings).unwrap()
    }

    #[test]
    fn values_by_what_stands_for_them() {
        for (store, text, added) in [
            (
                Store::Yaml,
                "a: one\nb: [2, '', ~]\nc_clear: 3\n",
                ("a: ENC", "added: [shown]\na: ENC", "added[0]"),
            ),
            (
                Store::Json,
                r#"{"a": "one", "b": [2, "", null], "c_clear": 3}"#,
                ("{", r#"{"added": 1, "#, "added"),
            ),
            (Store::Dotenv, "a=one\nb=2\ne=\nc_clear=3\n", ("a=ENC", "added=shown\na=ENC", "added")),
            (Store::Ini, "[s]\na=one\nb=2\nc_clear=3\n", ("a=ENC", "added=shown\na=ENC", "s.added")),
        ] {
            let whole = encrypted(text, store);
            let coverage = Document::parse(&whole, store).unwrap().coverage();
            assert_eq!((coverage.encrypted, coverage.clear), (2, 1), "{whole}");
            assert!(coverage.exposed.is_empty(), "{coverage:?}");
            let (from, to, path) = added;
            let spoilt = whole.replacen(from, to, 1);
            let coverage = Document::parse(&spoilt, store).unwrap().coverage();
            assert_eq!(coverage.exposed, [path], "{spoilt}");
        }
        let binary = encrypted("any bytes", Store::Binary);
        let coverage = Document::parse(&binary, Store::Binary).unwrap().coverage();
        assert_eq!((coverage.encrypted, coverage.clear, coverage.exposed.len()), (1, 0, 0));
    }
}
