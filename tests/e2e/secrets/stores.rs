//! Every store, by name, by flag and by content; standard input and other outputs.

use testkit::Edit;

use super::sandbox::{SECRETS, Sandbox, failure, rendered};

/// A text of each store, with a value that must not show.
const TEXTS: [(&str, &[u8]); 7] = [
    ("secret.yaml", SECRETS.as_bytes()),
    ("secret.json", b"{\n  \"db\": {\"password\": \"correct-horse\"},\n  \"port\": 5432\n}\n"),
    ("secret.env", b"# database\nPASSWORD=correct-horse\n\nUSER=app\n"),
    ("secret.ini", b"; database\n[db]\npassword = correct-horse\n"),
    ("secret.pem", b"-----BEGIN KEY-----\ncorrect-horse\n-----END KEY-----\n"),
    ("secret.bin", b"\x00\xff correct-horse \xfe"),
    ("secret", b"correct-horse"),
];

#[test]
fn every_store_comes_back_byte_for_byte() {
    let sandbox = Sandbox::new();
    for (name, text) in TEXTS {
        sandbox.write(name, text);
        sandbox.secrets(["encrypt", "-i", name]).run().assert_success();
        let encrypted = sandbox.read(name);
        assert!(encrypted.contains("ENC[AES256_GCM,") && !encrypted.contains("correct-horse"), "{encrypted}");
        let run = sandbox.secrets(["decrypt", name]).run();
        assert_eq!((run.assert_success().stdout_bytes(), run.stderr()), (text, ""), "{name}");
        let sops = sandbox.sops(["decrypt", name]).run();
        sops.assert_success();
        let again = sandbox.secrets(["encrypt", "-i", name]).run();
        assert!(failure(&again).starts_with(&format!("error: {name} is already encrypted\n")), "{again}");
        sandbox.secrets(["decrypt", "-i", name]).run().assert_success();
        assert_eq!(fs_err::read(sandbox.path(name)).unwrap(), text, "{name}");
    }
}

#[test]
fn the_content_says_the_store_where_the_name_does_not() {
    let sandbox = Sandbox::new();
    for (name, text) in TEXTS {
        sandbox.write(name, text);
        sandbox.plugin(["encrypt", "-i", name]).run().assert_success();
        sandbox.write("renamed.txt", sandbox.read(name));
        let run = sandbox.secrets(["decrypt", "renamed.txt"]).run();
        assert_eq!(run.assert_success().stdout_bytes(), text, "{name}");
        let piped = sandbox.secrets(["decrypt"]).stdin(sandbox.read(name)).run();
        assert_eq!(piped.assert_success().stdout_bytes(), text, "{name} from standard input");
    }
}

#[test]
fn flags_say_the_store() {
    let sandbox = Sandbox::new();
    sandbox.write("secret.txt", "a: correct-horse\n");
    let run = sandbox.secrets(["encrypt", "--input-type", "yaml", "secret.txt"]).run();
    assert!(run.assert_success().stdout().starts_with("a: ENC["), "{run}");
    let run = sandbox.secrets(["decrypt", "--input-type", "yaml"]).stdin(run.stdout()).run();
    assert_eq!(run.assert_success().stdout(), "a: correct-horse\n");

    sandbox.encrypted("secret.yaml", "a: 1\nb: text\n");
    let run = sandbox.secrets(["decrypt", "--output-type", "json", "secret.yaml"]).run();
    assert_eq!(run.assert_success().json(), serde_json::json!({"a": 1, "b": "text"}), "{run}");
    let run = sandbox.secrets(["decrypt", "--output-type", "dotenv", "secret.yaml"]).run();
    assert_eq!(run.assert_success().stdout(), "a=1\nb=text\n");
    sandbox.write("secret-2.yaml", "a: correct-horse\n");
    let run = sandbox.secrets(["encrypt", "--output-type", "json", "secret-2.yaml"]).run();
    let run = sandbox.secrets(["decrypt"]).stdin(run.assert_success().stdout()).run();
    assert_eq!(run.assert_success().json(), serde_json::json!({"a": "correct-horse"}));

    for command in ["encrypt", "decrypt", "edit", "set", "rotate", "updatekeys", "exec-file"] {
        let run = sandbox.secrets([command, "--input-type", "yml", "secret.yaml", "x", "y"]).run();
        let expected = "[possible values: yaml, json, dotenv, ini, binary]";
        assert!(failure(&run).contains(expected), "{run}");
    }
    let run = sandbox.secrets(["decrypt", "--input-type", "dotenv", "secret.yaml"]).run();
    assert!(failure(&run).starts_with("error: "), "{run}");
    assert_eq!(run.stdout(), "");
}

#[test]
fn standard_input_is_encrypted_under_the_name_it_will_have() {
    let sandbox = Sandbox::new();
    for file in [None, Some("-")] {
        let encrypt = |flags: &[&str]| sandbox.secrets(["encrypt"].iter().chain(flags).chain(file.iter()));
        let run = encrypt(&["--filename-override", "secret.env"]).stdin("A=correct-horse\n").run();
        assert!(run.assert_success().stdout().starts_with("A=ENC["), "{run}");
        let run = encrypt(&[]).stdin("a: 1\n").run();
        assert!(failure(&run).contains("hint: say which file it will be: --filename-override"), "{run}");
        let run = encrypt(&["-i", "--filename-override", "secret.yaml"]).stdin("a: 1\n").run();
        assert!(failure(&run).starts_with("error: standard input cannot be replaced\n"), "{run}");
    }
    let run = sandbox.secrets(["encrypt", "--filename-override", "other.yaml"]).stdin("a: 1\n").run();
    assert!(failure(&run).contains("no creation rule matches other.yaml"), "{run}");
    let run = sandbox.secrets(["decrypt"]).stdin("a: 1\n").run();
    assert_eq!(failure(&run), "error: standard input is not encrypted\n");
}

#[test]
fn the_result_goes_to_another_file() {
    use std::os::unix::fs::PermissionsExt as _;

    let sandbox = Sandbox::new();
    sandbox.write("secret.yaml", SECRETS);
    let run = sandbox.secrets(["encrypt", "--output", "secret.enc.yaml", "secret.yaml"]).run();
    assert_eq!((run.assert_success().stdout(), run.stderr()), ("", "secret.enc.yaml: encrypted\n"));
    assert_eq!(sandbox.read("secret.yaml"), SECRETS);
    let run = sandbox.secrets(["decrypt", "--output", "plain.yaml", "secret.enc.yaml"]).run();
    assert_eq!(run.assert_success().stderr(), "plain.yaml: decrypted; do not commit it\n");
    assert_eq!(sandbox.read("plain.yaml"), SECRETS);
    let mode = fs_err::metadata(sandbox.path("plain.yaml")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let run = sandbox.secrets(["decrypt", "-i", "--output", "x.yaml", "secret.enc.yaml"]).run();
    assert!(failure(&run).contains("cannot be used with"), "{run}");
}

#[test]
fn several_files_follow_each_other_only_as_yaml() {
    let sandbox = Sandbox::new();
    sandbox.encrypted("secret-a.yaml", "a: one\n");
    sandbox.encrypted("secret-b.json", "{\"b\": \"two\"}\n");
    let both = ["decrypt", "secret-a.yaml", "secret-b.json"];
    let run = sandbox.secrets(both).run();
    let said = failure(&run);
    assert!(said.starts_with("error: nothing separates secret-b.json from the file before"), "{run}");
    let run = sandbox.secrets(both).arg("--output-type").arg("yaml").run();
    assert_eq!(run.assert_success().stdout(), "a: one\n---\nb: two\n");
}

#[test]
fn a_part_is_extracted_as_sops_does() {
    let sandbox = Sandbox::new();
    sandbox.encrypted("secret.yaml", "a:\n  b: [one, 2]\n  # why\n  c: {d: true}\n");
    for path in [r#"["a"]["b"][0]"#, r#"["a"]["b"][1]"#, r#"["a"]["c"]["d"]"#] {
        let ours = sandbox.secrets(["decrypt", "--extract", path, "secret.yaml"]).run();
        let sops = sandbox.sops(["decrypt", "--extract", path, "secret.yaml"]).run();
        assert_eq!(ours.assert_success().stdout(), sops.assert_success().stdout(), "{path}");
    }
    let run = sandbox.secrets(["decrypt", "--extract", "a.c", "secret.yaml"]).run();
    assert!(run.assert_success().stdout().contains("d: true"), "{run}");
    let run = sandbox.secrets(["decrypt", "--extract", "a.x", "secret.yaml"]).run();
    assert!(failure(&run).starts_with("error: secret.yaml: "), "{run}");
}

#[test]
fn a_changed_file_is_opened_only_on_request_and_says_so() {
    let mut sandbox = Sandbox::new();
    let text = "a_unencrypted: seen\nb: correct-horse\n";
    let encrypted = sandbox.encrypted("secret.yaml", text);
    let tampered = encrypted.replace("a_unencrypted: seen", "a_unencrypted: other");
    sandbox.write("secret.yaml", &tampered);
    for command in ["decrypt", "view", "edit", "get"] {
        let run =
            sandbox.secrets([command, "secret.yaml"].iter().chain((command == "get").then_some(&"b"))).run();
        let said = failure(&run);
        assert!(said.contains("the MAC does not match the values"), "{run}");
        run.assert_nowhere("correct-horse");
    }
    let warning = "warning: secret.yaml: the MAC does not match the values; the file was changed or merged by \
                   hand; opened because of --ignore-mac\n";
    let plain = text.replace("seen", "other");
    for command in ["decrypt", "view"] {
        let run = sandbox.secrets([command, "--ignore-mac", "secret.yaml"]).run();
        assert_eq!((run.assert_success().stdout(), run.stderr()), (plain.as_str(), warning));
    }
    sandbox.editor(&[vec![Edit::Expect(plain.clone()), Edit::Append("c: 1\n".to_owned())]]);
    let run = sandbox.secrets(["edit", "--ignore-mac", "secret.yaml"]).run();
    let said = format!("{warning}secret.yaml: encrypted anew, with a MAC that matches\n");
    assert_eq!(run.assert_success().stderr(), said);
    assert_eq!(sandbox.decrypted("secret.yaml"), format!("{plain}c: 1\n"));
    let run = sandbox.secrets(["decrypt", "--ignore-mac", "secret.yaml"]).run();
    let said = "warning: secret.yaml: its MAC is in order, --ignore-mac is not needed\n";
    assert_eq!(run.assert_success().stderr(), said);
}

#[test]
fn every_store_is_edited() {
    let mut sandbox = Sandbox::new();
    for (name, text) in TEXTS {
        sandbox.write(name, text);
        sandbox.plugin(["encrypt", "-i", name]).run().assert_success();
        let editor = sandbox.script("editor", "sed -i s/correct-horse/battery-staple/ \"$1\"");
        sandbox.set("EDITOR", editor);
        let run = sandbox.secrets(["edit", name]).run();
        run.assert_success().assert_stderr(&format!("{name}: 1 value changed"));
        let after = sandbox.plugin(["decrypt", name]).run();
        let find = |text: &[u8], word: &[u8]| text.windows(word.len()).any(|window| window == word);
        assert!(find(after.stdout_bytes(), b"battery-staple"), "{after}");
        sandbox.sops(["decrypt", name]).run().assert_success();
    }
    for (name, text) in
        [("new-secret.json", "{\"a\": 1}\n"), ("new-secret.env", "A=1\n"), ("new-secret.ini", "[a]\nb = 1\n")]
    {
        sandbox.editor(&[vec![Edit::Write(text.to_owned())]]);
        let run = sandbox.secrets(["edit", name]).run();
        assert_eq!(run.assert_success().stderr(), format!("{name}: created\n"));
        assert_eq!(sandbox.decrypted(name), text);
    }
}

#[test]
fn helm_gets_values_of_any_store() {
    let sandbox = Sandbox::new();
    sandbox.chart();
    sandbox.encrypted("secret.json", "{\"a\": {\"b\": \"correct-horse\"}}\n");
    sandbox.write("secret.pem", TEXTS[4].1);
    sandbox.plugin(["encrypt", "-i", "secret.pem"]).run().assert_success();
    let run = sandbox
        .secrets(["template", "x", "chart", "-f", "secret.json", "--set-file", "key=secret.pem"])
        .run();
    let expected = serde_json::json!({
        "a": {"b": "correct-horse"},
        "key": std::str::from_utf8(TEXTS[4].1).unwrap(),
    });
    assert_eq!(rendered(&run), expected);
}
