//! `status`: what can be told about files without opening them.

use super::sandbox::{SECRETS, Sandbox, failure};

#[test]
fn one_file_in_full() {
    let sandbox = Sandbox::new();
    sandbox.encrypted("secret.yaml", "a_unencrypted: 1\nb: text\nc: [x, 2]\n");
    let run = sandbox.secrets(["status", "secret.yaml"]).run();
    let own = &sandbox.key.recipient;
    assert_eq!(run.assert_success().stderr(), "");
    for line in [
        "secret.yaml\n".to_owned(),
        "  store       yaml\n".to_owned(),
        "  written by  sops 3.13.3\n".to_owned(),
        "(now)\n".to_owned(),
        format!("  opens by    age {own}  (yours)\n"),
        "  you         can open it\n".to_owned(),
        "  selector    unencrypted_suffix \"_unencrypted\"\n".to_owned(),
        "  values      3 encrypted, 1 readable\n".to_owned(),
        "  rule        as ".to_owned(),
    ] {
        run.assert_stdout(&line);
    }
}

#[test]
fn folders_show_what_is_encrypted_in_them() {
    let mut sandbox = Sandbox::new();
    for (name, text) in [
        ("prod/secret.yaml", SECRETS),
        ("prod/secret.json", "{\"a\": 1}\n"),
        ("prod/secret.env", "A=1\n"),
        ("dev/secret.ini", "[a]\nb = 1\n"),
        ("dev/secret.pem", "key\n"),
    ] {
        sandbox.encrypted(name, text);
    }
    sandbox.write("prod/values.yaml", "a: 1\n");
    sandbox.write("README.md", "Values look like ENC[AES256_GCM,data:YQ==,iv:YQ==,tag:YQ==,type:str].\n");
    sandbox.write("prod/.git/secret.yaml", sandbox.read("prod/secret.yaml"));
    let listed = |sandbox: &Sandbox, place: &[&str]| {
        let run = sandbox.secrets(["status"].iter().chain(place)).run();
        let rows = run.assert_success().stdout().lines().skip(1);
        rows.map(|row| row.split_whitespace().next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let all = ["dev/secret.ini", "dev/secret.pem", "prod/secret.env", "prod/secret.json", "prod/secret.yaml"];
    fs_err::remove_dir_all(sandbox.path("prod/.git")).unwrap();
    assert_eq!(listed(&sandbox, &[]), all);
    assert_eq!(listed(&sandbox, &["dev", "prod/secret.env"]), [all[0], all[1], all[2]]);

    sandbox.git(["init", "-q"]).run().assert_success();
    sandbox.write(".gitignore", "*.env\n");
    assert_eq!(listed(&sandbox, &["."]), [all[0], all[1], all[3], all[4]]);

    sandbox.unset("SOPS_AGE_KEY_FILE");
    let run = sandbox.secrets(["status"]).run();
    let rows: Vec<Vec<&str>> =
        run.assert_success().stdout().lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["FILE", "STORE", "KEYS", "YOURS", "ENCRYPTED", "CHANGED", "RULE"]);
    assert_eq!(rows[4][..8], ["prod/secret.yaml", "yaml", "1", "age", "no", "4", "of", "4"], "{run}");
    assert_eq!(rows[4].last(), Some(&"follows"));
}

#[test]
fn what_does_not_follow_its_rule_is_named() {
    let sandbox = Sandbox::new();
    sandbox.encrypted("secret.yaml", "a: text\nb: [x, 2]\n");
    let check = || sandbox.secrets(["status", "--check", "secret.yaml"]).run();
    check().assert_success();

    let spoilt = sandbox.read("secret.yaml").replacen("a: ", "added: {deep: [shown]}\na: ", 1);
    sandbox.write("secret.yaml", &spoilt);
    let run = check();
    run.assert_stdout("readable, though the file says encrypted: added.deep[0]\n").assert_nowhere("shown");
    let end = "error: 1 of 1 file does not follow the rules\n";
    assert!(failure(&run).starts_with(end), "{run}");

    sandbox.write("secret.yaml", "");
    sandbox.encrypted("secret.yaml", "a: text\n");
    let other = "age1mqq2rjxcga730khquz96yd89axq5u97y2pshqm35fxf6nu8n599sgwwr93";
    let rule = format!("creation_rules: [{{path_regex: secret, age: {other}, encrypted_regex: ^a$}}]\n");
    sandbox.write(".sops.yaml", rule);
    let run = check();
    run.assert_code(1).assert_stdout(&format!("    - age {}\n    + age {other}\n", sandbox.key.recipient));
    run.assert_stdout("selector: unencrypted_suffix \"_unencrypted\" -> encrypted_regex \"^a$\"\n");

    fs_err::remove_file(sandbox.path(".sops.yaml")).unwrap();
    check().assert_code(1).assert_stdout("no rule: there is no .sops.yaml\n");
    sandbox.secrets(["status", "secret.yaml"]).run().assert_success();
}

#[test]
fn plain_and_broken_files() {
    let sandbox = Sandbox::new();
    sandbox.write("secret.yaml", "a: 1\n");
    sandbox.write("plain.yaml", "a: 1\n");
    let run = sandbox.secrets(["status", "secret.yaml", "plain.yaml"]).run();
    let said = "secret.yaml: not encrypted, though there is a rule for it\nplain.yaml: not encrypted\n";
    assert_eq!(run.assert_success().stdout(), said);
    let run = sandbox.secrets(["status", "--check", "secret.yaml", "plain.yaml"]).run();
    assert!(failure(&run).starts_with("error: 1 of 2 files does not follow the rules\n"), "{run}");

    let whole = sandbox.encrypted("secret.yaml", SECRETS);
    sandbox.write("cut.yaml", &whole[..whole.find("\nsops:").unwrap()]);
    for place in ["cut.yaml", "."] {
        let run = sandbox.secrets(["status", place]).run();
        assert!(
            failure(&run).starts_with("error: cut.yaml holds ciphertext, but its sops block is"),
            "{run}"
        );
    }
    let run = sandbox.secrets(["status", "none.yaml"]).run();
    assert!(failure(&run).contains("none.yaml"), "{run}");
    assert!(
        failure(&run).ends_with("  hint: for a release, helm's own command: helm status none.yaml\n"),
        "{run}"
    );
}

#[test]
fn a_key_service_is_not_asked() {
    let sandbox = Sandbox::new();
    // A file of another writer, whose only key is in a service.
    let text = sandbox.encrypted("secret.yaml", "a: 1\n");
    let age = text.find("age:\n").unwrap();
    let end = text.find("lastmodified:").unwrap();
    let indent = text[..age].rsplit('\n').next().unwrap();
    let service = "hc_vault: [{vault_address: 'http://127.0.0.1:1', engine_path: sops, key_name: k, \
                   created_at: '2026-01-01T00:00:00Z', enc: 'vault:v1:AAAA'}]";
    sandbox.write("secret.yaml", format!("{}{service}\n{indent}{}", &text[..age], &text[end..]));
    let run = sandbox.secrets(["status", "-o", "json", "secret.yaml"]).run();
    assert_eq!(run.assert_success().json()[0]["openable"], serde_json::Value::Null, "{run}");
    let run = sandbox.secrets(["status", "secret.yaml"]).run();
    run.assert_success().assert_stdout("only the key service knows\n");
    run.assert_stdout("hc_vault http://127.0.0.1:1/v1/sops/keys/k\n");
}

#[test]
fn json_has_it_all() {
    let sandbox = Sandbox::new();
    sandbox.encrypted("secret.yaml", SECRETS);
    sandbox.write("plain.yaml", "a: 1\n");
    let run = sandbox.secrets(["status", "-o", "json", "secret.yaml", "plain.yaml"]).run();
    let json = run.assert_success().json();
    let file = &json[0];
    assert_eq!(file["file"], "secret.yaml");
    let key = serde_json::json!({"type": "age", "key": sandbox.key.recipient, "yours": true});
    assert_eq!(file["groups"], serde_json::json!([[key]]));
    assert_eq!(file["openable"], true);
    assert_eq!(file["sopsVersion"], "3.13.3");
    let selector = serde_json::json!({"field": "unencrypted_suffix", "value": "_unencrypted"});
    assert_eq!(file["selector"], selector);
    assert_eq!(file["values"], serde_json::json!({"encrypted": 4, "readable": 0, "exposed": []}));
    assert_eq!(file["rule"]["follows"], true);
    assert!(file["rule"]["file"].as_str().unwrap().ends_with(".sops.yaml"), "{run}");
    assert_eq!(json[1]["encrypted"], false);
}
