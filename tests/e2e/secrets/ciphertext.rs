//! Ciphertext never reaches a chart: a file that cannot be opened stops the command before helm starts.

use testkit::{Invocation, tools};

use super::sandbox::{Sandbox, failure};

const TEXT: &str = "db:\n  user_unencrypted: app\n  password: correct-horse\n  other: staple\n";

/// In place of helm: leaves a mark that it was started.
fn sandbox() -> Sandbox {
    let mut sandbox = Sandbox::new();
    sandbox.helm_script("touch started; exit 0");
    sandbox
}

/// What the wrapper says about `secret.yaml`; checks that helm was not started, however the file is named.
#[track_caller]
fn refused(sandbox: &Sandbox, file: &str) -> String {
    let (glued, list, value) =
        (format!("-f{file}"), format!("chart/values.yaml,{file}"), format!("k={file}"));
    let spellings: [&[&str]; 4] =
        [&["-f", file], &[&glued], &["--values", &list], &["-f", "plain.yaml", "--set-file", &value]];
    let mut said = Vec::new();
    for spelling in spellings {
        let run = sandbox.plugin(["upgrade", "r", "chart"]);
        let run = spelling.iter().fold(run, Invocation::arg).run();
        assert_eq!(run.assert_code(1).stdout(), "", "{run}");
        assert!(!sandbox.path("started").exists(), "helm was started:\n{run}");
        said.push(failure(&run).to_owned());
    }
    assert!(said.iter().all(|other| *other == said[0]), "{said:?}");
    said.remove(0)
}

#[test]
fn without_a_key() {
    let mut sandbox = sandbox();
    sandbox.encrypted("secret.yaml", TEXT);
    sandbox.unset("SOPS_AGE_KEY_FILE");
    let recipient = &sandbox.key.recipient;
    let expected = format!(
        "error: failed to decrypt secret.yaml: no identity opens it\n  \
         it is encrypted for  {}...{}\n  \
         looked in            SOPS_AGE_KEY (not set), SOPS_AGE_KEY_FILE (not set), {}/config/sops/age/keys.txt (not there)\n  \
         hint: put your age identity into SOPS_AGE_KEY_FILE or one of the files above; age-keygen makes one\n",
        &recipient[..6],
        &recipient[recipient.len() - 2..],
        sandbox.root().display()
    );
    assert_eq!(refused(&sandbox, "secret.yaml"), expected);
}

#[test]
fn with_another_key() {
    let mut sandbox = sandbox();
    sandbox.encrypted("secret.yaml", TEXT);
    let other = sandbox.age_key();
    let said = refused(&sandbox, "secret.yaml");
    assert!(said.starts_with("error: failed to decrypt secret.yaml: no identity opens it\n"), "{said}");
    let hint =
        format!("  hint: ask someone who can open it to encrypt it for you, too: {}\n", other.recipient);
    assert!(said.ends_with(&hint), "{said}");
}

#[test]
fn with_a_value_changed_moved_or_added() {
    let sandbox = sandbox();
    let text = sandbox.encrypted("secret.yaml", TEXT);
    let value = |key: &str| text.lines().find_map(|line| line.trim().strip_prefix(key)).unwrap();
    let (password, other) = (value("password: "), value("other: "));
    let mut flipped = password.to_owned();
    let at = "ENC[AES256_GCM,data:".len();
    flipped.replace_range(at..at + 1, if &password[at..=at] == "A" { "B" } else { "A" });
    let cases = [
        (text.replace(password, &flipped), "db.password: ciphertext does not belong to this key or place"),
        (text.replace(password, other), "db.password: ciphertext does not belong to this key or place"),
        (text.replace(password, "plain"), "db.password: should be encrypted and is not"),
        (
            text.replace("user_unencrypted: app", "user_unencrypted: root"),
            "the MAC does not match the values",
        ),
        (
            text.replace("  password:", "  new_unencrypted: 1\n  password:"),
            "the MAC does not match the values",
        ),
        (text.replace("  mac: ", "  mac_was: "), "the file has no MAC"),
        (format!("<<<<<<< HEAD\n{text}"), "secret.yaml: "),
    ];
    for (tampered, expected) in cases {
        assert_ne!(tampered, text);
        sandbox.write("secret.yaml", tampered);
        let said = refused(&sandbox, "secret.yaml");
        assert!(said.starts_with("error: failed to decrypt secret.yaml: "), "{said}");
        assert!(said.contains(expected), "{expected}: {said}");
        assert!(!said.contains("root") && !said.contains("plain"), "values are never shown: {said}");
    }
}

#[test]
fn cut_anywhere() {
    let sandbox = sandbox();
    let text = sandbox.encrypted("secret.yaml", TEXT);
    let first = text.find("ENC[AES256_GCM,data:").unwrap() + "ENC[AES256_GCM,data:".len();
    // The last line is the format's version, which decides nothing.
    let last = text.rfind("  version: ").unwrap();
    let places = (first..last).step_by(37).chain(text.match_indices('\n').map(|(at, _)| at));
    for place in places.filter(|place| (first..=last).contains(place)) {
        sandbox.write("secret.yaml", &text[..place]);
        let run = sandbox.plugin(["upgrade", "r", "chart", "-f", "secret.yaml"]).run();
        assert!(failure(&run).contains("secret.yaml"), "cut at {place}:\n{run}");
        assert!(!sandbox.path("started").exists(), "cut at {place}:\n{run}");
    }
}

#[test]
fn without_its_metadata() {
    let sandbox = sandbox();
    let text = sandbox.encrypted("secret.yaml", TEXT);
    let body = &text[..text.find("sops:\n").unwrap()];
    let expected = "error: secret.yaml holds ciphertext, but its sops block is missing or damaged\n  \
                    hint: get it back from git: git log --oneline -- secret.yaml\n";
    for metadata in ["", "sops: null\n", "sops: {}\n", "sops: 1\n", "sops:\n  version: 3.13.3\n"] {
        sandbox.write("secret.yaml", format!("{body}{metadata}"));
        assert_eq!(refused(&sandbox, "secret.yaml"), expected, "{metadata}");
    }
    // A block that is there but cannot be used says what is wrong with it.
    sandbox.write("secret.yaml", text.replace("  age:\n", "  aged:\n"));
    let said = refused(&sandbox, "secret.yaml");
    assert!(said.starts_with("error: failed to decrypt secret.yaml: "), "{said}");
    assert!(said.contains("no wrapped data key"), "{said}");
}

#[test]
fn of_a_store_that_is_not_yaml() {
    let sandbox = sandbox();
    let folder = tools::repository().join("tests/data/sops-other");
    for name in ["env_basic.env", "ini_basic.ini", "json_types.json", "bin_raw.bin", "bin_empty.bin"] {
        sandbox.write(name, fs_err::read(folder.join(name)).unwrap());
        let expected = format!("error: failed to decrypt {name}: no identity opens it\n");
        assert!(refused(&sandbox, name).starts_with(&expected), "{}", refused(&sandbox, name));
    }
}

#[test]
fn on_standard_input_or_in_a_pipe() {
    let mut sandbox = sandbox();
    let text = sandbox.encrypted("secret.yaml", TEXT);
    sandbox.unset("SOPS_AGE_KEY_FILE");
    let run = sandbox.plugin(["upgrade", "r", "chart", "-f", "-"]).stdin(text).run();
    assert!(
        failure(&run).starts_with("error: failed to decrypt standard input: no identity opens it\n"),
        "{run}"
    );
    let plugin = tools::plugin_binary("helm-secrets");
    let line = format!("{} upgrade r chart -f <(cat secret.yaml)", plugin.display());
    let run = sandbox.command("bash", ["-c", &line]).run();
    assert!(failure(&run).contains(": no identity opens it\n"), "{run}");
    assert!(!sandbox.path("started").exists());
}

#[test]
fn with_the_real_helms() {
    for helm in [tools::HELM_3, tools::HELM_4] {
        let mut sandbox = Sandbox::with_helm(helm);
        sandbox.chart();
        sandbox.encrypted("secret.yaml", TEXT);
        sandbox.write("good.yaml", "a: 1\n");
        sandbox.age_key();
        for command in
            [&["template", "chart"][..], &["lint", "chart"], &["upgrade", "--install", "r", "chart"]]
        {
            let run = sandbox.secrets(command).arg("-f").arg("good.yaml,secret.yaml").run();
            let said = failure(&run);
            assert!(
                said.starts_with("error: failed to decrypt secret.yaml: no identity opens it\n"),
                "{run}"
            );
            assert_eq!(run.stdout(), "", "{run}");
        }
    }
}

#[test]
fn a_plain_file_that_only_speaks_of_sops_goes_to_helm() {
    let sandbox = sandbox();
    sandbox.write("plain.yaml", "sops: {version: 1, mac: none of ours}\nlastmodified: 1\n");
    sandbox.write("broken.yaml", "sops: [version, mac\n");
    for file in ["plain.yaml", "broken.yaml"] {
        sandbox.plugin(["upgrade", "r", "chart", "-f", file]).run().assert_success();
        fs_err::remove_file(sandbox.path("started")).unwrap();
    }
}
