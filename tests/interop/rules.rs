//! `.sops.yaml`: for the same file both sides choose the same rule.

use crate::bench::Bench;

const TEXT: &str = "a: 1\npassword: x\na_plain: y\n";
/// Recipients whose identities nobody has.
const RECIPIENTS: [&str; 3] = [
    "age1mqq2rjxcga730khquz96yd89axq5u97y2pshqm35fxf6nu8n599sgwwr93",
    "age1lzd99uklcjnc0e7d860axevet2cz99ce9pq6tzuzd05l5nr28ams36nvun",
    "age1yt3tfqlfrwdwx0z0ynwplcr6qxcxfaqycuprpmy89nr83ltx74tqdpszlw",
];

/// Rules in which R0 to R2 stand for the recipients, and files to try.
const CASES: &[(&str, &[&str])] = &[
    (
        "- {path_regex: '^prod/', age: R0}\n- {path_regex: 'secrets\\.yaml$', age: R1}\n- {age: R2}\n",
        &["prod/secrets.yaml", "dev/secrets.yaml", "other.yaml", "a/prod/x.yaml", "prod.yaml"],
    ),
    (
        "- {path_regex: '\\.enc\\.ya?ml$', age: 'R0,R1'}\n- {path_regex: '(?i)SECRET', age: R2}\n",
        &["a.enc.yaml", "deep/er/b.enc.yml", "my-Secret.yaml", "plain.yaml", "a.encxyaml"],
    ),
    (
        "- {path_regex: 'dev/[^/]+/secret', age: R0}\n",
        &["dev/a/secret.yaml", "dev/a/b/secret.yaml", "x/dev/a/secret.yaml"],
    ),
    ("- {age: 'R0, R1,\n    R2'}\n", &["a.yaml"]),
    ("- {age: [R0, R2]}\n", &["a.yaml"]),
    ("- {age: 'R0,R0'}\n", &["a.yaml"]),
    ("- key_groups: [{age: [R0, R1]}]\n", &["a.yaml"]),
    ("- {age: R0, encrypted_regex: '^pass'}\n", &["a.yaml"]),
    ("- {age: R0, unencrypted_regex: '^a$'}\n", &["a.yaml"]),
    ("- {age: R0, encrypted_suffix: word}\n", &["a.yaml"]),
    ("- {age: R0, unencrypted_suffix: _plain}\n", &["a.yaml"]),
    ("- {age: R0, unencrypted_suffix: _plain, mac_only_encrypted: true}\n", &["a.yaml"]),
    ("- {age: R0, encrypted_comment_regex: 'x'}\n", &["a.yaml"]),
    ("- {age: R0, encrypted_regex: a, unencrypted_regex: b}\n", &["a.yaml"]),
    ("- {path_regex: '(', age: R0}\n", &["a.yaml"]),
    ("- {path_regex: a}\n", &["a.yaml"]),
    ("- {path_regex: x, age: R0}\n", &["a.yaml"]),
    ("[]\n", &["a.yaml"]),
];

/// What the metadata of an encrypted text says of its rule, sorted; nothing for a refusal. We name nobody twice.
fn choice(encrypted: &str) -> Vec<String> {
    let fields = [
        "recipient:",
        "encrypted_regex:",
        "unencrypted_regex:",
        "encrypted_suffix:",
        "unencrypted_suffix:",
        "encrypted_comment_regex:",
        "unencrypted_comment_regex:",
        "mac_only_encrypted:",
    ];
    let metadata = encrypted.split_once("\nsops:\n").map_or("", |(_, metadata)| metadata);
    let lines = metadata.lines().map(|line| line.trim().trim_start_matches("- "));
    let mut found: Vec<String> = lines
        .filter(|line| fields.iter().any(|field| line.starts_with(field)))
        .map(|line| line.replace(['\'', '"'], ""))
        .collect();
    found.sort();
    found.dedup();
    found
}

#[test]
fn both_choose_the_same_rule() {
    let bench = Bench::new();
    let mut chosen = 0;
    for (rules, files) in CASES {
        let text = (0..RECIPIENTS.len())
            .fold((*rules).to_owned(), |text, at| text.replace(&format!("R{at}"), RECIPIENTS[at]));
        let rules = if text.starts_with('[') {
            format!("creation_rules: {text}")
        } else {
            format!("creation_rules:\n{text}")
        };
        bench.write(".sops.yaml", &rules);
        for file in *files {
            bench.write(file, TEXT);
            let (ours, theirs) = (bench.ours(&["encrypt", file]), bench.theirs(&["encrypt", file]));
            assert_eq!(
                ours.code() == Some(0),
                theirs.code() == Some(0),
                "{file} in\n{rules}\n{ours}{theirs}"
            );
            assert_eq!(choice(ours.stdout()), choice(theirs.stdout()), "{file} in\n{rules}");
            chosen += usize::from(!choice(ours.stdout()).is_empty());
        }
    }
    assert!(chosen >= 20, "{chosen} files had a rule");
}
