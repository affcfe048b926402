//! The hunt for planted secrets in arguments, environments, files and output; see `Invocation::hunting`.

use serde_json::json;
use testkit::{Edit, OpenBao, Planted, shared_clusters, tools};

use super::sandbox::{Sandbox, failure};

/// A sandbox whose identity is hunted, and a text with three hunted values: a string, a multi-line one, a comment.
fn planted(helm: &str) -> (Sandbox, Planted, String) {
    let sandbox = Sandbox::with_helm(helm);
    let mut planted = Planted::new();
    planted.add("the age identity", &sandbox.key.identity);
    let (password, line, comment) =
        (planted.plant("password"), planted.plant("line"), planted.plant("comment"));
    let text = format!("db:\n  password: {password}\n  pem: |\n    begin\n    {line}\n# {comment}\n");
    (sandbox, planted, text)
}

#[test]
fn encrypting() {
    let (sandbox, planted, text) = planted(tools::HELM_4);
    sandbox.write("secret.yaml", &text);
    let run = sandbox.secrets(["-v", "encrypt", "secret.yaml"]).hunting(&planted).run();
    sandbox.write("secret.yaml", run.assert_success().stdout());
    sandbox.secrets(["view", "secret.yaml"]).run().assert_success().assert_stdout(&text);

    sandbox.write("other-secret.yaml", &text);
    sandbox.secrets(["-v", "encrypt", "-i", "other-secret.yaml"]).hunting(&planted).run().assert_success();
}

#[test]
fn decrypting() {
    let (sandbox, planted, text) = planted(tools::HELM_3);
    sandbox.encrypted("secret.yaml", &text);
    for command in ["decrypt", "view"] {
        let run = sandbox.secrets(["-v", command, "secret.yaml"]).hunting(&planted).stdout_may_show().run();
        assert_eq!(run.assert_success().stdout(), text);
    }
    let run = sandbox.secrets(["-v", "decrypt", "-i", "secret.yaml"]).hunting(&planted);
    // The atomic replacement is written beside it.
    run.file_may_hold(".").run().assert_success();
}

#[test]
fn editing() {
    let (mut sandbox, mut planted, text) = planted(tools::HELM_4);
    let typed = planted.plant("what was typed");
    sandbox.encrypted("secret.yaml", &text);
    let append = Edit::Append(format!("new: {typed}\n"));
    let editor = sandbox.editor(&[
        vec![append.clone(), Edit::SaveByRename],
        vec![append, Edit::Append("broken: [\n".to_owned())],
        vec![],
        vec![Edit::Exit(1)],
    ]);
    let edit = || sandbox.secrets(["-v", "edit", "secret.yaml"]).hunting(&planted).file_may_hold("/dev/shm");
    edit().run().assert_success().assert_stderr("1 value added (new)");
    for _ in 0..3 {
        let run = edit().run();
        failure(&run);
        run.assert_stderr("kept, encrypted, in secret.yaml.rescued");
    }
    assert_eq!(editor.openings().len(), 4);

    // A full disk: neither the file nor the rescued text can be written.
    fs_err::remove_file(sandbox.path("secret.yaml.rescued")).unwrap();
    sandbox.editor(&[vec![Edit::Append("more: 1\n".to_owned())]]);
    let plugin = tools::plugin_binary("helm-secrets");
    let limited = format!("trap '' XFSZ; exec prlimit --fsize=600 {} edit secret.yaml", plugin.display());
    let full = sandbox.command("sh", ["-c", &limited]).hunting(&planted).file_may_hold("/dev/shm");
    full.run().assert_code(1).assert_stderr("it stays in memory");
    sandbox.editor(&[vec![]]);
    sandbox.secrets(["edit", "secret.yaml"]).run().assert_success();
}

fn rendering(helm: &str) {
    let (sandbox, planted, text) = planted(helm);
    sandbox.chart();
    sandbox.encrypted("secret.yaml", &text);
    let template =
        || sandbox.secrets(["-v", "template", "chart", "-fsecret.yaml", "--set-file", "k=secret.yaml"]);
    let run = template().hunting(&planted).stdout_may_show().run();
    run.assert_success().assert_stdout("begin");

    sandbox.write("chart/templates/values.yaml", "n: {{ len .Values.db.password }}\n");
    template().arg("--debug").hunting(&planted).run().assert_success().assert_stdout("n: 24");
    let from_stdin = sandbox.secrets(["template", "chart", "-f", "-"]).stdin(sandbox.read("secret.yaml"));
    from_stdin.hunting(&planted).run().assert_success().assert_stdout("n: 24");

    // An error of a chart that does not quote its values; see below for one that does.
    sandbox.write("chart/templates/values.yaml", "n: {{ .Values.db.password.wrong }}\n");
    failure(&template().hunting(&planted).run());
    sandbox.write("chart/templates/values.yaml", "n: {{ fail \"no\" }}\n");
    failure(&template().hunting(&planted).run());
    sandbox.write("chart/values.schema.json", "{\"properties\": {\"none\": {}}, \"required\": [\"none\"]}");
    failure(&template().hunting(&planted).run());
}

#[test]
fn rendering_with_helm_4() {
    rendering(tools::HELM_4);
}

#[test]
fn rendering_with_helm_3() {
    rendering(tools::HELM_3);
}

#[test]
fn helm_quotes_what_a_chart_makes_of_its_values_and_the_wrapper_passes_that_on() {
    let (sandbox, planted, text) = planted(tools::HELM_4);
    sandbox.chart();
    sandbox.encrypted("secret.yaml", &text);
    sandbox.write("chart/templates/values.yaml", "{{ fail .Values.db.password }}\n");
    let run = sandbox.secrets(["template", "chart", "-f", "secret.yaml"]).run();
    let password = text.split_whitespace().nth(2).unwrap();
    assert!(failure(&run).starts_with("Error: ") && failure(&run).contains(password), "{run}");
    // Standard error is the only place.
    let silent = sandbox.command("sh", ["-c", "helm secrets template chart -f secret.yaml 2>/dev/null"]);
    silent.hunting(&planted).run().assert_code(1);
}

#[test]
fn failing_to_open() {
    let (mut sandbox, mut planted, text) = planted(tools::HELM_4);
    sandbox.chart();
    let encrypted = sandbox.encrypted("secret.yaml", &text);
    let check = |sandbox: &Sandbox, planted: &Planted| {
        for arguments in [
            &["-v", "decrypt", "secret.yaml"][..],
            &["-v", "edit", "secret.yaml"],
            &["-v", "template", "chart", "-f", "secret.yaml"],
        ] {
            failure(&sandbox.secrets(arguments).hunting(planted).run());
        }
    };
    // The value before the damage has been decrypted when it is found.
    let at = encrypted.find("pem: ENC[AES256_GCM,data:").unwrap() + "pem: ENC[AES256_GCM,data:".len();
    let mut tampered = encrypted.clone();
    tampered.replace_range(at..=at, if &encrypted[at..=at] == "A" { "B" } else { "A" });
    for damaged in
        [tampered, encrypted.replace("  mac: ", "  no: "), encrypted[..encrypted.len() / 2].to_owned()]
    {
        sandbox.write("secret.yaml", damaged);
        check(&sandbox, &planted);
    }
    // A plain file that was never encrypted and is no YAML either.
    let plain = planted.plant("plain");
    sandbox.write("secret.yaml", format!("a: {plain}\n  b: [{plain}\n{plain}\n"));
    failure(&sandbox.secrets(["-v", "encrypt", "-i", "secret.yaml"]).hunting(&planted).run());

    sandbox.write("secret.yaml", &encrypted);
    let identity = sandbox.key.identity.clone();
    let other = sandbox.age_key();
    planted.add("the other identity", &other.identity);
    check(&sandbox, &planted);
    // Damaged identities are not quoted either.
    fs_err::write(&other.file, format!("{}\n", &identity[..identity.len() - 1])).unwrap();
    let mut cut = Planted::new();
    cut.add("a damaged identity", &identity[..identity.len() - 1]);
    check(&sandbox, &cut);
}

#[test]
fn the_identity_of_a_command_goes_nowhere() {
    let (mut sandbox, planted, text) = planted(tools::HELM_4);
    sandbox.encrypted("secret.yaml", &text);
    sandbox.unset("SOPS_AGE_KEY_FILE");
    // `cat` reads the identity and hands it over in a pipe.
    let command = format!("cat {}", sandbox.key.file.display());
    sandbox.set("SOPS_AGE_KEY_CMD", command);
    let run = sandbox.secrets(["-v", "decrypt", "secret.yaml"]).hunting(&planted).stdout_may_show().run();
    assert_eq!(run.assert_success().stdout(), text);
}

#[test]
fn upgrading_a_cluster() {
    let (sandbox, planted, text) = planted(tools::HELM_4);
    let plane = &shared_clusters()[0];
    plane.create_namespace(sandbox.namespace());
    sandbox.kubeconfig([("dev-1", plane, sandbox.namespace())]);
    sandbox.chart();
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: app}\nstringData: {password: {{ .Values.db.password }}}\n";
    sandbox.write("chart/templates/values.yaml", secret);
    sandbox.encrypted("secret.yaml", &text);
    let upgrade = ["-v", "upgrade", "--install", "app", "chart", "-f", "secret.yaml"];
    let run = sandbox.secrets(upgrade).hunting(&planted).run();
    run.assert_success().assert_stdout("STATUS: deployed");
    let path = format!("/api/v1/namespaces/{}/secrets/app", sandbox.namespace());
    assert!(plane.get(&path)["data"]["password"].is_string());
}

#[test]
fn resolving_a_mapping() {
    let mut sandbox = Sandbox::new();
    let mut planted = Planted::new();
    let password = planted.plant("password");
    let bao = OpenBao::start();
    bao.put("secret", "app1", &json!({"password": password, "number": "x"}));
    let policy = "path \"secret/data/app1\" { capabilities = [\"read\"] }";
    let token = bao.token_with_policy("app1", policy);
    planted.add("the token", &token);
    // As `vault login` leaves it: in the environment it would be, by design, in that of helm.
    fs_err::write(sandbox.root().join("home/.vault-token"), &token).unwrap();
    sandbox.set("VAULT_ADDR", bao.url());
    let mapping = |path: &str, more: &str| {
        format!(
            "secrets: [{{secret_id: a, contexts: [{{name: default, vaultPath: {path}, vaultKey: password{more}}}]}}]\n"
        )
    };
    let resolve =
        || sandbox.secrets(["-v", "vault", "resolve", "mapping.yaml", "--context", "c"]).hunting(&planted);
    sandbox.write("mapping.yaml", mapping("secret/app1", ""));
    resolve().run().assert_success().assert_stdout("**** (24 characters)");
    resolve().arg("-ojson").run().assert_success().assert_stdout("**** (24 characters)");
    let shown = resolve().arg("--show-secrets").stdout_may_show().run();
    shown.assert_success().assert_stdout(&password);

    for (path, more) in [
        ("secret/app1", ", type: int"),
        ("secret/app1", ", decode: base64, type: json"),
        ("secret/app1", ", jsonPath: $.a"),
        ("secret/none", ""),
        ("nowhere/app1", ""),
    ] {
        sandbox.write("mapping.yaml", mapping(path, more));
        failure(&resolve().arg("--show-secrets").run());
    }
    sandbox.write("mapping.yaml", mapping("secret/app1", ""));
    bao.seal();
    failure(&resolve().run());
}
