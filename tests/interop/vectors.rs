//! Every plain text of the conformance vectors, encrypted by one side and read by the other.

use std::collections::BTreeSet;

use testkit::Run;

use crate::bench::{Bench, data, succeeded};
use crate::exceptions::Exceptions;

/// A plain text and the fields of its creation rule.
struct Case {
    name: String,
    text: String,
    fields: String,
}

/// One for each plain text and selector of the vectors that go from text to text.
fn cases() -> Vec<Case> {
    let table = fs_err::read_to_string(data().join("sops/manifest.tsv")).unwrap();
    let mut seen = BTreeSet::new();
    let mut cases = Vec::new();
    for row in
        table.lines().map(|line| line.split('\t').collect::<Vec<_>>()).filter(|row| row[1] == "roundtrip")
    {
        let fields = fields(row[7]);
        if !seen.insert((row[3].to_owned(), fields.clone())) {
            continue;
        }
        let text = fs_err::read_to_string(data().join("sops").join(row[3])).unwrap();
        cases.push(Case { name: row[0].to_owned(), text, fields });
    }
    assert!(cases.len() > 35, "{} cases", cases.len());
    cases
}

/// The selectors among the arguments of sops as fields of a rule.
fn fields(arguments: &str) -> String {
    let words: Vec<&str> = arguments.split(' ').collect();
    let mut fields = String::new();
    for (at, word) in words.iter().enumerate() {
        let name = word.trim_start_matches("--").replace('-', "_");
        match word {
            _ if name.ends_with("_regex") || name.ends_with("_suffix") => {
                fields.push_str(&format!(", {name}: '{}'", words[at + 1]));
            }
            _ if name == "mac_only_encrypted" => fields.push_str(", mac_only_encrypted: true"),
            _ => {}
        }
    }
    fields
}

/// Some texts look like ciphertext from the start.
fn no_ciphertext_left(plain: &str, case: &Case) -> Result<(), String> {
    let count = |text: &str| text.matches("ENC[AES256_GCM").count();
    if count(plain) == count(&case.text) { Ok(()) } else { Err(format!("ciphertext is left:\n{plain}")) }
}

fn same(found: &str, expected: &str) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{found}\n--- instead of ---\n{expected}")) }
}

/// Encrypts `case` by us and compares what sops reads with what it reads from the plain text.
fn ours_in_sops(bench: &Bench, case: &Case) -> Result<(), String> {
    let show = |run: Run| run.to_string();
    bench.write("ours.yaml", &case.text);
    succeeded(bench.ours(&["encrypt", "-i", "ours.yaml"])).map_err(show)?;
    let read = succeeded(bench.theirs(&["decrypt", "ours.yaml"])).map_err(show)?;
    no_ciphertext_left(read.stdout(), case)?;
    same(read.stdout(), &bench.meaning(&case.text).map_err(show)?)
}

/// Encrypts `case` by sops and compares what the plain text that we read means with what it meant before.
fn sops_in_ours(bench: &Bench, case: &Case) -> Result<(), String> {
    let show = |run: Run| run.to_string();
    bench.write("theirs.yaml", &case.text);
    succeeded(bench.theirs(&["encrypt", "-i", "theirs.yaml"])).map_err(show)?;
    let read = succeeded(bench.ours(&["decrypt", "theirs.yaml"])).map_err(show)?;
    no_ciphertext_left(read.stdout(), case)?;
    same(&bench.meaning(read.stdout()).map_err(show)?, &bench.meaning(&case.text).map_err(show)?)
}

#[test]
fn what_we_encrypt_sops_reads() {
    let bench = Bench::new();
    let mut exceptions = Exceptions::of("ours in sops");
    for case in cases() {
        bench.rule(&case.fields);
        exceptions.note(&case.name, ours_in_sops(&bench, &case));
    }
    exceptions.finish();
}

#[test]
fn what_sops_encrypts_we_read() {
    let bench = Bench::new();
    let mut exceptions = Exceptions::of("sops in ours");
    for case in cases() {
        bench.rule(&case.fields);
        exceptions.note(&case.name, sops_in_ours(&bench, &case));
    }
    exceptions.finish();
}
