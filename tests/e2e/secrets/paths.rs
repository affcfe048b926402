//! `get`, `set` and `unset`: one value at a time.

use super::sandbox::{SECRETS, Sandbox, failure};

#[test]
fn a_value_is_printed_as_it_is() {
    let sandbox = Sandbox::new();
    let text = "db:\n  password: correct-horse  # why\n  hosts: [one, 2]\n  on: true\nkey: |\n  a\n  b\nnull: null\n";
    sandbox.encrypted("secret.yaml", &text.replace("null: null\n", ""));
    for (path, expected) in [
        ("db.password", "correct-horse"),
        (r#"["db"]["password"]"#, "correct-horse"),
        ("db.hosts[0]", "one"),
        ("db.hosts[1]", "2\n"),
        ("db.on", "true\n"),
        ("key", "a\nb\n"),
    ] {
        let run = sandbox.secrets(["get", "secret.yaml", path]).run();
        assert_eq!((run.assert_success().stdout(), run.stderr()), (expected, ""), "{path}");
    }
    for (path, expected) in [
        ("db.password", "\"correct-horse\""),
        ("db.hosts", "[\"one\",2]"),
        ("db.on", "true"),
        ("key", "\"a\\nb\\n\""),
    ] {
        let run = sandbox.secrets(["get", "-o", "json", "secret.yaml", path]).run();
        let expected: serde_json::Value = serde_json::from_str(expected).unwrap();
        assert_eq!(run.assert_success().json(), expected, "{path}");
    }
}

#[test]
fn a_path_that_leads_nowhere_is_told_without_a_value() {
    let sandbox = Sandbox::new();
    sandbox.encrypted("secret.yaml", SECRETS);
    for path in ["db.pasword", "db.password.deeper", "list[9]", "nothing", "db.user[0]"] {
        for command in ["get", "unset"] {
            let run = sandbox.secrets([command, "secret.yaml", path]).run();
            assert!(failure(&run).starts_with("error: secret.yaml: "), "{run}");
            run.assert_nowhere("correct-horse").assert_nowhere("app");
        }
    }
    for path in ["", "a[", "[\"a\"", "a[-1]"] {
        let run = sandbox.secrets(["get", "secret.yaml", path]).run();
        assert!(failure(&run).contains("error: "), "{run}");
    }
}

#[test]
fn one_value_changes_and_nothing_else() {
    let sandbox = Sandbox::new();
    let before = sandbox.encrypted("secret.yaml", SECRETS);
    let run = sandbox.secrets(["set", "secret.yaml", r#"["db"]["password"]"#, r#""battery""#]).run();
    let said = "secret.yaml: 1 value changed (db.password), 3 kept\n";
    assert_eq!((run.assert_success().stdout(), run.stderr()), ("", said));
    assert_eq!(sandbox.decrypted("secret.yaml"), SECRETS.replace("correct-horse", "battery"));
    let after = sandbox.read("secret.yaml");
    let user = |text: &str| text.lines().find(|line| line.contains("user:")).unwrap().to_owned();
    assert_eq!(user(&before), user(&after), "other values keep their ciphertext");

    let before = sandbox.read("secret.yaml");
    for flags in [&[][..], &["--idempotent"]] {
        let run = sandbox
            .secrets(["set"].iter().chain(flags))
            .arg("secret.yaml")
            .arg("db.password")
            .arg("\"battery\"");
        assert_eq!(run.run().assert_success().stderr(), "secret.yaml: unchanged\n");
    }
    assert_eq!(sandbox.read("secret.yaml"), before);
}

#[test]
fn values_keep_their_type() {
    let sandbox = Sandbox::new();
    sandbox.encrypted("secret.yaml", "a: 1\n");
    for (flags, value, expected) in [
        (&[][..], "9007199254740993", "9007199254740993"),
        (&[], "true", "true"),
        (&[], "null", "null"),
        (&[], "-5", "-5"),
        (&[], "1.5", "1.5"),
        (&[], "\"1\"", "\"1\""),
        (&["--string"], "1", "\"1\""),
        (&["--string"], "a: b # c", "\"a: b # c\""),
        (&[], "[1, {\"b\": \"c\"}]", "[1, {\"b\": \"c\"}]"),
    ] {
        let run =
            sandbox.secrets(["set"].iter().chain(flags)).arg("secret.yaml").arg("new.value").arg(value).run();
        run.assert_success();
        let run = sandbox.secrets(["get", "-o", "json", "secret.yaml", "new.value"]).run();
        let expected: serde_json::Value = serde_json::from_str(expected).unwrap();
        assert_eq!(run.assert_success().json(), expected, "{value}");
        let sops = sandbox.sops(["decrypt", "--output-type", "json", "secret.yaml"]).run();
        assert_eq!(sops.assert_success().json()["new"]["value"], expected, "{value}");
    }
}

#[test]
fn a_value_that_is_no_json_is_refused_and_not_shown() {
    let sandbox = Sandbox::new();
    let before = sandbox.encrypted("secret.yaml", SECRETS);
    let run = sandbox.secrets(["set", "secret.yaml", "db.password", "battery-staple"]).run();
    assert!(failure(&run).starts_with("error: the value is not JSON: "), "{run}");
    assert!(failure(&run).contains("hint: for a string add --string, or quote it as JSON"), "{run}");
    run.assert_nowhere("battery-staple");
    let run = sandbox.secrets(["set", "secret.yaml", "db.password"]).run();
    assert!(
        failure(&run).starts_with("error: no value is given\n  hint: pipe it in with --value-stdin"),
        "{run}"
    );
    let run = sandbox.secrets(["set", "secret.yaml", "sops", "1"]).run();
    assert!(failure(&run).starts_with("error: secret.yaml: "), "{run}");
    assert_eq!(sandbox.read("secret.yaml"), before);
}

#[test]
fn values_come_from_standard_input_and_files() {
    let sandbox = Sandbox::new();
    sandbox.encrypted("secret.yaml", SECRETS);
    let get =
        |path: &str| sandbox.plugin(["get", "secret.yaml", path]).run().assert_success().stdout().to_owned();
    let set = |flags: &[&str], path: &str| {
        sandbox.secrets(["set"].iter().chain(flags)).arg("secret.yaml").arg(path)
    };
    set(&["--string", "--value-stdin"], "db.password").stdin("battery\n").run().assert_success();
    assert_eq!(get("db.password"), "battery");
    set(&["--value-stdin"], "db.port").stdin("5432\n").run().assert_success();
    assert_eq!(get("db.port"), "5432\n");
    let pem = "-----BEGIN KEY-----\nabc\n-----END KEY-----\n";
    sandbox.write("key.pem", pem);
    set(&["--string", "--value-file"], "db.key").arg("key.pem").run().assert_success();
    assert_eq!(get("db.key"), pem);
    sandbox.write("list.json", "[\"three\"]");
    set(&["--value-file"], "list").arg("list.json").run().assert_success();
    assert_eq!(get("list[0]"), "three");
    let run = set(&["--value-file"], "db.key").arg("none.pem").run();
    assert!(failure(&run).contains("none.pem"), "{run}");
    let run = set(&["--value-stdin"], "db.key").stdin("\u{1}").run();
    assert!(failure(&run).starts_with("error: the value is not JSON"), "{run}");
}

#[test]
fn a_value_is_removed() {
    let sandbox = Sandbox::new();
    sandbox.encrypted("secret.yaml", SECRETS);
    let run = sandbox.secrets(["unset", "secret.yaml", "db.user"]).run();
    assert_eq!(run.assert_success().stderr(), "secret.yaml: 1 value removed (db.user), 3 kept\n");
    assert_eq!(sandbox.decrypted("secret.yaml"), SECRETS.replace("  user: app\n", ""));
    let before = sandbox.read("secret.yaml");
    let run = sandbox.secrets(["unset", "--idempotent", "secret.yaml", "db.user"]).run();
    assert_eq!(run.assert_success().stderr(), "secret.yaml: unchanged\n");
    assert_eq!(sandbox.read("secret.yaml"), before);
}

#[test]
fn every_store_takes_values() {
    let sandbox = Sandbox::new();
    for (name, text, path, after) in [
        (
            "secret.json",
            "{\n  \"a\": \"one\",\n  \"b\": [1]\n}\n",
            "a",
            "{\n  \"a\": \"two\",\n  \"b\": [1]\n}\n",
        ),
        ("secret.env", "# c\nA=one\n\nB=1\n", "A", "# c\nA=two\n\nB=1\n"),
        ("secret.ini", "[s]\na = one\nb = 1\n", "s.a", "[s]\na = two\nb = 1\n"),
    ] {
        sandbox.encrypted(name, text);
        sandbox.secrets(["set", name, path, "\"two\""]).run().assert_success();
        assert_eq!(sandbox.decrypted(name), after, "{name}");
        let run = sandbox.secrets(["get", name, path]).run();
        assert_eq!(run.assert_success().stdout(), "two", "{name}");
        sandbox.secrets(["unset", name, path]).run().assert_success();
        let run = sandbox.secrets(["get", name, path]).run();
        assert!(failure(&run).starts_with(&format!("error: {name}: ")), "{run}");
        sandbox.sops(["decrypt", name]).run().assert_success();
    }
}

/// At a terminal, where `answer` is typed after a while.
fn at_terminal(sandbox: &Sandbox, arguments: &str, answer: &str) -> testkit::Run {
    let plugin = testkit::tools::plugin_binary("helm-secrets");
    let script = format!(
        "(sleep 1; printf '{answer}\\n'; sleep 1) | script -qec '{} {arguments}' /dev/null",
        plugin.display()
    );
    sandbox.command("sh", ["-c", &script]).run()
}

#[test]
fn a_person_is_asked_for_what_is_missing() {
    let sandbox = Sandbox::new();
    sandbox.encrypted("secret.yaml", SECRETS);
    let run = at_terminal(&sandbox, "set secret.yaml db.password", "battery-staple");
    run.assert_success().assert_stdout("db.password: ").assert_nowhere("battery-staple");
    assert_eq!(sandbox.decrypted("secret.yaml"), SECRETS.replace("correct-horse", "battery-staple"));

    let rule = "creation_rules: [{age: age1mqq2rjxcga730khquz96yd89axq5u97y2pshqm35fxf6nu8n599sgwwr93}]\n";
    sandbox.write(".sops.yaml", rule);
    let before = sandbox.read("secret.yaml");
    let run = at_terminal(&sandbox, "updatekeys secret.yaml", "n");
    run.assert_success().assert_stdout("Change them? [y/N]").assert_stdout("secret.yaml: unchanged");
    assert_eq!(sandbox.read("secret.yaml"), before);
    at_terminal(&sandbox, "updatekeys secret.yaml", "y").assert_success().assert_stdout("keys updated");
    assert_ne!(sandbox.read("secret.yaml"), before);
}
