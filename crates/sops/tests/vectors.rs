//! The conformance vectors of `tests/data/sops`: files written by SOPS, tampered and crafted ones.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "helpers of tests are test code")]

#[path = "vectors/flatten.rs"]
mod flatten;
#[path = "vectors/flatten_flat.rs"]
mod flatten_flat;
#[path = "vectors/flatten_json.rs"]
mod flatten_json;
#[path = "vectors/manifest.rs"]
mod manifest;

use std::collections::BTreeSet;

use flatten::{Leaf, comments, leaves};
use flatten_json::as_old_sops;
use manifest::{Case, Values, cases, key_for, read, read_bytes, skipped};
use sops::{
    DataKey, Document, Error, KeyGroup, LineProblem, MasterKey, Selector, Settings, Store, ValueProblem,
    WrappedKey, encrypt,
};

/// Where the file that the oracle printed is wrong; `values/` or the note of the case is the truth.
const WRONG_DEC: [&str; 12] = [
    "str_lead_tab_ml", // printed as null
    "str_merge",       // printed as `!!merge <<`
    "float_neg0",      // printed as -0, which is an int
    "float_int",       // 2 for 2.0 and so on: floats that read back as ints
    "float_1e21",      // the file has no float type left
    "lexeme_float_m0_0",
    "lexeme_float_2_0",
    "lexeme_float_1E10",
    "float_trailing0",
    "type_int_to_float", // again a float that reads back as an int
    "str_crlf",          // compared below
    "str_nul",
];

/// Where the oracle did not store what the plain text says: an empty comment in a list became an item.
const OTHER_PLAIN: [&str; 1] = ["list_empty_comment"];

/// The class a case should end in: the manifest's, except where the two SOPS builds differ.
fn expected_class(case: &Case) -> &str {
    match case.id.as_str() {
        // SOPS 3.13 refuses an unquoted time, older ones took it. What current SOPS cannot read is no valid file.
        "lastmodified_unquoted" => "bad-metadata",
        // The older build panics.
        "plain_bool_where_encrypted" => "value-not-encrypted",
        // The older build is strict about the type, the newer one reads it.
        "shamir_threshold_string" => "ok",
        // Only with `--ignore-mac`, which there is not.
        "mac_removed_ignore_mac" => "mac-missing",
        // A comment where a value belongs: the builds disagree, and there is no sensible plain text for it.
        "comment_as_value" => "value-type",
        // Either no metadata, or metadata without its fields; both name what is missing.
        "sops_empty_map" => "bad-metadata",
        // The older build panics.
        "json_dup_sops" => "duplicate-key",
        _ => &case.class,
    }
}

fn class(error: &Error) -> &'static str {
    match error {
        Error::Yaml(yamldoc::Error::DuplicateKey { .. }) => "duplicate-key",
        Error::Yaml(yamldoc::Error::NonStringKey { .. }) => "non-string-key",
        Error::Line { problem: LineProblem::DuplicateKey(_), .. } => "duplicate-key",
        Error::Yaml(_) | Error::Line { .. } => "syntax",
        Error::NoMetadata => "no-metadata",
        Error::BadMetadata { .. } | Error::Selector { .. } => "bad-metadata",
        Error::NoKeys { .. } => "no-keys",
        Error::MacMissing => "mac-missing",
        Error::MacDecrypt => "mac-decrypt",
        Error::MacMismatch => "mac-mismatch",
        Error::Value { problem, .. } => match problem {
            ValueProblem::Authentication => "value-auth",
            ValueProblem::NotEncrypted => "value-not-encrypted",
            ValueProblem::Base64 => "value-base64",
            ValueProblem::Type(_) => "value-type",
            ValueProblem::Parse(_) | ValueProblem::NotInJson => "value-parse",
        },
        _ => "other",
    }
}

/// Decrypts an encrypted text with the key of its case.
fn decrypt(case: &Case, text: &str) -> Result<Vec<u8>, Error> {
    let document = Document::parse(text, case.store)?;
    let key = key_for(case, &document);
    document.decrypt(&key).map(|plain| plain.content.to_vec())
}

/// The leaves of a plain text of `case`, to be compared with `expected`.
fn typed(case: &Case, plain: &[u8], expected: &[Leaf]) -> Vec<Leaf> {
    let mut found = leaves(plain, case.store);
    if case.store == Store::Json {
        as_old_sops(&mut found, expected);
    }
    found
}

fn run_roundtrip(case: &Case) {
    let plain = match decrypt(case, &read(&case.enc)) {
        Ok(plain) => plain,
        // SOPS takes an invalid regex for "no match" and left everything in cleartext.
        Err(Error::Selector { .. }) if case.id.ends_with("_invalid") => return,
        Err(error) => panic!("{}: {error}", case.id),
    };
    let values = Values::read(&case.id);
    assert_eq!(typed(case, &plain, &values.leaves), values.leaves, "{}: values", case.id);
    let text = String::from_utf8_lossy(&plain);
    let found = comments(&text, case.store);
    for comment in &values.comments {
        assert!(found.contains(comment), "{}: comment {comment:?} missing", case.id);
    }
    let ciphertext = |leaves: &[Leaf]| leaves.iter().filter(|leaf| leaf.is_ciphertext()).count();
    let left = text.matches("ENC[AES256_GCM").count();
    assert_eq!(left, ciphertext(&values.leaves), "{}: ciphertext left in {text}", case.id);
}

fn run_other(case: &Case) {
    let result = decrypt(case, &read(&case.enc));
    let found = result.as_ref().map_or_else(class, |_| "ok");
    assert_eq!(
        found,
        expected_class(case),
        "{}: {:?}",
        case.id,
        result.as_ref().err().map(ToString::to_string)
    );
    if let (Ok(plain), true) = (&result, case.dec != "-" && !WRONG_DEC.contains(&case.id.as_str())) {
        let expected = leaves(&read_bytes(&case.dec), case.store);
        assert_eq!(leaves(plain, case.store), expected, "{}: values", case.id);
    }
}

/// Encrypts the plain text of a case with our own code and decrypts it again.
fn run_own(case: &Case) {
    let selector = case.selector();
    let plain = read_bytes(&case.plain);
    let key = DataKey::generate();
    let recipient = MasterKey::Age { recipient: "age1test".into() };
    let group = KeyGroup::of(vec![WrappedKey::new(recipient, "-----BEGIN\nx\n-----END\n".into(), None)]);
    let settings = Settings {
        groups: vec![group],
        shamir_threshold: None,
        selector,
        mac_only_encrypted: case.args.contains("--mac-only-encrypted"),
        now: std::time::SystemTime::now(),
        indent: None,
        unknown: Vec::new(),
    };
    let text = match encrypt(&plain, case.store, &key, &settings) {
        Ok(text) => text,
        Err(Error::Selector { .. }) if case.id.ends_with("_invalid") => return,
        Err(error) => panic!("{}: {error}", case.id),
    };
    assert!(!case.id.ends_with("_invalid"), "{}: an invalid regex was taken", case.id);
    let document = Document::parse(&text, case.store).unwrap();
    assert!(*document.decrypt(&key).unwrap().content == plain, "{}: other bytes come back", case.id);
    let values = Values::read(&case.id);
    assert_eq!(typed(case, &plain, &values.leaves), values.leaves, "{}: typing of the plain text", case.id);
    let store = if case.store == Store::Binary { Store::Json } else { case.store };
    let encrypted = leaves(text.as_bytes(), store).iter().filter(|leaf| leaf.is_ciphertext()).count();
    assert_eq!(encrypted, values.encrypted, "{}: number of encrypted values", case.id);
}

fn run_case(case: &Case) {
    match case.kind.as_str() {
        "roundtrip" => {
            run_roundtrip(case);
            if Store::of_path(case.plain.as_ref()) == case.store && !OTHER_PLAIN.contains(&case.id.as_str()) {
                run_own(case);
            }
        }
        "tamper" | "crafted" => run_other(case),
        "encrypt-fail" => run_refused(case),
        kind => panic!("{}: kind {kind} is neither run nor skipped", case.id),
    }
}

#[test]
fn every_case_is_run_or_listed_as_skipped() {
    let skipped = skipped();
    let mut run = BTreeSet::new();
    let mut all = BTreeSet::new();
    let mut failed = Vec::new();
    for case in cases() {
        // Operations need the commands: `tests/interop/operations.rs`.
        if case.kind == "op" {
            continue;
        }
        all.insert(case.id.clone());
        if skipped.contains_key(&case.id) {
            continue;
        }
        // One test for all cases, so that one run shows every failure.
        let result = std::panic::catch_unwind(|| run_case(&case));
        failed.extend(result.err().map(|_| case.id.clone()));
        run.insert(case.id);
    }
    assert!(failed.is_empty(), "failed: {failed:?}");
    for (id, reason) in &skipped {
        assert!(all.contains(id), "skipped case {id} does not exist");
        assert!(!reason.trim().is_empty(), "skipped case {id} has no reason");
    }
    assert!(run.len() > 190, "only {} cases were run", run.len());
}

fn run_refused(case: &Case) {
    let selector = case.selector();
    let settings = Settings {
        groups: vec![KeyGroup::default()],
        shamir_threshold: None,
        selector,
        mac_only_encrypted: false,
        now: std::time::SystemTime::now(),
        indent: None,
        unknown: Vec::new(),
    };
    let error = encrypt(&read_bytes(&case.plain), case.store, &DataKey::generate(), &settings).unwrap_err();
    assert!(matches!(error, Error::SelectorMatchesCiphertext { .. }), "{}: {error}", case.id);
}

/// Values that the oracle prints wrongly.
#[test]
fn values_the_oracle_prints_wrongly() {
    for (id, expected) in [
        ("str_lead_tab_ml", ("str", "\ta\nb\n")),
        ("str_merge", ("str", "<<")),
        ("float_neg0", ("float", "-0")),
        ("lexeme_float_2_0", ("float", "2")),
        ("lexeme_float_1E10", ("float", "10000000000")),
        ("str_crlf", ("str", "a\r\nb\r\n")),
        ("str_nul", ("str", "a\0b")),
    ] {
        let case = cases().into_iter().find(|case| case.id == id).unwrap();
        let plain = decrypt(&case, &read(&case.enc)).unwrap();
        let found: Vec<Leaf> = leaves(&plain, case.store);
        let found =
            found.iter().map(|leaf| (leaf.kind.as_str(), String::from_utf8_lossy(&leaf.bytes).into_owned()));
        let found: Vec<_> = found.collect();
        assert!(found.contains(&(expected.0, expected.1.to_owned())), "{id}: {found:?}");
    }
}

#[test]
fn selectors_of_the_manifest_are_understood() {
    let case = cases().into_iter().find(|case| case.id == "sel_esuffix").unwrap();
    assert_eq!(case.selector(), Selector::EncryptedSuffix("_enc".into()));
}
