//! The Vault mapping: what each context gets, and what stops a run before anything is written.

use serde_json::json;
use testkit::OpenBao;
use testkit::net::refusing_address;

use super::sandbox::{CONTEXTS, FLEET, Sandbox, failure, shared_bao};

/// A release whose secret `mail` comes from Vault, for `prod-eu` from a place of its own; and the mount.
fn mapped() -> (Sandbox, String) {
    let mut sandbox = Sandbox::with_release();
    let mount = sandbox.vault();
    shared_bao().put(&mount, "default/web", &json!({"smtp": "for-all", "other": "x"}));
    shared_bao().put(&mount, "prod-eu/web", &json!({"smtp": "for-prod-eu"}));
    mapping(&sandbox, &mount, "default/web", "smtp");
    (sandbox, mount)
}

fn mapping(sandbox: &Sandbox, mount: &str, path: &str, key: &str) {
    sandbox.release(&format!(
        "  secrets:
    - secret_id: mail
      contexts:
        - {{name: default, vaultPath: /{mount}/{path}, vaultKey: {key}}}
        - {{name: prod-eu, vaultPath: /{mount}/prod-eu/web, vaultKey: smtp}}
"
    ));
}

fn upgrade(sandbox: &Sandbox) -> testkit::Run {
    sandbox.run("upgrade web --install")
}

#[test]
fn each_context_gets_its_own_value_or_the_default() {
    let (sandbox, _) = mapped();
    upgrade(&sandbox).assert_success();
    let got = CONTEXTS.map(|context| sandbox.object(context, "secrets/web")["data"]["mail"].clone());
    assert_eq!(got, ["Zm9yLWFsbA==", "Zm9yLXByb2QtZXU=", "Zm9yLWFsbA=="]);
}

#[test]
fn contexts_log_in_with_roles_of_their_own() {
    let (mut sandbox, mount) = mapped();
    let policy = |path: &str| format!("path \"{mount}/data/{path}\" {{ capabilities = [\"read\"] }}");
    let role = |name: &str, path: &str| shared_bao().app_role(&format!("{mount}-{name}"), &policy(path));
    let (all, eu) = (role("all", "default/web"), role("eu", "prod-eu/web"));
    let secret_id = format!("{mount}-secret-id");
    for name in ["all", "eu"] {
        let path = format!("/v1/auth/approle/role/{mount}-{name}/custom-secret-id");
        shared_bao().write(&path, &json!({"secret_id": secret_id}));
    }
    sandbox.unset("VAULT_TOKEN");
    sandbox.write("secret-id", &secret_id);
    let auth = format!("  vault: {{auth: {{method: approle, role: {}, secretIdFile: secret-id}}}}\n", all.0);
    let fleet = FLEET.replace("name: prod-eu,", &format!("name: prod-eu, vault: {{role: {}}},", eu.0));
    sandbox.write("convoy.yaml", fleet + &auth);
    upgrade(&sandbox).assert_success();
    let got = CONTEXTS.map(|context| sandbox.object(context, "secrets/web")["data"]["mail"].clone());
    assert_eq!(got, ["Zm9yLWFsbA==", "Zm9yLXByb2QtZXU=", "Zm9yLWFsbA=="]);
}

#[test]
fn a_wrong_token_stops_the_run() {
    let (mut sandbox, _) = mapped();
    sandbox.set("VAULT_TOKEN", "s.wrong-token-of-nobody");
    let run = upgrade(&sandbox);
    let address = shared_bao().url();
    assert_eq!(
        failure(&run),
        format!(
            "error: Vault at {address} does not take the token: it is wrong, expired, revoked or used up\n  \
             hint: get a new one: vault login\n"
        )
    );
    sandbox.assert_untouched();
    sandbox.unset("VAULT_TOKEN");
    assert!(failure(&upgrade(&sandbox)).starts_with("error: no Vault token: VAULT_TOKEN is not set and "));
}

#[test]
fn a_sealed_or_absent_server_stops_the_run() {
    let (mut sandbox, _) = mapped();
    let server = OpenBao::start();
    server.seal();
    sandbox.set("VAULT_ADDR", server.url());
    assert_eq!(
        failure(&upgrade(&sandbox)),
        format!(
            "error: Vault at {} is sealed\n  hint: it has to be unsealed first: vault operator unseal\n",
            server.url()
        )
    );
    let nobody = format!("http://{}", refusing_address());
    sandbox.set("VAULT_ADDR", &nobody);
    let run = upgrade(&sandbox);
    assert!(failure(&run).starts_with(&format!("error: cannot reach Vault at {nobody}: ")), "{run}");
    sandbox.unset("VAULT_ADDR");
    assert!(
        failure(&upgrade(&sandbox)).starts_with("error: no Vault address is set\n  hint: set VAULT_ADDR")
    );
    sandbox.assert_untouched();
}

#[test]
fn a_missing_path_or_key_stops_the_run() {
    let (sandbox, mount) = mapped();
    let address = shared_bao().url();
    mapping(&sandbox, &mount, "default/nothing", "smtp");
    let run = upgrade(&sandbox);
    let text = failure(&run);
    assert!(text.contains(&format!("2 of 3 secrets cannot be read from {address}")), "{run}");
    for context in ["dev-1", "prod-us"] {
        let line = format!(
            "secret_id `mail` of context {context}: {mount}/default/nothing, key smtp: no secret there (web.yaml:9)"
        );
        assert!(text.contains(&line), "{run}");
    }
    assert!(
        text.contains(&format!("hint: write it: vault kv put {mount}/default/nothing smtp=...")),
        "{run}"
    );

    mapping(&sandbox, &mount, "default/web", "smpt");
    let run = upgrade(&sandbox);
    let line = "key smpt: no such key; there is other, smtp (web.yaml:9)";
    assert!(failure(&run).contains(line) && failure(&run).contains("did you mean vaultKey `smtp`?"), "{run}");
    run.assert_nowhere("for-all");
    sandbox.assert_untouched();
}

#[test]
fn a_path_or_mount_that_is_denied_stops_the_run() {
    let (mut sandbox, mount) = mapped();
    let policy = format!("path \"{mount}/data/default/*\" {{ capabilities = [\"read\"] }}");
    let token = shared_bao().token_with_policy(&format!("{mount}-some"), &policy);
    sandbox.set("VAULT_TOKEN", &token);
    let run = upgrade(&sandbox);
    let text = failure(&run);
    assert!(text.contains("secret_id `mail` of context prod-eu"), "{run}");
    assert!(text.contains("key smtp: permission denied (web.yaml:10)"), "{run}");
    let needed =
        format!("the policy needs: path \"{mount}/data/prod-eu/web\" {{ capabilities = [\"read\"] }}");
    assert!(text.contains(&needed), "{run}");
    run.assert_nowhere(&token);
    sandbox.run("upgrade web --install --contexts dev-1").assert_success();
    sandbox.assert_revisions("prod-eu", &[]);

    let token = shared_bao()
        .token_with_policy(&format!("{mount}-none"), "path \"x/*\" { capabilities = [\"read\"] }");
    sandbox.set("VAULT_TOKEN", &token);
    let run = sandbox.run("upgrade web --install --contexts prod-*");
    assert!(failure(&run).contains("no mount there, or no access to any path of it"), "{run}");
    sandbox.assert_revisions("prod-us", &[]);
}

#[test]
fn a_context_without_an_entry_or_default_stops_the_run() {
    let (mut sandbox, mount) = mapped();
    sandbox.release(&format!(
        "  secrets:
    - secret_id: mail
      contexts: [{{name: prod-eu, vaultPath: /{mount}/prod-eu/web, vaultKey: smtp}}]
"
    ));
    // Not even Vault is asked.
    sandbox.set("VAULT_ADDR", format!("http://{}", refusing_address()));
    let run = upgrade(&sandbox);
    assert!(
        failure(&run).starts_with(
            "error: web.yaml:7: secret_id `mail` has no entry for context `dev-1` and no `default`\n  hint: "
        ),
        "{run}"
    );
    sandbox.assert_untouched();
}
