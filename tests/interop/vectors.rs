//! Every plain text of the conformance vectors, encrypted by one side and read by the other.

use std::collections::BTreeSet;

use testkit::Run;

use crate::bench::{Bench, succeeded};
use crate::exceptions::Exceptions;
use crate::manifest;

/// A plain text and the fields of its creation rule.
struct Case {
    name: String,
    /// The end of file names of its store.
    extension: String,
    text: Vec<u8>,
    fields: String,
}

/// One for each plain text and selector of the vectors that go from text to text.
fn cases() -> Vec<Case> {
    let mut seen = BTreeSet::new();
    let mut cases = Vec::new();
    for case in manifest::cases().into_iter().filter(|case| case.kind == "roundtrip") {
        let fields = fields(&case.arguments);
        let extension = case.file.rsplit_once('.').unwrap().1.to_owned();
        if seen.insert((case.base.clone(), extension.clone(), fields.clone())) {
            cases.push(Case { name: case.id, extension, text: manifest::Case::read(&case.base), fields });
        }
    }
    assert!(cases.len() > 45, "{} cases", cases.len());
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

fn ciphertexts(text: &[u8]) -> usize {
    String::from_utf8_lossy(text).matches("ENC[AES256_GCM").count()
}

/// Some texts look like ciphertext from the start.
fn no_ciphertext_left(plain: &[u8], case: &Case) -> Result<(), String> {
    let left = ciphertexts(plain) != ciphertexts(&case.text);
    if left { Err(format!("ciphertext is left:\n{}", String::from_utf8_lossy(plain))) } else { Ok(()) }
}

fn same(found: &[u8], expected: &[u8]) -> Result<(), String> {
    let text = String::from_utf8_lossy;
    if found == expected {
        Ok(())
    } else {
        Err(format!("{}\n--- instead of ---\n{}", text(found), text(expected)))
    }
}

/// Encrypts `case` by us and compares what sops reads with what it reads from the plain text.
fn ours_in_sops(bench: &Bench, case: &Case) -> Result<(), String> {
    let show = |run: Run| run.to_string();
    let path = format!("ours.{}", case.extension);
    bench.write(&path, &case.text);
    succeeded(bench.ours(&["encrypt", "-i", &path])).map_err(show)?;
    let read = succeeded(bench.theirs(&["decrypt", &path])).map_err(show)?;
    no_ciphertext_left(read.stdout_bytes(), case)?;
    same(read.stdout_bytes(), &bench.meaning_as(&case.extension, &case.text).map_err(show)?)
}

/// Encrypts `case` by sops and compares what the plain text that we read means with what it meant before.
fn sops_in_ours(bench: &Bench, case: &Case) -> Result<(), String> {
    let show = |run: Run| run.to_string();
    let path = format!("theirs.{}", case.extension);
    bench.write(&path, &case.text);
    succeeded(bench.theirs(&["encrypt", "-i", &path])).map_err(show)?;
    let read = succeeded(bench.ours(&["decrypt", &path])).map_err(show)?;
    no_ciphertext_left(read.stdout_bytes(), case)?;
    let meaning = |text: &[u8]| bench.meaning_as(&case.extension, text).map_err(show);
    same(&meaning(read.stdout_bytes())?, &meaning(&case.text)?)
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
