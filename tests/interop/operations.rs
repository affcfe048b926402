//! The operations of the conformance vectors: what `helm secrets set`, `unset`, `rotate`, `updatekeys` and `edit` make
//! of a file has the values, the keys and the untouched ciphertext that it has after sops did the same.

use std::collections::BTreeSet;

use testkit::Run;

use crate::bench::{Bench, data, succeeded};
use crate::exceptions::Exceptions;
use crate::keys::{self, recipient};
use crate::manifest::{Case, cases};

/// The exit code of sops for an edit that changed nothing.
const UNCHANGED: i32 = 200;

/// Runs the arguments of a case on `file.yaml`.
fn operate(bench: &Bench, case: &Case) -> Run {
    let (line, editor) = case.arguments.split_once(" EDITOR=").unwrap_or((&case.arguments, ""));
    let line = (1..=3).fold(line.to_owned(), |line, number| {
        line.replace(&format!("{{R{number}}}"), &recipient(&format!("age{number}")))
    });
    let words = line.split(' ').map(|word| if word == "@F" { "file.yaml" } else { word });
    bench.plugin(words).env("EDITOR", editor).run()
}

/// The tokens of all values, comments and the MAC.
fn tokens(text: &str) -> BTreeSet<&str> {
    text.match_indices("ENC[").filter_map(|(at, _)| text[at..].split(']').next()).collect()
}

fn recipients(text: &str) -> BTreeSet<&str> {
    text.lines().filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("recipient: ")).collect()
}

/// The plain text as sops prints it: JSON, which it prints without mistakes, or YAML for what JSON has no form for.
fn printed(bench: &Bench, text: &str) -> Result<String, String> {
    bench.write("printed.yaml", text);
    let print = |form| succeeded(bench.theirs(&["decrypt", "--output-type", form, "printed.yaml"]));
    let run = print("json").or_else(|_| print("yaml"));
    run.map(|run| run.stdout().to_owned()).map_err(|run| run.to_string())
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, expected: &T) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{what}: {found:#?}\ninstead of {expected:#?}")) }
}

fn as_sops(bench: &Bench, case: &Case) -> Result<(), String> {
    let text = |path: &str| String::from_utf8(Case::read(path)).unwrap();
    let (before, theirs) = (text(&case.base), text(&case.file));
    bench.write("file.yaml", &before);
    let run = operate(bench, case);
    let ours = bench.read("file.yaml");
    let expected = matches!(case.code, 0 | UNCHANGED);
    if (run.code() == Some(0)) != expected {
        return Err(format!("sops ended with {}\n{run}", case.code));
    }
    if before == theirs {
        return same("an untouched file", &ours, &before);
    }
    same("plain text", &printed(bench, &ours)?, &printed(bench, &theirs)?)?;
    same("recipients", &recipients(&ours), &recipients(&theirs))?;
    let (of_ours, of_theirs) = (tokens(&ours), tokens(&theirs));
    let before = tokens(&before);
    let lost: Vec<&&str> =
        before.intersection(&of_theirs).filter(|token| !of_ours.contains(**token)).collect();
    if lost.is_empty() { Ok(()) } else { Err(format!("ciphertext that sops keeps is lost: {lost:?}")) }
}

#[test]
fn every_operation_gives_what_sops_gives() {
    let mut bench = Bench::new();
    keys::give(&mut bench, &["age1", "age2"]);
    let mut exceptions = Exceptions::of("operation");
    let mut count = 0;
    for case in cases().iter().filter(|case| case.kind == "op") {
        let rules = data().join(format!("sops/config/op_{}.sops.yaml", case.id));
        if rules.exists() {
            bench.write(".sops.yaml", fs_err::read(rules).unwrap());
        } else {
            bench.write(".sops.yaml", format!("creation_rules: [{{age: {}}}]\n", recipient("age1")));
        }
        exceptions.note(&case.id, as_sops(&bench, case));
        count += 1;
    }
    assert_eq!(count, 22);
    exceptions.finish();
}

/// Shamir groups from the vectors' rules: one group becomes two and one again, on the file of the last case.
#[test]
fn groups_come_and_go() {
    let mut bench = Bench::new();
    keys::give(&mut bench, &["age1", "age2"]);
    bench.write(".sops.yaml", format!("creation_rules: [{{age: {}}}]\n", recipient("age1")));
    bench.write("file.yaml", "a: b\n");
    bench.theirs(&["encrypt", "-i", "file.yaml"]).assert_success();
    let rules = data().join("sops/config/op_updatekeys_groups.sops.yaml");
    bench.write(".sops.yaml", fs_err::read(rules).unwrap());
    bench.ours(&["updatekeys", "-y", "file.yaml"]).assert_success();
    assert!(bench.read("file.yaml").contains("shamir_threshold: 2"));
    assert_eq!(bench.values("file.yaml"), serde_json::json!({"a": "b"}));
    keys::give(&mut bench, &["age1"]);
    bench.ours(&["decrypt", "file.yaml"]).assert_code(1);
    assert_ne!(bench.theirs(&["decrypt", "file.yaml"]).code(), Some(0));

    keys::give(&mut bench, &["age1", "age2"]);
    bench.write(".sops.yaml", format!("creation_rules: [{{age: {}}}]\n", recipient("age1")));
    bench.theirs(&["updatekeys", "-y", "file.yaml"]).assert_success();
    keys::give(&mut bench, &["age1"]);
    assert_eq!(bench.ours(&["decrypt", "file.yaml"]).assert_success().stdout(), "a: b\n");
}
