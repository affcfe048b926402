//! The plugin's manifest in every helm, old and new.

use serde_json::json;
use testkit::tools;

use super::sandbox::{Sandbox, rendered};

#[test]
fn every_helm_takes_the_plugin() {
    std::thread::scope(|scope| {
        for version in tools::HELM_VERSIONS {
            scope.spawn(move || listed_and_runs(version));
        }
    });
}

fn listed_and_runs(version: &str) {
    let sandbox = Sandbox::with_helm(version);
    let list = sandbox.helm(["plugin", "list"]).run();
    let line = list.assert_success().stdout().lines().find(|line| line.starts_with("secrets"));
    assert!(line.is_some_and(|line| line.contains(env!("CARGO_PKG_VERSION"))), "{version}:\n{list}");
    assert_eq!(list.stderr(), "", "{version}");
    let help = sandbox.helm(["--help"]).run();
    help.assert_success().assert_stdout("keep secrets in git safely");

    sandbox.chart();
    sandbox.encrypted("secret.yaml", "a: 1\n");
    let run = sandbox.secrets(["decrypt", "secret.yaml"]).run();
    assert_eq!((run.assert_success().stdout(), run.stderr()), ("a: 1\n", ""), "{version}");
    let run = sandbox.secrets(["template", "chart", "-f", "secret.yaml"]).run();
    assert_eq!(rendered(&run), json!({"a": 1}), "{version}");
}

#[test]
fn every_helm_installs_the_plugin_from_its_folder() {
    std::thread::scope(|scope| {
        for version in tools::HELM_VERSIONS {
            scope.spawn(move || installs(version));
        }
    });
}

fn installs(version: &str) {
    let mut sandbox = Sandbox::with_helm(version);
    // Helm 4 installs elsewhere while this is set.
    sandbox.unset("HELM_PLUGINS");
    fs_err::create_dir(sandbox.root().join("checkout")).unwrap();
    let checkout = sandbox.root().join("checkout/secrets");
    fs_err::rename(sandbox.root().join("helm/plugins/secrets"), &checkout).unwrap();
    let install = || sandbox.helm(["plugin", "install"]).arg(&checkout).run();
    install().assert_success().assert_stdout("secrets");
    sandbox.secrets(["--version"]).run().assert_success().assert_stdout(env!("CARGO_PKG_VERSION"));
    sandbox.helm(["plugin", "uninstall", "secrets"]).run().assert_success();
    assert!(checkout.join("plugin.yaml").exists(), "{version}: the checkout stays");

    fs_err::remove_file(checkout.join("bin/helm-secrets")).unwrap();
    install().assert_code(1).assert_stderr("not built yet: run scripts/install in the checkout");
}
