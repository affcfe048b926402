//! Planted secrets are hunted in arguments, environments, files and output, when all goes well and when it does not.

use serde_json::json;
use testkit::net::refusing_address;
use testkit::{KubeContext, Planted, Run, shared_clusters, tools};

use super::sandbox::{Sandbox, shared_bao};

struct Hunted {
    sandbox: Sandbox,
    planted: Planted,
    mount: String,
    token: String,
}

/// A release with an encrypted value, a value of Vault, a Vault token in a file and an age key in a file.
fn hunted() -> Hunted {
    let mut sandbox = Sandbox::with_pair(tools::HELM_4);
    let mut planted = Planted::new();
    let mount = sandbox.vault();
    let (password, mail) = (planted.plant("the encrypted password"), planted.plant("the value in Vault"));
    shared_bao().put(&mount, "web", &json!({"smtp": mail, "other": planted.plant("another value in Vault")}));
    let token = shared_bao()
        .token_with_policy(&mount, &format!("path \"{mount}/data/web\" {{ capabilities = [\"read\"] }}"));
    planted.add("the Vault token", &token);
    sandbox.unset("VAULT_TOKEN");
    sandbox.write("../home/.vault-token", &token);
    let key = sandbox.encrypted("secrets.yaml", &format!("database: {{password: {password}}}\n"));
    planted.add("the age key", &key.identity);
    let hunted = Hunted { sandbox, planted, mount, token };
    hunted.mapping("smtp");
    hunted
}

impl Hunted {
    fn mapping(&self, key: &str) {
        self.sandbox.release(&format!(
            "  values: [secrets.yaml]\n  secrets: [{{secret_id: mail, contexts: [{{name: default, vaultPath: /{}/web, vaultKey: {key}}}]}}]\n",
            self.mount
        ));
    }

    fn run(&self, words: &str) -> Run {
        self.sandbox.multi(words.split(' ')).hunting(&self.planted).run()
    }
}

#[test]
fn nothing_leaks_while_all_goes_well() {
    let hunted = hunted();
    hunted.run("upgrade web --install").assert_success();
    let secret = hunted.sandbox.object("prod-eu", "secrets/web");
    assert_eq!(secret["data"].as_object().unwrap().len(), 2, "the secrets did arrive");
    hunted.run("diff web --set message=two,replicas=1").assert_success();
    hunted.run("upgrade web --set message=two -o json").assert_success();
    hunted.run("template web").assert_success();
    hunted.run("rollback web").assert_success();
    hunted.run("status web -o json").assert_success();
    hunted.run("history web").assert_success();
    let shown = hunted.sandbox.multi(["template", "web", "--show-secrets"]);
    shown.hunting(&hunted.planted).stdout_may_show().run().assert_success();
    hunted.run("uninstall web --contexts *").assert_success();
}

#[test]
fn nothing_leaks_when_a_context_cannot_go_or_fails() {
    let hunted = hunted();
    hunted.run("upgrade web --install --set breakIn={prod-eu}").assert_code(1);
    hunted.run("diff web --set breakIn={prod-eu}").assert_code(3);
    hunted.run("template web --set breakIn={prod-eu}").assert_code(3);
    hunted.run("upgrade web --install --set refuseIn={prod-eu} --on-failure continue").assert_code(3);
    let stuck =
        "upgrade web --contexts dev-1 --set replicas=1,outcome=never-ready --wait --timeout 2s -o json";
    hunted.run(stuck).assert_code(1);
    hunted.run("rollback web --contexts dev-1").assert_success();
}

#[test]
fn nothing_leaks_when_a_cluster_or_vault_is_away() {
    let mut hunted = hunted();
    let namespace = hunted.sandbox.namespace();
    let contexts = shared_clusters().iter().map(|plane| {
        let context = KubeContext::new(plane.name(), plane, namespace);
        if plane.name() == "prod-eu" { context.through(refusing_address()) } else { context }
    });
    hunted.sandbox.kubeconfig(contexts);
    hunted.run("upgrade web --install").assert_code(3);
    hunted.run("diff web").assert_code(3);

    hunted.mapping("smpt");
    hunted.run("upgrade web").assert_code(1).assert_stderr("no such key");
    hunted.mapping("smtp");
    shared_bao().write("/v1/auth/token/revoke", &json!({"token": hunted.token}));
    hunted.run("upgrade web").assert_code(1).assert_stderr("does not take the token");
    hunted.sandbox.set("VAULT_ADDR", format!("http://{}", refusing_address()));
    hunted.run("upgrade web").assert_code(1).assert_stderr("cannot reach Vault");
}

#[test]
fn nothing_leaks_of_a_file_that_is_damaged() {
    let hunted = hunted();
    let text = hunted.sandbox.read("secrets.yaml");
    hunted.sandbox.write("secrets.yaml", text.replace("lastmodified: \"2", "lastmodified: \"1"));
    hunted.run("upgrade web --install").assert_code(1);
    hunted.sandbox.write("secrets.yaml", &text[..text.find("sops:").unwrap()]);
    hunted.run("upgrade web --install").assert_code(1);
    hunted.sandbox.assert_untouched();
}
