//! The table of the conformance vectors.

use crate::bench::data;

/// One row of `sops/manifest.tsv`.
#[derive(Debug, Clone)]
pub struct Case {
    pub id: String,
    pub kind: String,
    /// The plain text, or what was changed.
    pub base: String,
    /// The encrypted text, or what it became.
    pub file: String,
    /// What sops prints for it.
    pub printed: String,
    /// Names of test keys.
    pub keys: Vec<String>,
    pub arguments: String,
    /// The exit code of sops for it.
    pub code: i32,
    pub class: String,
}

impl Case {
    /// A file of the vectors.
    pub fn read(path: &str) -> Vec<u8> {
        fs_err::read(data().join("sops").join(path)).unwrap()
    }
}

/// All rows.
pub fn cases() -> Vec<Case> {
    let table = String::from_utf8(Case::read("manifest.tsv")).unwrap();
    let rows = table.lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>());
    rows.map(|row| Case {
        id: row[0].to_owned(),
        kind: row[1].to_owned(),
        base: row[3].to_owned(),
        file: row[4].to_owned(),
        printed: row[5].to_owned(),
        keys: row[6].split('+').filter(|name| !name.is_empty()).map(str::to_owned).collect(),
        arguments: row[7].to_owned(),
        code: row[8].parse().unwrap(),
        class: row[10].to_owned(),
    })
    .collect()
}
