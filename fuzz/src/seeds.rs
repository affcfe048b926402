//! Inputs to begin with: the test data of the project, and `seeds/TARGET/`, where hand-made inputs and every former
//! finding are.

use std::path::{Path, PathBuf};

use sops::Store;

use crate::targets::support;

/// Longer inputs make for few executions.
pub const LIMIT: usize = 16 * 1024;

/// The folder of the project.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// All files of `folders` (below the root of the project) whose store by name is `store`; of `None` all files.
fn files(folders: &[&str], store: Option<Store>) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for folder in folders {
        let Ok(entries) = fs_err::read_dir(root().join(folder)) else { continue };
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        for path in paths.iter().filter(|path| path.is_file()) {
            if store.is_none_or(|store| Store::of_path(path) == store) {
                found.push(fs_err::read(path).unwrap());
            }
        }
    }
    found.retain(|bytes| bytes.len() <= LIMIT);
    found
}

/// Hand-made inputs and former findings of the target called `name`.
#[must_use]
pub fn own(name: &str) -> Vec<Vec<u8>> {
    files(&[&format!("fuzz/seeds/{name}")], None)
}

/// Plain texts of `store`.
#[must_use]
pub fn plain(store: Store) -> Vec<Vec<u8>> {
    files(&["tests/data/sops/plain", "tests/data/values", "fuzz/seeds/plain"], Some(store))
}

/// Encrypted texts of `store`: what other writers made, and what we make of the plain ones.
#[must_use]
pub fn encrypted(store: Store) -> Vec<Vec<u8>> {
    let folders = ["tests/data/sops/enc", "tests/data/sops/tamper", "tests/data/sops/crafted"];
    let mut texts = files(&folders, Some(store));
    texts.extend(
        plain(store).iter().filter_map(|plain| support::encrypt(plain, store).ok().map(String::into_bytes)),
    );
    texts.retain(|bytes| bytes.len() <= LIMIT);
    texts
}

/// `sops` blocks of YAML files.
#[must_use]
pub fn metadata() -> Vec<Vec<u8>> {
    let texts = files(&["tests/data/sops/enc", "tests/data/sops/tamper"], Some(Store::Yaml));
    let blocks = texts.iter().filter_map(|text| {
        let at = text.windows(6).position(|window| window == b"\nsops:")?;
        Some(text[at + 1..].to_vec())
    });
    blocks.collect()
}

/// Creation rules.
#[must_use]
pub fn rules() -> Vec<Vec<u8>> {
    let mut found = files(&["tests/data/sops/config"], None);
    let scenarios = found.iter().position(|bytes| bytes.starts_with(b"#id\t"));
    let table = scenarios.map(|at| found.swap_remove(at)).unwrap_or_default();
    for line in String::from_utf8_lossy(&table).lines().skip(1) {
        let configs = line.split('\t').nth(2).and_then(|json| serde_json::from_str(json).ok());
        let configs: serde_json::Map<String, serde_json::Value> = configs.unwrap_or_default();
        found.extend(configs.values().filter_map(|text| text.as_str()).map(|text| text.as_bytes().to_vec()));
    }
    found
}

/// Paths to values.
#[must_use]
pub fn paths() -> Vec<Vec<u8>> {
    let paths = [
        "a.b[0]",
        "[\"a\"][\"b\"][0]",
        "a\\.b",
        "[\"\"].x",
        "['a']",
        "a[18446744073709551616]",
        "[\"\\u00e9\\n\"]",
    ];
    paths.map(|path| path.as_bytes().to_vec()).to_vec()
}
