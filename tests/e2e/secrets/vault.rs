//! `vault resolve` against a real OpenBao.

use std::sync::OnceLock;

use serde_json::json;
use testkit::{Invocation, OpenBao};

use super::sandbox::Sandbox;

/// Two entries: one with an override, one on a KV version 1 mount.
pub const MAPPING: &str = "\
secrets:
  - secret_id: app1
    contexts:
      - {name: default, vaultPath: /kv/dev/app1, vaultKey: password}
      - {name: prod-eu, vaultPath: /kv/prod/app1, vaultKey: password}
  - secret_id: token
    contexts:
      - {name: default, vaultPath: /old/app1, vaultKey: token}
";

/// A server with the secrets of [`MAPPING`], for all tests that only read.
pub fn bao() -> &'static OpenBao {
    static BAO: OnceLock<OpenBao> = OnceLock::new();
    BAO.get_or_init(|| {
        let bao = OpenBao::start();
        bao.mount_kv("kv", 2);
        bao.mount_kv("old", 1);
        bao.put("kv", "dev/app1", &json!({"password": "dev-password", "user": "app"}));
        bao.put("kv", "prod/app1", &json!({"password": "first-prod-password"}));
        bao.put("kv", "prod/app1", &json!({"password": "prod-password"}));
        bao.put_v1("old", "app1", &json!({"token": "old-token"}));
        bao
    })
}

/// A sandbox with the mapping and the root token.
pub fn with_mapping(mapping: &str) -> Sandbox {
    let mut sandbox = Sandbox::new();
    sandbox.write("mapping.yaml", mapping);
    sandbox.set("VAULT_ADDR", bao().url());
    sandbox.set("VAULT_TOKEN", testkit::openbao::ROOT_TOKEN);
    sandbox
}

pub fn resolve(sandbox: &Sandbox, context: &str) -> Invocation {
    sandbox.secrets(["vault", "resolve", "mapping.yaml", "--context", context])
}

#[test]
fn values_are_masked_unless_asked_for() {
    let sandbox = with_mapping(MAPPING);
    let run = resolve(&sandbox, "prod-eu").run();
    let expected = "\
SECRET  VALUE                 SOURCE
app1    **** (13 characters)  kv/prod/app1@2 password
token   **** (9 characters)   old/app1 token
";
    assert_eq!((run.assert_success().stdout(), run.stderr()), (expected, ""));

    let run = resolve(&sandbox, "prod-eu").arg("--show-secrets").run();
    let expected = "\
SECRET  VALUE          SOURCE
app1    prod-password  kv/prod/app1@2 password
token   old-token      old/app1 token
";
    assert_eq!((run.assert_success().stdout(), run.stderr()), (expected, ""));
}

#[test]
fn a_context_without_an_entry_gets_the_default() {
    let sandbox = with_mapping(MAPPING);
    let run = resolve(&sandbox, "prod-us").arg("--show-secrets").run();
    run.assert_success().assert_stdout("app1    dev-password  kv/dev/app1@1 password\n");
}

#[test]
fn as_json() {
    let sandbox = with_mapping(MAPPING);
    let secret = |id: &str, value: &str, masked: bool, path: &str, key: &str, version: Option<u64>| {
        json!({"secret_id": id, "value": value, "masked": masked, "path": path, "key": key, "version": version,
               "missing": false})
    };
    let run = resolve(&sandbox, "prod-eu").arg("-o").arg("json").run();
    let masked = json!({"context": "prod-eu", "secrets": [
        secret("app1", "**** (13 characters)", true, "kv/prod/app1", "password", Some(2)),
        secret("token", "**** (9 characters)", true, "old/app1", "token", None),
    ]});
    assert_eq!(run.assert_success().json(), masked);
    run.assert_nowhere("prod-password").assert_nowhere("old-token");

    let run = resolve(&sandbox, "prod-eu").arg("--output=json").arg("--show-secrets").run();
    let shown = json!({"context": "prod-eu", "secrets": [
        secret("app1", "prod-password", false, "kv/prod/app1", "password", Some(2)),
        secret("token", "old-token", false, "old/app1", "token", None),
    ]});
    assert_eq!(run.assert_success().json(), shown);
}

#[test]
fn every_field_of_an_entry() {
    let mapping = "\
secrets:
  - {secret_id: old, contexts: [{name: default, vaultPath: /kv/prod/app1, vaultKey: password, version: 1}]}
  - {secret_id: data, contexts: [{name: default, vaultPath: /kv/data/prod/app1, vaultKey: password}]}
  - {secret_id: text, contexts: [{name: default, vaultPath: fields/x, vaultKey: encoded, decode: base64}]}
  - {secret_id: part, contexts: [{name: default, vaultPath: fields/x, vaultKey: document, jsonPath: $.a.b}]}
  - {secret_id: none, contexts: [{name: default, vaultPath: fields/no, vaultKey: x, optional: true}]}
  - {secret_id: dflt, contexts: [{name: default, vaultPath: fields/x, vaultKey: no, default: instead}]}
  - {secret_id: port, contexts: [{name: default, vaultPath: fields/x, vaultKey: port, type: int}]}
";
    let sandbox = with_mapping(mapping);
    bao().mount_kv("fields", 2);
    let document = "{\"a\": {\"b\": \"inner\"}}";
    bao().put("fields", "x", &json!({"encoded": "ZGVjb2RlZA==", "document": document, "port": "5432"}));
    let run = resolve(&sandbox, "any").arg("--show-secrets").run();
    let expected = "\
SECRET  VALUE                SOURCE
old     first-prod-password  kv/prod/app1@1 password
data    prod-password        kv/data/prod/app1@2 password
text    decoded              fields/x@1 encoded
part    inner                fields/x@1 document
none    (none)               fields/no x (missing)
dflt    instead              fields/x no (missing)
port    5432                 fields/x@1 port
";
    assert_eq!(run.assert_success().stdout(), expected);
}

#[test]
fn a_release_file_is_a_mapping_too() {
    let sandbox = with_mapping("");
    let indented: String = MAPPING.lines().map(|line| format!("  {line}\n")).collect();
    let release = format!(
        "apiVersion: convoy/v1\nkind: Release\nmetadata: {{name: app1, namespace: ns1}}\nspec:\n  chart: {{path: c}}\n{indented}"
    );
    sandbox.write("mapping.yaml", release);
    let run = resolve(&sandbox, "prod-eu").arg("--show-secrets").run();
    run.assert_success().assert_stdout("prod-password").assert_stdout("old-token");
}

#[test]
fn an_app_role_logs_in_and_its_token_is_revoked() {
    let mut sandbox = with_mapping(MAPPING);
    let policy =
        "path \"kv/data/*\" { capabilities = [\"read\"] }\npath \"old/*\" { capabilities = [\"read\"] }";
    let (role_id, secret_id) = bao().app_role("resolver", policy);
    sandbox.unset("VAULT_TOKEN");
    sandbox.set("VAULT_ROLE_ID", role_id);
    sandbox.set("VAULT_SECRET_ID", secret_id);
    let run = resolve(&sandbox, "prod-eu").arg("--show-secrets").run();
    run.assert_success().assert_stdout("prod-password").assert_stdout("old-token");
    assert_eq!(run.stderr(), "");
    let accessors = bao().request("LIST", "/v1/auth/token/accessors", None).json();
    let names = accessors["data"]["keys"].as_array().unwrap().iter().filter(|accessor| {
        let found =
            bao().request("POST", "/v1/auth/token/lookup-accessor", Some(&json!({"accessor": accessor})));
        found.is_success() && found.json()["data"]["meta"]["role_name"] == "resolver"
    });
    assert_eq!(names.count(), 0, "a token of the role is left");
}

#[test]
fn the_token_of_vault_login_is_used() {
    let mut sandbox = with_mapping(MAPPING);
    sandbox.unset("VAULT_TOKEN");
    fs_err::write(sandbox.root().join("home/.vault-token"), format!("{}\n", testkit::openbao::ROOT_TOKEN))
        .unwrap();
    resolve(&sandbox, "prod-eu").run().assert_success();
}
