//! Every encrypted file of the conformance vectors, opened by the plugin with the keys it was made for.

use std::path::Path;

use crate::bench::Bench;
use crate::exceptions::Exceptions;
use crate::keys;
use crate::manifest::{Case, cases};

fn name_of(case: &Case) -> String {
    Path::new(&case.file).file_name().unwrap().to_string_lossy().into_owned()
}

/// Whether the plugin opens the file of `case` where sops does, and refuses it where sops does.
fn as_sops(bench: &Bench, case: &Case) -> Result<(), String> {
    let name = name_of(case);
    bench.write(&name, Case::read(&case.file));
    // This one is about the flag; without it the file is refused.
    let flags: &[&str] = if case.id == "mac_removed_ignore_mac" { &["--ignore-mac"] } else { &[] };
    let run = bench.ours(&[&["decrypt"], flags, &[&name]].concat());
    let expected = matches!(case.class.as_str(), "ok" | "ref-ok");
    match (run.code() == Some(0), expected) {
        (false, false) if case.class == "no-data-key" && !run.stderr().contains("no identity opens it") => {
            Err(format!("refused for another reason\n{run}"))
        }
        (true, true) | (false, false) => Ok(()),
        (opened, _) => Err(format!("opened: {opened}, class {}\n{run}", case.class)),
    }
}

#[test]
fn every_file_is_opened_or_refused_as_sops_does() {
    let mut bench = Bench::new();
    let mut exceptions = Exceptions::of("opened");
    let mut given = Vec::new();
    let mut count = 0;
    let cases = cases();
    for case in cases.iter().filter(|case| case.file != "-" && case.kind != "op") {
        if count == 0 || given != case.keys {
            given.clone_from(&case.keys);
            // The Vault key of one case is not needed, its others open it too.
            let names: Vec<&str> = given.iter().map(String::as_str).filter(|name| *name != "vault").collect();
            keys::give(&mut bench, &names);
        }
        let result = as_sops(&bench, case);
        exceptions.note(&format!("{}/{}", case.kind, case.id), result);
        count += 1;
    }
    assert!(count >= 200, "{count} cases");
    exceptions.finish();
}

/// Files for other keys than age's, and for several groups: what we print means what sops prints.
#[test]
fn whatever_key_opens_a_file_its_values_are_the_same() {
    let mut bench = Bench::new();
    let mine = bench.key.file.clone();
    let mut count = 0;
    for case in cases().iter().filter(|case| case.kind == "roundtrip" && case.keys != ["age1"]) {
        for name in ["all", "pgp"] {
            let names: Vec<&str> = match name {
                "pgp" if case.keys.iter().any(|key| key == "pgp") => vec!["pgp"],
                "pgp" => continue,
                _ => case.keys.iter().map(String::as_str).filter(|name| *name != "vault").collect(),
            };
            keys::give(&mut bench, &names);
            let file = name_of(case);
            bench.write(&file, Case::read(&case.file));
            let text = bench.ours(&["decrypt", &file]).assert_success().stdout().to_owned();
            bench.set("SOPS_AGE_KEY_FILE", &mine);
            let expected = String::from_utf8(Case::read(&case.printed)).unwrap();
            assert_eq!(bench.meaning(&text).unwrap(), bench.meaning(&expected).unwrap(), "{}", case.id);
            count += 1;
        }
    }
    assert!(count >= 10, "{count} files");
}
