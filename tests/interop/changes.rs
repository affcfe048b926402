//! Files that one side wrote and the other changed.

use serde_json::json;
use testkit::Edit;

use crate::bench::Bench;

const TEXT: &str = "\
# for the database
db:
  user: app
  password: 'correct-horse' # quoted
list: [one, two]
port: 5432
";

fn replace(old: &str, new: &str) -> Vec<Edit> {
    vec![Edit::Replace(old.to_owned(), new.to_owned())]
}

fn expected(password: &str) -> serde_json::Value {
    json!({"db": {"user": "app", "password": password}, "list": ["one", "two"], "port": 5432})
}

#[test]
fn we_edit_what_sops_wrote() {
    let mut bench = Bench::new();
    bench.write("secret.yaml", TEXT);
    bench.theirs(&["encrypt", "-i", "secret.yaml"]).assert_success();
    let before = bench.read("secret.yaml");
    bench.editor(&[replace("correct-horse", "battery")]);
    let run = bench.ours(&["edit", "secret.yaml"]);
    assert_eq!(run.assert_success().stderr(), "secret.yaml: 1 value changed (db.password), 4 kept\n");
    assert_eq!(bench.values("secret.yaml"), expected("battery"));

    let after = bench.read("secret.yaml");
    for key in ["user: ", "port: ", "- ENC["] {
        let lines = |text: &str| {
            text.lines().filter(|line| line.trim().starts_with(key)).map(str::to_owned).collect::<Vec<_>>()
        };
        assert!(!lines(&before).is_empty());
        assert_eq!(lines(&after), lines(&before), "{key}");
    }
    bench.theirs(&["set", "secret.yaml", "[\"port\"]", "5433"]).assert_success();
    bench.theirs(&["rotate", "-i", "secret.yaml"]).assert_success();
    bench.ours(&["decrypt", "secret.yaml"]).assert_success().assert_stdout("port: 5433");
}

#[test]
fn we_read_what_sops_changed_in_ours() {
    let mut bench = Bench::new();
    bench.write("secret.yaml", TEXT);
    bench.ours(&["encrypt", "-i", "secret.yaml"]).assert_success();
    assert_eq!(bench.ours(&["decrypt", "secret.yaml"]).stdout(), TEXT);
    bench.theirs(&["set", "secret.yaml", "[\"db\"][\"password\"]", "\"battery\""]).assert_success();
    let run = bench.ours(&["decrypt", "secret.yaml"]);
    assert_eq!(bench.values_of(run.assert_success().stdout()), expected("battery"));
    run.assert_stdout("# for the database").assert_stdout("# quoted").assert_nowhere("ENC[");

    bench.editor(&[replace("battery", "staple")]);
    bench.theirs(&["edit", "secret.yaml"]).assert_success();
    let run = bench.ours(&["decrypt", "secret.yaml"]);
    assert_eq!(bench.values_of(run.assert_success().stdout()), expected("staple"));

    bench.editor(&[replace("staple", "correct-horse")]);
    bench.ours(&["edit", "secret.yaml"]).assert_success().assert_stderr("1 value changed (db.password)");
    assert_eq!(bench.values("secret.yaml"), expected("correct-horse"));
}

#[test]
fn new_keys_of_sops_open_in_ours() {
    let mut bench = Bench::new();
    bench.write("secret.yaml", TEXT);
    bench.ours(&["encrypt", "-i", "secret.yaml"]).assert_success();
    let first = bench.key.file.clone();
    let second = bench.age_key();
    let both = format!("creation_rules: [{{age: '{},{}'}}]\n", bench.key.recipient, second.recipient);
    bench.write(".sops.yaml", both);
    let update = bench.sops(["updatekeys", "-y", "secret.yaml"]).env("SOPS_AGE_KEY_FILE", &first).run();
    update.assert_success();
    // The second key alone is in the environment now.
    let run = bench.ours(&["decrypt", "secret.yaml"]);
    assert_eq!(bench.values_of(run.assert_success().stdout()), expected("correct-horse"));

    let rotate = bench.sops(["rotate", "-i", "secret.yaml"]).run();
    rotate.assert_success();
    let run = bench.ours(&["decrypt", "secret.yaml"]);
    assert_eq!(bench.values_of(run.assert_success().stdout()), expected("correct-horse"));
}

#[test]
fn what_we_change_keeps_selectors_and_the_kind_of_mac() {
    for fields in [
        ", encrypted_regex: ^password$",
        ", unencrypted_suffix: _plain, mac_only_encrypted: true",
        ", encrypted_suffix: word",
        ", unencrypted_regex: '^(user|port)$'",
    ] {
        let mut bench = Bench::new();
        bench.rule(fields);
        bench.write("secret.yaml", TEXT);
        bench.theirs(&["encrypt", "-i", "secret.yaml"]).assert_success();
        bench.editor(&[replace("correct-horse", "battery")]);
        bench.ours(&["edit", "secret.yaml"]).assert_success();
        assert_eq!(bench.values("secret.yaml"), expected("battery"), "{fields}");
        bench.theirs(&["set", "secret.yaml", "[\"db\"][\"password\"]", "\"staple\""]).assert_success();
        bench.ours(&["decrypt", "secret.yaml"]).assert_success().assert_stdout("staple");
    }
}
