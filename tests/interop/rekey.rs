//! `updatekeys` and `rotate` of one side on files of the other, for each local key type.

use serde_json::json;
use testkit::Run;

use crate::bench::Bench;
use crate::keys::{self, KEY_TYPES, recipient};

const TEXT: &str = "# c\na: b\nl: [1, two]\n";

/// Runs one side.
type Side = fn(&Bench, &[&str]) -> Run;

const OURS: Side = Bench::ours;
const THEIRS: Side = |bench, arguments| bench.theirs(arguments);

/// `first` encrypts for one key; `second` adds another key, gives a new data key, and takes the first key away; what
/// remains opens for the other key only, for both.
fn pass_on(first: Side, second: Side) {
    for (name, rule, identities) in keys::types() {
        let mut bench = Bench::new();
        keys::give(&mut bench, identities);
        bench.write(".sops.yaml", format!("creation_rules: [{{{rule}}}]\n"));
        bench.write("file.yaml", TEXT);
        first(&bench, &["encrypt", "-i", "file.yaml"]).assert_success();
        let before = bench.read("file.yaml");

        let other = recipient("age3");
        bench.write(".sops.yaml", format!("creation_rules: [{{age: {other}}}]\n"));
        second(&bench, &["updatekeys", "-y", "file.yaml"]).assert_success();
        let after = bench.read("file.yaml");
        assert!(after.contains(&other) && !after.contains("key_groups"), "{name}: {after}");
        assert_eq!(value(&after), value(&before), "{name}: the data key stays");
        assert_ne!(OURS(&bench, &["decrypt", "file.yaml"]).code(), Some(0), "{name}");

        keys::give(&mut bench, &["age3"]);
        second(&bench, &["rotate", "-i", "file.yaml"]).assert_success();
        assert_ne!(value(&bench.read("file.yaml")), value(&before), "{name}: a new data key");
        assert_eq!(bench.values("file.yaml"), json!({"a": "b", "l": [1, "two"]}), "{name}");
        OURS(&bench, &["decrypt", "file.yaml"]).assert_success().assert_stdout("a: b");
    }
    assert_eq!(keys::types().len(), KEY_TYPES);
}

/// The ciphertext of `a`, with its quotes or without.
fn value(text: &str) -> &str {
    let line = text.lines().find(|line| line.starts_with("a: ")).unwrap();
    line["a: ".len()..].trim_matches(['"', '\''])
}

#[test]
fn we_pass_on_what_sops_wrote() {
    pass_on(THEIRS, OURS);
}

#[test]
fn sops_passes_on_what_we_wrote() {
    pass_on(OURS, THEIRS);
}
