//! The helm that does the work: missing, too old, and what it is started with.

use testkit::{AgeKey, tools};

use super::sandbox::{CONTEXTS, Sandbox, failure};

/// Puts a script in helm's place that writes down the arguments and the environment of each call and then is helm.
fn recorded(sandbox: &mut Sandbox, version: &str) {
    let script = format!(
        "{{ printf '%s\\036' \"$@\"; echo; }} >>\"$0.arguments\"\nenv >>\"$0.environment\"\nexec {} \"$@\"",
        tools::helm(version).display()
    );
    let script = sandbox.script("recorder", &script);
    sandbox.set("HELM_BIN", script);
}

/// The recorded calls of a helm command.
fn calls(sandbox: &Sandbox, word: &str) -> Vec<Vec<String>> {
    let text = sandbox.read("recorder.arguments");
    let calls =
        text.lines().map(|line| line.split_terminator('\u{1e}').map(str::to_owned).collect::<Vec<_>>());
    calls.filter(|call| call.iter().any(|argument| argument == word)).collect()
}

#[test]
fn a_missing_helm_is_told() {
    let sandbox = Sandbox::with_release();
    let run = sandbox.plugin("upgrade web --install").env("HELM_BIN", "/nope/helm").run();
    assert!(failure(&run).starts_with("error: helm is not at /nope/helm, which HELM_BIN names\n"), "{run}");
    let run = sandbox.plugin("upgrade web --install").env("PATH", "/nowhere").run();
    assert!(failure(&run).starts_with("error: helm is not in PATH\n  hint: "), "{run}");
    sandbox.assert_untouched();
}

#[test]
fn a_helm_that_is_too_old_is_refused() {
    let sandbox = Sandbox::with_release();
    let script = sandbox.script("old", "echo v3.14.0");
    for command in ["upgrade web --install", "diff web", "rollback web"] {
        let run = sandbox.plugin(command).env("HELM_BIN", &script).run();
        assert!(
            failure(&run)
                .starts_with("error: helm 3.14.0 is too old, 3.15.0 or newer is needed\n  hint: update "),
            "{run}"
        );
    }
    sandbox.assert_untouched();
}

#[test]
fn helms_schema_check_is_left_out_only_where_the_server_checks_itself() {
    let check = "--disable-openapi-validation";
    let has = |calls: &[Vec<String>]| -> Vec<bool> {
        calls.iter().map(|call| call.iter().any(|argument| argument == check)).collect()
    };
    let mut sandbox = Sandbox::with_release();
    recorded(&mut sandbox, tools::HELM_4);
    sandbox.plugin("upgrade web --install --contexts dev-1").run().assert_success();
    sandbox.plugin("upgrade web --contexts dev-1").run().assert_success();
    assert_eq!(has(&calls(&sandbox, "upgrade")), [true; 4], "a check and a write each, by server-side apply");

    // A release that helm 3 made stays with client-side apply.
    let mut of_helm_3 = Sandbox::with_release();
    recorded(&mut of_helm_3, tools::HELM_3);
    of_helm_3.plugin("upgrade web --install --contexts dev-1").run().assert_success();
    recorded(&mut of_helm_3, tools::HELM_4);
    of_helm_3.plugin("upgrade web --contexts dev-1").run().assert_success();
    assert_eq!(has(&calls(&of_helm_3, "upgrade")), [false; 4]);
}

#[test]
fn an_unknown_field_is_still_refused() {
    let sandbox = Sandbox::with_release();
    sandbox.run("upgrade web --install").assert_success();
    let text = sandbox.read("chart/templates/secret.yaml");
    sandbox.write("chart/templates/secret.yaml", text.replace("kind: Secret", "kind: Secret\ntpye: Opaque"));
    let run = sandbox.run("upgrade web");
    run.assert_code(1).assert_stderr("tpye");
    CONTEXTS.iter().for_each(|context| assert_eq!(sandbox.revisions(context, "web")[0].1, "deployed"));
}

#[test]
fn children_are_told_where_to_go_and_get_no_credentials() {
    let mut sandbox = Sandbox::with_release();
    recorded(&mut sandbox, tools::HELM_4);
    let mount = sandbox.vault();
    super::sandbox::shared_bao().put(&mount, "web", &serde_json::json!({"smtp": "hidden-value"}));
    sandbox.release(&format!(
        "  secrets: [{{secret_id: mail, contexts: [{{name: default, vaultPath: /{mount}/web, vaultKey: smtp}}]}}]\n"
    ));
    let AgeKey { identity, .. } = sandbox.age_key();
    let token = super::sandbox::shared_bao()
        .token_with_policy(&mount, &format!("path \"{mount}/*\" {{ capabilities = [\"read\"] }}"));
    sandbox
        .plugin("upgrade web --install")
        .env("VAULT_TOKEN", &token)
        .env("SOPS_AGE_KEY", &identity)
        .env("HELM_NAMESPACE", "guessed")
        .env("HELM_KUBECONTEXT", "")
        .env("HELM_PLUGIN_NAME", "multi")
        .run()
        .assert_success();
    let environment = sandbox.read("recorder.environment");
    for unwanted in
        [token.as_str(), &identity, "hidden-value", "HELM_NAMESPACE=", "HELM_PLUGIN_NAME=", "HELM_BIN="]
    {
        assert!(!environment.contains(unwanted), "{unwanted} in\n{environment}");
    }
    assert!(environment.contains("HOME=") && environment.contains("KUBECONFIG="));
    let calls = calls(&sandbox, "upgrade");
    assert_eq!(calls.len(), 6, "{calls:?}");
    for context in CONTEXTS {
        let start = ["--kube-context", context, "--namespace", sandbox.namespace(), "upgrade", "web"];
        assert_eq!(calls.iter().filter(|call| call[..6] == start).count(), 2, "{calls:?}");
    }
    assert_eq!(self::calls(&sandbox, "package").len(), 1, "the chart is packaged once for all");
    assert!(!sandbox.read("recorder.arguments").contains("hidden-value"));
}

#[test]
fn releases_may_be_stored_in_config_maps() {
    let mut sandbox = Sandbox::with_pair(tools::HELM_4);
    sandbox.set("HELM_DRIVER", "configmap");
    sandbox.run("upgrade web --install --set message=one").assert_success();
    sandbox.run("upgrade web --set message=two").assert_success();
    sandbox.run("diff web --set message=two --detailed-exitcode").assert_success();
    sandbox.run("rollback web").assert_success();
    assert_eq!(sandbox.message("prod-eu"), "one");
    let status = sandbox.run("status web -o json").assert_success().json();
    assert_eq!(
        (&status["contexts"][1]["revision"], &status["contexts"][1]["status"]),
        (&3.into(), &"deployed".into())
    );
    sandbox.assert_revisions("prod-eu", &[]);
    sandbox.set("HELM_DRIVER", "sql");
    let run = sandbox.run("status web");
    assert!(
        failure(&run).starts_with("error: HELM_DRIVER=sql keeps releases where they cannot be read\n"),
        "{run}"
    );
}

#[test]
fn a_packaged_chart_is_taken_as_it_is() {
    let mut sandbox = Sandbox::new();
    sandbox.web_chart();
    sandbox.helm(["package", "chart"]).run().assert_success();
    recorded(&mut sandbox, tools::HELM_4);
    sandbox.run("upgrade web web-0.1.0.tgz --install --contexts dev-1").assert_success();
    assert_eq!(sandbox.message("dev-1"), "hello");
    assert!(calls(&sandbox, "package").is_empty());
}
