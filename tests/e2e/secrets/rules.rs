//! Who can read a new file: `.sops.yaml`, SOPS_AGE_RECIPIENTS, SOPS_CONFIG.

use super::sandbox::{SECRETS, Sandbox, failure};

/// Stands in the rules below for the recipient of the sandbox.
const OWN: &str = "OWN";
/// A recipient whose identity nobody has.
const FOREIGN: &str = "age1mqq2rjxcga730khquz96yd89axq5u97y2pshqm35fxf6nu8n599sgwwr93";

fn recipients(encrypted: &str) -> Vec<&str> {
    encrypted.lines().filter_map(|line| line.trim().strip_prefix("recipient: ")).collect()
}

#[test]
fn the_first_rule_that_matches_counts_from_any_folder() {
    let sandbox = Sandbox::new();
    let own = &sandbox.key.recipient;
    let rules = format!(
        "creation_rules:\n  \
         - {{path_regex: ^prod/.*\\.yaml$, age: '{own}, {FOREIGN}'}}\n  \
         - {{path_regex: prod, age: {FOREIGN}}}\n  \
         - {{age: {own}, encrypted_regex: ^password$}}\n"
    );
    sandbox.write(".sops.yaml", rules);
    for file in ["prod/secrets.yaml", "other/prod/secrets.yaml", "dev/secrets.yaml"] {
        sandbox.write(file, SECRETS);
    }
    let read_by = |file: &str, folder: &str| {
        let run = sandbox.secrets(["encrypt", file]).current_dir(folder).run();
        recipients(run.assert_success().stdout()).join(" ")
    };
    let both = format!("{own} {FOREIGN}");
    assert_eq!(read_by("prod/secrets.yaml", "."), both);
    assert_eq!(read_by("secrets.yaml", "prod"), both);
    assert_eq!(read_by("../prod/secrets.yaml", "dev"), both);
    assert_eq!(read_by("other/prod/secrets.yaml", "."), FOREIGN);

    let run = sandbox.secrets(["encrypt", "dev/secrets.yaml"]).run();
    let text = run.assert_success().stdout();
    assert!(text.contains("user: app\n") && text.contains("password: ENC["), "{run}");
    assert!(text.contains("encrypted_regex: ^password$"), "{run}");
}

#[test]
fn the_environment_names_recipients_and_rules() {
    let mut sandbox = Sandbox::new();
    sandbox.write("secrets.yaml", SECRETS);
    let own = sandbox.key.recipient.clone();
    let encrypt = |sandbox: &Sandbox| {
        let run = sandbox.secrets(["encrypt", "secrets.yaml"]).run();
        recipients(run.assert_success().stdout()).join(" ")
    };
    sandbox.write("elsewhere.yaml", format!("creation_rules: [{{age: {FOREIGN}}}]\n"));
    sandbox.set("SOPS_CONFIG", "elsewhere.yaml");
    assert_eq!(encrypt(&sandbox), FOREIGN);
    sandbox.unset("SOPS_CONFIG");

    sandbox.set("SOPS_AGE_RECIPIENTS", format!("{FOREIGN}, {own}"));
    assert_eq!(encrypt(&sandbox), format!("{FOREIGN} {own}"));
    fs_err::remove_file(sandbox.path(".sops.yaml")).unwrap();
    assert_eq!(encrypt(&sandbox), format!("{FOREIGN} {own}"));
}

#[test]
fn without_a_rule_it_says_what_to_write() {
    let sandbox = Sandbox::new();
    fs_err::remove_file(sandbox.path(".sops.yaml")).unwrap();
    let file = sandbox.write("secrets.yaml", SECRETS);
    let expected = format!(
        "error: no .sops.yaml says who can read {}\n  \
         hint: create .sops.yaml in the root of the repository, with a line such as\n  \
         hint: creation_rules: [{{path_regex: secrets, age: AGE-RECIPIENT}}]\n  \
         hint: a recipient is what age-keygen prints as the public key\n",
        file.display()
    );
    let run = sandbox.secrets(["encrypt", "-i", "secrets.yaml"]).run();
    assert_eq!(failure(&run), expected);
    assert_eq!(sandbox.read("secrets.yaml"), SECRETS);
}

#[test]
fn a_rule_that_cannot_be_used_is_named_with_its_place() {
    let sandbox = Sandbox::new();
    sandbox.write("secrets.yaml", SECRETS);
    let file = sandbox.path(".sops.yaml");
    let cases = [
        (
            "creation_rules: [{path_regex: nothing, age: OWN}]\n",
            ": no creation rule matches secrets.yaml",
            Some("add a rule for it; the first whose path_regex matches counts"),
        ),
        ("stores: {}\n", ": it has no creation_rules", Some("add creation_rules: [{age: AGE-RECIPIENT}]")),
        (
            "creation_rules:\n  - path_regex: secrets\n",
            ": line 2, column 5: the rule names no recipient",
            Some("add `age: AGE-RECIPIENT`; age-keygen prints one as the public key"),
        ),
        ("creation_rules:\n  - {path_regex: '(', age: OWN}\n", ": line 2, column 18: path_regex: ", None),
        ("creation_rules:\n  - {age: [OWN\n", ": line 2, column 11: unclosed bracket", None),
        (
            "creation_rules:\n  - {age: OWN, encrypted_regex: a, unencrypted_regex: b}\n",
            "encrypted_regex exclude each other",
            None,
        ),
        (
            "creation_rules:\n  - {age: OWN, pgp: 85D77543B3D624B63CEA9E6DBC17301B491B3F21}\n",
            ": line 2, column 5: the rule asks for pgp keys, which are not supported",
            None,
        ),
        (
            "creation_rules:\n  - key_groups: [{age: [OWN]}, {age: [OWN]}]\n",
            ": line 2, column 5: the rule splits the key over 2 groups, which is not supported",
            None,
        ),
    ];
    for (rules, expected, hint) in cases {
        sandbox.write(".sops.yaml", rules.replace(OWN, &sandbox.key.recipient));
        let run = sandbox.secrets(["encrypt", "-i", "secrets.yaml"]).run();
        let said = failure(&run);
        assert!(said.starts_with(&format!("error: {}:", file.display())), "{rules}{run}");
        assert!(said.lines().next().unwrap().contains(expected), "{expected}:\n{run}");
        if let Some(hint) = hint {
            assert!(said.ends_with(&format!("\n  hint: {hint}\n")), "{hint}:\n{run}");
        }
        assert_eq!(sandbox.read("secrets.yaml"), SECRETS);
    }
}

#[test]
fn a_recipient_that_is_none_is_named() {
    let sandbox = Sandbox::new();
    sandbox.write("secrets.yaml", SECRETS);
    sandbox.write(".sops.yaml", "creation_rules: [{age: age1wrong}]\n");
    let run = sandbox.secrets(["encrypt", "-i", "secrets.yaml"]).run();
    assert!(failure(&run).contains("age1wrong"), "{run}");
    let identity = &sandbox.key.identity;
    sandbox.write(".sops.yaml", format!("creation_rules: [{{age: {identity}}}]\n"));
    let run = sandbox.secrets(["encrypt", "-i", "secrets.yaml"]).run();
    failure(&run);
    run.assert_nowhere(identity);
    assert_eq!(sandbox.read("secrets.yaml"), SECRETS);
}
