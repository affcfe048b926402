//! The tables of the vectors: manifest, skipped cases, expected values, test keys.

use std::collections::BTreeMap;
use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sops::{DataKey, Document, Selector, Store};
use zeroize::Zeroizing;

use super::flatten::Leaf;

/// One row of `manifest.tsv`.
#[derive(Debug, Clone)]
pub struct Case {
    pub id: String,
    pub kind: String,
    pub store: Store,
    pub plain: String,
    pub enc: String,
    pub dec: String,
    pub identities: String,
    pub args: String,
    pub class: String,
}

impl Case {
    /// The selector that `args` ask for.
    pub fn selector(&self) -> Selector {
        let words: Vec<&str> = self.args.split(' ').collect();
        for (at, word) in words.iter().enumerate() {
            let field = word.trim_start_matches("--").replace('-', "_");
            if let Some(text) = words.get(at + 1).filter(|_| word.starts_with("--"))
                && let Some(selector) = Selector::from_field(&field, (*text).to_owned())
            {
                return selector;
            }
        }
        Selector::default()
    }
}

fn root() -> String {
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/sops").to_owned()
}

/// A file of the vectors.
pub fn read(path: &str) -> String {
    String::from_utf8(read_bytes(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[allow(clippy::disallowed_methods, reason = "the panic names the path")]
pub fn read_bytes(path: &str) -> Vec<u8> {
    std::fs::read(format!("{}/{path}", root())).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every case of the manifest, in order; an id may name several.
pub fn cases() -> Vec<Case> {
    let table = read("manifest.tsv");
    let rows = table.lines().skip(1).map(|line| line.split('\t').map(str::to_owned).collect::<Vec<_>>());
    rows.map(|row| Case {
        id: row[0].clone(),
        kind: row[1].clone(),
        store: Store::from_name(&row[2]).unwrap(),
        plain: row[3].clone(),
        enc: row[4].clone(),
        dec: row[5].clone(),
        identities: row[6].clone(),
        args: row[7].clone(),
        class: row[10].clone(),
    })
    .collect()
}

/// Cases that are not run, with the reason.
pub fn skipped() -> BTreeMap<String, String> {
    let table = read("skipped.tsv");
    let rows = table.lines().filter(|line| !line.starts_with('#'));
    rows.map(|line| line.split_once('\t').unwrap_or((line, "")))
        .map(|(id, reason)| (id.to_owned(), reason.to_owned()))
        .collect()
}

/// What `values/ID.tsv` says about an encrypted file.
pub struct Values {
    pub leaves: Vec<Leaf>,
    /// How many of them are ciphertext.
    pub encrypted: usize,
    /// Encrypted comments.
    pub comments: Vec<String>,
}

impl Values {
    pub fn read(id: &str) -> Self {
        let mut values = Self { leaves: Vec::new(), encrypted: 0, comments: Vec::new() };
        for line in read(&format!("values/{id}.tsv")).lines().filter(|line| !line.starts_with('#')) {
            let [document, kind, type_name, path, _, bytes] = line.split('\t').collect::<Vec<_>>()[..] else {
                panic!("{id}: {line}");
            };
            let null = bytes == "-";
            let bytes = if null { Vec::new() } else { STANDARD.decode(bytes).unwrap() };
            if type_name == "comment" {
                values.comments.push(String::from_utf8(bytes).unwrap());
                continue;
            }
            values.encrypted += usize::from(kind == "enc" && !null && !bytes.is_empty());
            let kind = if null { "null" } else { type_name };
            let path = strings(path);
            values.leaves.push(Leaf {
                document: document.parse().unwrap(),
                kind: kind.to_owned(),
                path,
                bytes,
            });
        }
        values
    }
}

/// A JSON list of strings; JSON is YAML.
fn strings(json: &str) -> Vec<String> {
    let stream = yamldoc::Stream::parse(json).unwrap();
    let yamldoc::Kind::Sequence { items, .. } = &stream.node(stream.documents[0].root).kind else {
        panic!("{json}")
    };
    items
        .iter()
        .map(|&item| match &stream.node(item).kind {
            yamldoc::Kind::Scalar { value, .. } => value.to_string(),
            _ => panic!("{json}"),
        })
        .collect()
}

/// The data key: unwrapped by an age identity of the case, else as the values of the file (or of the file it was made
/// from) give it.
pub fn key_for(case: &Case, document: &Document<'_>) -> DataKey {
    let [group] = document.metadata().groups.as_slice() else { return listed_key(case) };
    let identities = case.identities.split('+').filter(|name| name.starts_with("age") && *name != "agepq");
    for name in identities {
        let text = read(&format!("keys/{name}.txt"));
        let identity = text.lines().find(|line| line.starts_with("AGE-SECRET-KEY-1")).unwrap();
        let identity: age::x25519::Identity = identity.parse().unwrap();
        if let Some(key) = group.keys.iter().find_map(|entry| unwrap(&entry.enc, &identity)) {
            return DataKey::new(key).unwrap();
        }
    }
    listed_key(case)
}

fn unwrap(enc: &str, identity: &age::x25519::Identity) -> Option<Zeroizing<Vec<u8>>> {
    let decryptor = age::Decryptor::new(age::armor::ArmoredReader::new(enc.as_bytes())).ok()?;
    let mut key = Zeroizing::new(Vec::new());
    decryptor.decrypt(std::iter::once(identity as &dyn age::Identity)).ok()?.read_to_end(&mut key).ok()?;
    Some(key)
}

fn listed_key(case: &Case) -> DataKey {
    let base = case.plain.strip_prefix("enc/").and_then(|name| name.split_once('.'));
    let values = read(&format!("values/{}.tsv", base.map_or(case.id.as_str(), |(name, _)| name)));
    let hex = values.lines().find_map(|line| line.strip_prefix("#datakey\t")).unwrap();
    let bytes = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap());
    DataKey::new(Zeroizing::new(bytes.collect())).unwrap()
}
