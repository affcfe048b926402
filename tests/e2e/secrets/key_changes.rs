//! `updatekeys`, `rotate` and `groups`: who can open a file.

use testkit::AgeKey;

use super::sandbox::{SECRETS, Sandbox, failure};

/// A sandbox with a second key; the first one is in use.
fn two_keys() -> (Sandbox, AgeKey) {
    let mut sandbox = Sandbox::new();
    let other = sandbox.age_key();
    let file = sandbox.key.file.clone();
    sandbox.set("SOPS_AGE_KEY_FILE", file);
    (sandbox, other)
}

fn rules(sandbox: &Sandbox, recipients: &[&str]) {
    let list = recipients.join(", ");
    sandbox.write(".sops.yaml", format!("creation_rules: [{{path_regex: secret, age: \"{list}\"}}]\n"));
}

/// Lines of `text` but those of the metadata.
fn values(text: &str) -> &str {
    &text[..text.find("\nsops:\n").unwrap()]
}

fn field<'a>(text: &'a str, name: &str) -> &'a str {
    text.lines().find_map(|line| line.trim().strip_prefix(name)).unwrap()
}

#[track_caller]
fn opens(sandbox: &Sandbox, key: &AgeKey, path: &str) -> bool {
    let ours = sandbox.plugin(["decrypt", path]).env("SOPS_AGE_KEY_FILE", &key.file).run();
    let sops = sandbox.sops(["decrypt", path]).env("SOPS_AGE_KEY_FILE", &key.file).run();
    assert_eq!(ours.code() == Some(0), sops.code() == Some(0), "{ours}{sops}");
    ours.code() == Some(0)
}

#[test]
fn updatekeys_gives_files_to_the_people_of_the_rule() {
    let (sandbox, other) = two_keys();
    let before = sandbox.encrypted("secret.yaml", SECRETS);
    let run = sandbox.secrets(["updatekeys", "secret.yaml"]).run();
    assert_eq!((run.assert_success().stdout(), run.stderr()), ("", "secret.yaml: up to date\n"));

    let own = &sandbox.key.recipient;
    rules(&sandbox, &[&other.recipient, own]);
    let run = sandbox.secrets(["updatekeys", "secret.yaml"]).run();
    let difference = format!(
        "secret.yaml: its keys are not those of its rule\n    age {own}\n  + age {}\n",
        other.recipient
    );
    assert!(failure(&run).starts_with(&difference), "{run}");
    assert!(failure(&run).ends_with("  hint: add -y to change them without being asked\n"), "{run}");
    assert_eq!(sandbox.read("secret.yaml"), before);

    let run = sandbox.secrets(["updatekeys", "-y", "secret.yaml"]).run();
    assert_eq!(run.assert_success().stderr(), format!("{difference}secret.yaml: keys updated\n"));
    let after = sandbox.read("secret.yaml");
    assert_eq!(values(&before), values(&after));
    for name in ["mac: ", "lastmodified: "] {
        assert_eq!(field(&before, name), field(&after, name));
    }
    assert!(opens(&sandbox, &sandbox.key, "secret.yaml") && opens(&sandbox, &other, "secret.yaml"));

    rules(&sandbox, &[&other.recipient]);
    let run = sandbox.secrets(["updatekeys", "-y", "secret.yaml"]).run();
    run.assert_success().assert_stderr(&format!("  - age {own}\n"));
    run.assert_stderr("for a new one: helm secrets rotate -i secret.yaml\n");
    assert!(!opens(&sandbox, &sandbox.key, "secret.yaml") && opens(&sandbox, &other, "secret.yaml"));
}

#[test]
fn updatekeys_checks_many_files_without_a_key() {
    let (mut sandbox, other) = two_keys();
    for name in ["secret-a.yaml", "secret-b.json", "secret-c.env"] {
        let text = ["a: 1\n", "{\"a\": 1}\n", "A=1\n"][usize::from(name.as_bytes()[7] - b'a')];
        sandbox.encrypted(name, text);
    }
    sandbox.unset("SOPS_AGE_KEY_FILE");
    let files = ["secret-a.yaml", "secret-b.json", "secret-c.env"];
    let check = || sandbox.secrets(["updatekeys", "--check"].iter().chain(&files));
    assert_eq!(check().run().assert_success().stderr().matches("up to date").count(), 3);
    rules(&sandbox, &[&sandbox.key.recipient, &other.recipient]);
    let before = files.map(|file| sandbox.read(file));
    let run = check().run();
    let end = "error: 3 of 3 files have other keys than the rules name\n  \
               hint: helm secrets updatekeys secret-a.yaml secret-b.json secret-c.env\n";
    assert!(failure(&run).ends_with(end), "{run}");
    assert_eq!(files.map(|file| sandbox.read(file)), before);

    // Adding needs a key, removing does not.
    let run = sandbox.secrets(["updatekeys", "-y", "secret-a.yaml"]).run();
    assert!(failure(&run).contains("failed to decrypt secret-a.yaml: no identity opens it"), "{run}");
    sandbox.write("none.yaml", "a: 1\n");
    let run = sandbox.secrets(["updatekeys", "-y", "none.yaml"]).run();
    assert!(failure(&run).starts_with("error: none.yaml is not encrypted\n"), "{run}");
    let key = sandbox.key.file.clone();
    let update = sandbox.secrets(["updatekeys", "-y"].iter().chain(&files)).env("SOPS_AGE_KEY_FILE", &key);
    update.run().assert_success();
    check().run().assert_success();
    for file in files {
        assert!(opens(&sandbox, &other, file), "{file}");
    }
}

#[test]
fn rotate_makes_a_new_data_key() {
    let (sandbox, other) = two_keys();
    let before = sandbox.encrypted("secret.yaml", SECRETS);
    let printed = sandbox.secrets(["rotate", "secret.yaml"]).run();
    assert_eq!(printed.assert_success().stderr(), "");
    assert_eq!(sandbox.read("secret.yaml"), before, "printing leaves the file alone");
    let old: Vec<&str> = values(&before).lines().filter(|line| line.contains("ENC[")).collect();
    assert!(values(printed.stdout()).lines().all(|line| !old.contains(&line)), "{printed}");

    let add = ["rotate", "-i", "--add-age", &other.recipient, "secret.yaml"];
    let run = sandbox.secrets(add).run();
    assert_eq!(run.assert_success().stderr(), "secret.yaml: new data key, for 2 keys\n");
    assert!(opens(&sandbox, &sandbox.key, "secret.yaml") && opens(&sandbox, &other, "secret.yaml"));
    assert_eq!(sandbox.decrypted("secret.yaml"), SECRETS);
    let run = sandbox.secrets(add).run();
    let said =
        format!("secret.yaml: {} is there already\nsecret.yaml: new data key, for 2 keys\n", other.recipient);
    assert_eq!(run.assert_success().stderr(), said);

    let own = sandbox.key.recipient.clone();
    sandbox.secrets(["rotate", "-i", "--rm-age", &own, "secret.yaml"]).run().assert_success();
    assert!(!opens(&sandbox, &sandbox.key, "secret.yaml") && opens(&sandbox, &other, "secret.yaml"));
}

#[test]
fn rotate_refuses_to_lock_everybody_out() {
    let (sandbox, other) = two_keys();
    let before = sandbox.encrypted("secret.yaml", SECRETS);
    let own = sandbox.key.recipient.clone();
    let run = sandbox.secrets(["rotate", "-i", "--rm-age", &own, "secret.yaml"]).run();
    let expected = "error: secret.yaml: its last key cannot be removed\n  hint: add another one";
    assert!(failure(&run).starts_with(expected), "{run}");
    let run = sandbox.secrets(["rotate", "-i", "--add-age", "age1nonsense", "secret.yaml"]).run();
    assert!(failure(&run).contains("age1nonsense"), "{run}");
    let run = sandbox.secrets(["rotate", "-i", "--add-hc-vault-transit", "nonsense", "secret.yaml"]).run();
    assert!(failure(&run).starts_with("error: nonsense names no key\n"), "{run}");
    assert_eq!(sandbox.read("secret.yaml"), before);
    let run = sandbox.secrets(["rotate", "-i", "--rm-age", &other.recipient, "secret.yaml"]).run();
    let said = format!("warning: secret.yaml: there is no age key {} to remove\n", other.recipient);
    assert!(run.assert_success().stderr().starts_with(&said), "{run}");
    sandbox.encrypted("secret-2.yaml", SECRETS);
    let run = sandbox.secrets(["rotate", "secret.yaml", "secret-2.yaml"]).run();
    assert!(failure(&run).starts_with("error: several files can only be rotated in place\n"), "{run}");
    sandbox.secrets(["rotate", "-i", "secret.yaml", "secret-2.yaml"]).run().assert_success();
}

#[test]
fn groups_come_and_go() {
    let (sandbox, other) = two_keys();
    sandbox.encrypted("secret.yaml", SECRETS);
    let groups = |arguments: &[&str]| {
        sandbox.secrets(["groups"].iter().chain(arguments)).arg("-i").arg("--file").arg("secret.yaml").run()
    };
    let run = groups(&["add", "--age", &other.recipient]);
    assert_eq!(run.assert_success().stderr(), "secret.yaml: 2 groups, 2 of them needed\n");
    let alone = sandbox.secrets(["decrypt", "secret.yaml"]).run();
    assert!(failure(&alone).contains("1 of its 2 key groups open and 2 are needed"), "{alone}");
    let both = format!("{}\n{}", sandbox.key.identity, other.identity);
    let opened = |text: &str| {
        for program in ["ours", "sops"] {
            let decrypt = ["decrypt", "secret.yaml"];
            let run = if program == "ours" { sandbox.plugin(decrypt) } else { sandbox.sops(decrypt) };
            let run = run.env("SOPS_AGE_KEY", &both).run();
            assert!(run.assert_success().stdout().contains(text), "{run}");
        }
    };
    opened("correct-horse");

    let sandbox_both = |arguments: &[&str]| {
        let run =
            sandbox.secrets(["groups"].iter().chain(arguments)).arg("-i").arg("--file").arg("secret.yaml");
        run.env("SOPS_AGE_KEY", &both).run()
    };
    let run =
        sandbox_both(&["add", "--age", &sandbox.key.recipient, "--shamir-secret-sharing-threshold", "2"]);
    assert_eq!(run.assert_success().stderr(), "secret.yaml: 3 groups, 2 of them needed\n");
    assert!(opens(&sandbox, &sandbox.key, "secret.yaml"), "two groups of three are for this key");
    let run = sandbox_both(&["delete", "7"]);
    assert_eq!(failure(&run), "error: secret.yaml has no group 7: its 3 groups are 0 to 2\n");
    sandbox_both(&["delete", "--group", "2"]).assert_success();
    opened("correct-horse");
    let run = sandbox_both(&["delete", "1"]);
    let refused =
        "error: 2 groups are needed to open the file, and 1 would be left\n  hint: lower the number";
    assert!(failure(&run).starts_with(refused), "{run}");
    let run = sandbox_both(&["delete", "1", "--shamir-secret-sharing-threshold", "1"]);
    assert_eq!(run.assert_success().stderr(), "secret.yaml: one group of keys\n");
    assert!(opens(&sandbox, &sandbox.key, "secret.yaml"));
    let run = groups(&["delete", "0"]);
    assert_eq!(failure(&run), "error: secret.yaml has one group of keys, which it needs\n");
    let run = groups(&["add"]);
    assert!(failure(&run).starts_with("error: the new group has no key\n"), "{run}");
    let run = groups(&["add", "--age", &other.recipient, "--shamir-secret-sharing-threshold", "3"]);
    assert!(failure(&run).starts_with("error: 3 cannot be the number of groups needed\n"), "{run}");
}

#[test]
fn a_rule_of_several_groups_is_followed() {
    let (sandbox, other) = two_keys();
    sandbox.encrypted("secret.yaml", SECRETS);
    let rules = format!(
        "creation_rules:\n  - key_groups:\n      - age: [{}]\n      - age: [{}]\n",
        sandbox.key.recipient, other.recipient
    );
    sandbox.write(".sops.yaml", rules);
    let run = sandbox.secrets(["updatekeys", "-y", "secret.yaml"]).run();
    run.assert_success().assert_stderr("  group 2\n").assert_stderr("  groups needed: any -> 2\n");
    sandbox.secrets(["updatekeys", "--check", "secret.yaml"]).run().assert_success();
    let other_rules = format!("creation_rules: [{{age: {}}}]\n", other.recipient);
    sandbox.write("other.yaml", other_rules);
    for command in ["updatekeys", "status"] {
        let run = sandbox.secrets([command, "--check", "--config", "other.yaml", "secret.yaml"]).run();
        run.assert_code(1);
    }
    assert!(!opens(&sandbox, &other, "secret.yaml"));
}
