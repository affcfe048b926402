//! Each store with each local key type and each selector, in both directions, with two releases of sops.
//!
//! Not every combination of the three: of each two of them every pair occurs.

use std::collections::BTreeSet;

use crate::bench::{Bench, Sops, succeeded};
use crate::exceptions::Exceptions;
use crate::keys;

/// A store: the name of its file, a text, and how many of [`SELECTORS`] it has.
struct Format {
    file: &'static str,
    text: &'static str,
    selectors: usize,
}

/// The texts share these words, by which one sees what is encrypted.
const WORDS: [&str; 8] =
    ["about-delta", "of-alpha", "of-beta", "of-delta", "4211", "of-list", "of-epsilon", "of-block"];

const FORMATS: [Format; 5] = [
    Format {
        file: "file.yaml",
        text: "# about-delta\nalpha: of-alpha\nbeta_unencrypted: of-beta\ngamma_enc:\n  delta: 'of-delta'\n  number: 4211\n  list: [of-list, \"\"]\n# marked\nepsilon: of-epsilon\nblock: |\n  of-block\n  é\n",
        selectors: 7,
    },
    Format {
        file: "file.json",
        text: "{\n  \"alpha\": \"of-alpha\",\n  \"beta_unencrypted\": \"of-beta\",\n  \"gamma_enc\": {\"delta\": \"of-delta\", \"number\": 4211, \"list\": [\"of-list\", \"\", null, true, 1.5]},\n  \"epsilon\": \"of-epsilon\",\n  \"block\": \"of-block\\né\"\n}\n",
        selectors: 5,
    },
    Format {
        file: "file.env",
        text: "# about-delta\nalpha=of-alpha\nbeta_unencrypted=of-beta\ngamma_enc=of-delta\nnumber=4211\n# marked\nepsilon=of-epsilon\nblock=of-block\\né\n",
        selectors: 7,
    },
    Format {
        file: "file.ini",
        text: "[one]\n; about-delta\nalpha            = of-alpha\nbeta_unencrypted = of-beta\n\n[gamma_enc]\ndelta  = of-delta\nnumber = 4211\n; marked\nepsilon = of-epsilon\n",
        selectors: 7,
    },
    Format { file: "file.bin", text: "of-alpha\r\n\u{0}of-beta", selectors: 1 },
];

/// Fields of a creation rule.
const SELECTORS: [&str; 7] = [
    "",
    ", unencrypted_suffix: _unencrypted, mac_only_encrypted: true",
    ", encrypted_suffix: _enc",
    ", unencrypted_regex: '^(beta|epsilon)'",
    ", encrypted_regex: '^(alpha|gamma)', mac_only_encrypted: true",
    ", unencrypted_comment_regex: 'marked'",
    ", encrypted_comment_regex: 'marked'",
];

/// The words that stand in `text`.
fn words(text: &str) -> BTreeSet<&'static str> {
    WORDS.into_iter().filter(|word| text.contains(word)).collect()
}

/// What `sops` makes of `text` when it encrypts and decrypts it for one key without a selector.
fn meaning(bench: &mut Bench, sops: Sops, format: &Format, text: &[u8]) -> Result<String, String> {
    let path = format!("meaning/{}", format.file);
    bench.write("meaning/.sops.yaml", format!("creation_rules: [{{age: '{}'}}]\n", bench.key.recipient));
    bench.write(&path, text);
    let rules = bench.path("meaning/.sops.yaml");
    let key = bench.key.file.clone();
    let run = |arguments: &[&str]| {
        let run = bench.release(sops, arguments).env("SOPS_AGE_KEY_FILE", &key).run();
        succeeded(run).map_err(|run| run.to_string())
    };
    run(&["--config", rules.to_str().unwrap(), "encrypt", "-i", &path])?;
    run(&["decrypt", &path]).map(|run| run.stdout().to_owned())
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, expected: &T) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{what}: {found:?} instead of {expected:?}")) }
}

/// One combination: ours in sops, its in ours.
fn both_ways(bench: &mut Bench, sops: Sops, format: &Format) -> Result<(), String> {
    let ours = format!("ours/{}", format.file);
    let theirs = format!("theirs/{}", format.file);
    bench.write(&ours, format.text);
    bench.write(&theirs, format.text);
    let ok = |run| succeeded(run).map_err(|run| run.to_string());
    ok(bench.ours(&["encrypt", "-i", &ours]))?;
    ok(bench.release(sops, &["encrypt", "-i", &theirs]).run())?;
    same("left in plain", &words(&bench.read(&ours)), &words(&bench.read(&theirs)))?;

    let read = ok(bench.release(sops, &["decrypt", &ours]).run())?.stdout().to_owned();
    let expected = meaning(bench, sops, format, format.text.as_bytes())?;
    same("sops reads of ours", &read, &expected)?;
    let read = ok(bench.ours(&["decrypt", &theirs]))?.stdout_bytes().to_owned();
    same("we read of theirs", &meaning(bench, sops, format, &read)?, &expected)?;
    same(
        "we read of ours",
        &ok(bench.ours(&["decrypt", &ours]))?.stdout().to_owned(),
        &format.text.to_owned(),
    )
}

fn matrix(sops: Sops) {
    let mut bench = Bench::new();
    let mut exceptions = Exceptions::of(sops.check());
    let key_types = keys::types();
    for (at, format) in FORMATS.iter().enumerate() {
        for number in 0..format.selectors.max(key_types.len()) {
            let (key, rule, identities) = &key_types[number % key_types.len()];
            let selector = (number + at) % format.selectors;
            bench.write(".sops.yaml", format!("creation_rules: [{{{rule}{}}}]\n", SELECTORS[selector]));
            keys::give(&mut bench, identities);
            let name = format!("{}, {key}, {}", format.file, SELECTORS[selector].trim_start_matches(", "));
            let result = both_ways(&mut bench, sops, format);
            exceptions.note(&name, result);
        }
    }
    exceptions.finish();
}

#[test]
fn with_the_newest_sops() {
    matrix(Sops::Newest);
}

#[test]
fn with_an_older_sops() {
    matrix(Sops::Older);
}
