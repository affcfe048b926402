//! `init`: from nothing to the first encrypted file.

use std::os::unix::fs::PermissionsExt as _;

use super::sandbox::{Sandbox, failure};

/// A home without key and rules.
fn fresh() -> Sandbox {
    let mut sandbox = Sandbox::new();
    sandbox.unset("SOPS_AGE_KEY_FILE");
    fs_err::remove_file(sandbox.path(".sops.yaml")).unwrap();
    sandbox
}

#[test]
fn makes_a_key_a_rule_and_ignores_leftovers() {
    let sandbox = fresh();
    sandbox.git(["init", "-q"]).run().assert_success();
    fs_err::create_dir(sandbox.path("deep")).unwrap();
    let run = sandbox.secrets(["init"]).current_dir("deep").run();
    assert_eq!(run.assert_success().stdout(), "");
    run.assert_nowhere("AGE-SECRET-KEY");
    let keys = sandbox.root().join("config/sops/age/keys.txt");
    let mode = |path: &std::path::Path| fs_err::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&keys), mode(keys.parent().unwrap())), (0o600, 0o700));
    let text = fs_err::read_to_string(&keys).unwrap();
    let recipient = text.lines().find_map(|line| line.strip_prefix("# public key: ")).unwrap();
    run.assert_stderr(&format!("age key: made {}", keys.display()));
    run.assert_stderr(&format!("recipient: {recipient}\n"));
    run.assert_stderr("next: helm secrets edit secrets.yaml\n");
    let rules = sandbox.read(".sops.yaml");
    assert!(rules.contains(&format!("    age: {recipient}\n")), "{rules}");
    assert!(sandbox.read(".gitignore").contains("\n*.dec\n"));

    for name in ["secrets.yaml", "deep/secrets.prod.json", "deep/secrets/a.txt", "prod/secrets-db.env"] {
        let text = if name.ends_with("json") { "{\"a\": 1}\n" } else { "a=1\n" };
        let text = if name.ends_with("yaml") { "a: 1\n" } else { text };
        sandbox.encrypted(name, text);
        assert_eq!(sandbox.decrypted(name), text);
        sandbox.sops(["decrypt", name]).run().assert_success();
    }
    sandbox.write("values.yaml", "a: 1\n");
    failure(&sandbox.secrets(["encrypt", "values.yaml"]).run());

    let before = [".sops.yaml", ".gitignore"].map(|name| sandbox.read(name));
    let run = sandbox.secrets(["init"]).run();
    run.assert_success().assert_stderr("age key: there already\n").assert_stderr("names this recipient\n");
    assert_eq!([".sops.yaml", ".gitignore"].map(|name| sandbox.read(name)), before);
    assert_eq!(fs_err::read_to_string(&keys).unwrap(), text);
}

#[test]
fn what_is_there_stays() {
    let mut sandbox = fresh();
    let key = sandbox.key.clone();
    sandbox.set("SOPS_AGE_KEY_FILE", &key.file);
    sandbox.write(".gitignore", "target\n*.dec");
    let run = sandbox.secrets(["init"]).run();
    run.assert_success().assert_stderr(&format!("recipient: {}\n", key.recipient));
    assert!(sandbox.read(".gitignore").starts_with("target\n*.dec\n# Plaintext"));
    assert_eq!(sandbox.read(".gitignore").matches("*.dec\n").count(), 1);
    assert!(!sandbox.root().join("config/sops").exists());

    let rules = "creation_rules: [{age: age1mqq2rjxcga730khquz96yd89axq5u97y2pshqm35fxf6nu8n599sgwwr93}]\n";
    sandbox.write(".sops.yaml", rules);
    let run = sandbox.secrets(["init"]).run();
    run.assert_success().assert_stderr("does not name this recipient; add it");
    assert_eq!(sandbox.read(".sops.yaml"), rules);
    sandbox.write(".sops.yaml", "creation_rules: [");
    let run = sandbox.secrets(["init"]).run();
    run.assert_success().assert_stderr("there is no rule for secrets.yaml: ");
}

#[test]
fn a_recipient_may_be_named() {
    let sandbox = fresh();
    let run = sandbox.secrets(["init", "--age", "nonsense"]).run();
    assert!(failure(&run).contains("nonsense"), "{run}");
    assert!(!sandbox.path(".sops.yaml").exists());
    let recipient = sandbox.key.recipient.clone();
    sandbox.secrets(["init", "--age", &recipient]).run().assert_success();
    assert!(sandbox.read(".sops.yaml").contains(&recipient));
    assert!(!sandbox.root().join("config/sops").exists(), "no key is made");
}

#[test]
fn a_key_file_without_a_key_is_not_overwritten() {
    let mut sandbox = fresh();
    let file = sandbox.write("keys.txt", "# nothing yet\n");
    sandbox.set("SOPS_AGE_KEY_FILE", &file);
    let run = sandbox.secrets(["init"]).run();
    assert!(failure(&run).contains("keys.txt is there, but holds no age identity\n"), "{run}");
    assert_eq!(sandbox.read("keys.txt"), "# nothing yet\n");
    assert!(!sandbox.path(".sops.yaml").exists());
}
