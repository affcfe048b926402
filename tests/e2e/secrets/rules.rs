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

#[test]
fn flags_stand_in_for_the_rule() {
    let sandbox = Sandbox::new();
    let own = sandbox.key.recipient.clone();
    let rules =
        format!("creation_rules: [{{path_regex: secrets, age: {own}, encrypted_regex: ^password$}}]\n");
    sandbox.write(".sops.yaml", &rules);
    sandbox.write("secrets.yaml", SECRETS);
    sandbox.write("other.yaml", SECRETS);
    let encrypt = |arguments: &[&str]| sandbox.secrets([&["encrypt"], arguments].concat()).run();
    let both = format!("{FOREIGN},{own}");
    let run =
        encrypt(&["--age", &both, "--encrypted-regex", "^user$", "--mac-only-encrypted", "secrets.yaml"]);
    let text = run.assert_success().stdout();
    assert_eq!(recipients(text), [FOREIGN, &own]);
    assert!(text.contains("user: ENC[") && text.contains("encrypted_regex: ^user$"), "{run}");
    assert!(text.contains("mac_only_encrypted: true"), "{run}");

    // A selector of another kind would turn the rule around.
    let run = encrypt(&["-i", "--unencrypted-regex", "^user$", "secrets.yaml"]);
    let expected = format!(
        "error: --unencrypted-regex and the encrypted_regex of the rule exclude each other\n  \
         hint: the rule is in {}, line 1, column 18\n",
        sandbox.path(".sops.yaml").display()
    );
    assert_eq!(failure(&run), expected);
    assert!(
        failure(&encrypt(&["--encrypted-regex", "a", "--encrypted-suffix", "b", "secrets.yaml"]))
            .contains("cannot be used with")
    );
    assert_eq!(sandbox.read("secrets.yaml"), SECRETS);

    // Keys do not help where rules leave a file out; other rules do.
    let run = encrypt(&["--age", FOREIGN, "other.yaml"]);
    assert!(failure(&run).contains("no creation rule matches other.yaml"), "{run}");
    sandbox.write(
        "rules/any.yaml",
        format!("creation_rules: [{{age: {FOREIGN}}}]\nstores: {{yaml: {{indent: 3}}}}\n"),
    );
    let run = encrypt(&["--config", "rules/any.yaml", "other.yaml"]);
    assert_eq!(recipients(run.assert_success().stdout()), [FOREIGN]);
    assert!(run.stdout().contains("\nsops:\n   age:\n"), "{run}");
    let run = encrypt(&["--config", "rules/any.yaml", "--indent", "5", "other.yaml"]);
    assert!(run.assert_success().stdout().contains("\nsops:\n     age:\n"), "{run}");
    let run = encrypt(&["--config", "rules/none.yaml", "other.yaml"]);
    assert!(failure(&run).contains("rules/none.yaml"), "{run}");
}

#[test]
fn keys_are_enough_where_there_are_no_rules() {
    let sandbox = Sandbox::new();
    sandbox.write("secrets.yaml", SECRETS);
    for rules in ["", "stores: {}\n", "creation_rules:\n"] {
        sandbox.write(".sops.yaml", rules);
        let run = sandbox.secrets(["encrypt", "--age", FOREIGN, "secrets.yaml"]).run();
        assert_eq!(recipients(run.assert_success().stdout()), [FOREIGN], "{rules:?}");
    }
    fs_err::rename(sandbox.path(".sops.yaml"), sandbox.path(".sops.yml")).unwrap();
    let run = sandbox.secrets(["encrypt", "--age", FOREIGN, "secrets.yaml"]).run();
    let warning =
        format!("warning: {} is not read: call it .sops.yaml\n", sandbox.path(".sops.yml").display());
    assert_eq!(run.assert_success().stderr(), warning);
    // Also where there are rules farther up.
    sandbox.write("below/secrets.yaml", SECRETS);
    fs_err::rename(sandbox.path(".sops.yml"), sandbox.path("below/.sops.yml")).unwrap();
    sandbox.write(".sops.yaml", format!("creation_rules: [{{age: {FOREIGN}}}]\n"));
    let run = sandbox.secrets(["encrypt", "below/secrets.yaml"]).run();
    assert!(run.assert_success().stderr().contains("below/.sops.yml is not read"), "{run}");
    fs_err::remove_file(sandbox.path(".sops.yaml")).unwrap();
    fs_err::rename(sandbox.path("below/.sops.yml"), sandbox.path(".sops.yml")).unwrap();
    let run = sandbox.secrets(["encrypt", "secrets.yaml"]).run();
    assert!(failure(&run).contains("hint: ") && failure(&run).contains("call it .sops.yaml"), "{run}");
}

#[test]
fn a_file_to_be_has_the_same_flags() {
    let mut sandbox = Sandbox::new();
    let editor = sandbox.script("editor", "printf 'user: x\\npassword: y\\n' > \"$1\"");
    sandbox.set("SOPS_EDITOR", editor);
    let both = format!("{FOREIGN},{}", sandbox.key.recipient);
    let arguments = ["edit", "--age", &both, "--encrypted-suffix", "word", "new-secrets.yaml"];
    sandbox.secrets(arguments).run().assert_success();
    let text = sandbox.read("new-secrets.yaml");
    assert_eq!(recipients(&text), [FOREIGN, &sandbox.key.recipient]);
    assert!(text.contains("user: x\n") && text.contains("encrypted_suffix: word"), "{text}");
}

/// Rules for [`explained`], and what is said about `prod/secrets.yaml` with the folder for `DIR`.
const EXPLAINED: &str = "creation_rules:
  - path_regex: ^dev/
    age: FOREIGN
  - path_regex: ^prod/
    shamir_threshold: 2
    encrypted_regex: ^(pass|list)
    mac_only_encrypted: true
    key_groups:
      - age: [OWN, FOREIGN]
      - pgp: [85D77543B3D624B63CEA9E6DBC17301B491B3F21]
  - age: OWN
";
const EXPLANATION: &str = "prod/secrets.yaml
  rules     DIR/.sops.yaml, the first one from the folder of the file upwards
  path      prod/secrets.yaml, which each path_regex is matched with
  rule 1    line 2   path_regex ^dev/   does not match
  rule 2    line 4   path_regex ^prod/  matches
  rule 3    line 11  every path         not reached
  group 1   age OWN
            age FOREIGN
  group 2   pgp 85D77543B3D624B63CEA9E6DBC17301B491B3F21
  needs     2 of 2 groups
  encrypts  values of keys that match ^(pass|list), and below them
  mac       covers encrypted values only
  file      yaml, plain: 3 of 4 values would be encrypted; readable: db.user
";

#[test]
fn rules_says_which_rule_counts_and_why() {
    let sandbox = Sandbox::new();
    let dir = sandbox.path(".sops.yaml").parent().unwrap().display().to_string();
    let named = |text: &str| {
        text.replace(OWN, &sandbox.key.recipient).replace("FOREIGN", FOREIGN).replace("DIR", &dir)
    };
    sandbox.write(".sops.yaml", named(EXPLAINED));
    sandbox.write("prod/secrets.yaml", "db: {user: a, password: b}\nlist: [1, 2]\nempty: ''\n");
    let run = sandbox.secrets(["rules", "prod/secrets.yaml"]).run();
    run.assert_success().assert_stdout(&named(EXPLANATION));

    let run = sandbox.secrets(["rules", "-o", "json", "../prod/secrets.yaml", "new.env"]);
    let found = run.current_dir(sandbox.path("prod")).run();
    let found = found.assert_success().json();
    assert_eq!(found[0]["path"], "prod/secrets.yaml");
    assert_eq!(found[0]["rules"][1]["state"], "matches");
    assert_eq!(found[0]["newFile"]["groups"][1][0]["type"], "pgp");
    assert_eq!(found[0]["values"]["readable"][0], "db.user");
    assert_eq!((&found[1]["store"], &found[1]["state"]), (&"dotenv".into(), &"missing".into()));
    assert_eq!(found[1]["path"], "prod/new.env");
}

#[test]
fn rules_without_a_match_say_so() {
    let sandbox = Sandbox::new();
    sandbox.write(".sops.yaml", format!("creation_rules: [{{path_regex: nothing, age: {FOREIGN}}}]\n"));
    sandbox.write("secrets.yaml", SECRETS);
    let run = sandbox.secrets(["rules", "secrets.yaml"]).run();
    assert!(failure(&run).contains("no creation rule matches secrets.yaml"), "{run}");
    assert!(run.stdout().contains("path_regex nothing  does not match\n"), "{run}");
    let run = sandbox.secrets(["rules", "-o", "json", "secrets.yaml"]).run();
    assert_eq!(run.assert_code(1).json()[0]["newFile"], serde_json::Value::Null);
    fs_err::remove_file(sandbox.path(".sops.yaml")).unwrap();
    let run = sandbox.secrets(["rules", "secrets.yaml"]).run();
    assert!(failure(&run).contains("no .sops.yaml says who can read"), "{run}");
}

#[test]
fn rules_know_the_environment_and_what_is_there() {
    let mut sandbox = Sandbox::new();
    let file = sandbox.encrypted("secrets.yaml", SECRETS);
    let rules = format!("creation_rules: [{{age: {FOREIGN}, encrypted_regex: ^password$}}]\n");
    sandbox.write("elsewhere.yaml", rules);
    sandbox.set("SOPS_CONFIG", "elsewhere.yaml");
    sandbox.set("SOPS_VAULT_URIS", "https://vault:8200/v1/sops/keys/team");
    let run = sandbox.secrets(["rules", "secrets.yaml"]).run();
    let said = run.assert_success().stdout();
    for expected in [
        "  rules     elsewhere.yaml, named by SOPS_CONFIG\n",
        "  keys      hc_vault https://vault:8200/v1/sops/keys/team\n            from the environment, instead of",
        "  file      yaml, encrypted; it keeps its own unencrypted_suffix \"_unencrypted\"\n",
    ] {
        assert!(said.contains(expected), "{expected}\n{run}");
    }
    assert_eq!(sandbox.read("secrets.yaml"), file);
    sandbox.write("bad.json", "{\"a\": ");
    let run = sandbox.secrets(["rules", "bad.json"]).run();
    assert!(run.assert_success().stdout().contains("json, cannot be encrypted: line 1"), "{run}");
}
