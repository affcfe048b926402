//! `vault resolve` when something is wrong: what is said, and that no value is.

use serde_json::json;
use testkit::OpenBao;

use super::sandbox::{Sandbox, failure};
use super::vault::{MAPPING, bao, resolve, with_mapping};

/// What is said for `context`; checks that no secret is.
#[track_caller]
fn refused(sandbox: &Sandbox, context: &str) -> String {
    let run = resolve(sandbox, context).arg("--show-secrets").run();
    let said = failure(&run).to_owned();
    assert_eq!(run.stdout(), "");
    for secret in ["dev-password", "prod-password", "old-token"] {
        run.assert_nowhere(secret);
    }
    said
}

/// A mapping of one secret, `app1`.
fn one(path: &str, key: &str) -> String {
    format!(
        "secrets:\n  - secret_id: app1\n    contexts:\n      - {{name: default, vaultPath: {path}, vaultKey: {key}}}\n"
    )
}

#[test]
fn no_address_and_no_token() {
    let mut sandbox = with_mapping(MAPPING);
    sandbox.unset("VAULT_TOKEN");
    let home = sandbox.root().join("home/.vault-token");
    let expected = format!(
        "error: no Vault token: VAULT_TOKEN is not set and {} holds none\n  \
         hint: set VAULT_TOKEN, or VAULT_ROLE_ID and VAULT_SECRET_ID, or run: vault login\n",
        home.display()
    );
    assert_eq!(refused(&sandbox, "prod-eu"), expected);
    sandbox.unset("VAULT_ADDR");
    let expected = "error: no Vault address is set\n  \
                    hint: set VAULT_ADDR, for instance https://vault.example.com:8200\n";
    assert_eq!(refused(&sandbox, "prod-eu"), expected);
}

#[test]
fn a_wrong_token_or_login() {
    let mut sandbox = with_mapping(MAPPING);
    sandbox.set("VAULT_TOKEN", "s.not-a-token-of-this-server");
    let said = refused(&sandbox, "prod-eu");
    let expected = format!(
        "error: Vault at {} does not take the token: it is wrong, expired, revoked or used up\n",
        bao().url()
    );
    assert!(said.starts_with(&expected) && said.ends_with("  hint: get a new one: vault login\n"), "{said}");
    assert!(!said.contains("not-a-token"), "{said}");

    let (role_id, _) = bao().app_role("wrong-secret-id", "path \"none\" { capabilities = [\"read\"] }");
    sandbox.unset("VAULT_TOKEN");
    sandbox.set("VAULT_ROLE_ID", &role_id);
    sandbox.set("VAULT_SECRET_ID", "not-the-secret-id");
    let said = refused(&sandbox, "prod-eu");
    assert!(said.starts_with(&format!("error: login at {} as ", bao().url())), "{said}");
    assert!(said.contains("(auth/approle) is refused\n  hint: check role_id and secret_id; "), "{said}");
    assert!(!said.contains("not-the-secret-id"), "{said}");
}

#[test]
fn a_sealed_or_unreachable_server() {
    let mut sandbox = with_mapping(MAPPING);
    let sealed = OpenBao::start();
    sealed.seal();
    sandbox.set("VAULT_ADDR", sealed.url());
    let expected = format!(
        "error: Vault at {} is sealed\n  hint: it has to be unsealed first: vault operator unseal\n",
        sealed.url()
    );
    assert_eq!(refused(&sandbox, "prod-eu"), expected);
    let gone = sealed.url();
    drop(sealed);
    let said = refused(&sandbox, "prod-eu");
    assert!(said.starts_with(&format!("error: cannot reach Vault at {gone}: ")), "{said}");
}

#[test]
fn a_path_or_key_that_is_not_there() {
    let sandbox = with_mapping(&one("/kv/prod/none", "password"));
    let at = bao().url();
    let place = format!("(mapping.yaml:4) at {at}");
    let head = "error: secret_id `app1` of context prod-eu: ";
    let said = refused(&sandbox, "prod-eu");
    let expected = format!("{head}kv/prod/none, key password: no secret there {place}");
    assert!(said.starts_with(&expected), "{said}");
    assert!(said.contains("\n  hint: write it: vault kv put kv/prod/none password=...\n"), "{said}");

    sandbox.write("mapping.yaml", one("/kv/dev/app1", "pasword"));
    let said = refused(&sandbox, "prod-eu");
    let expected = format!("{head}kv/dev/app1, key pasword: no such key; there is password, user {place}");
    assert!(said.starts_with(&expected), "{said}");
    assert!(said.contains("\n  hint: did you mean vaultKey `password`?\n"), "{said}");

    sandbox.write("mapping.yaml", one("/nowhere/app1", "password"));
    let said = refused(&sandbox, "prod-eu");
    assert!(
        said.starts_with(&format!(
            "{head}nowhere/app1, key password: no mount there, or no access to any path of it {place}"
        )),
        "{said}"
    );
}

#[test]
fn a_path_that_may_not_be_read() {
    let mut sandbox = with_mapping(&one("/kv/prod/app1", "password"));
    let policy = "path \"kv/data/dev/*\" { capabilities = [\"read\"] }";
    let token = bao().token_with_policy("dev-only", policy);
    sandbox.set("VAULT_TOKEN", &token);
    let said = refused(&sandbox, "prod-eu");
    let expected = "error: secret_id `app1` of context prod-eu: kv/prod/app1, key password: permission denied (mapping.yaml:4)";
    assert!(said.starts_with(expected), "{said}");
    let hint = "  hint: the policy needs: path \"kv/data/prod/app1\" { capabilities = [\"read\"] }\n";
    assert!(said.ends_with(hint), "{said}");

    let elsewhere = bao().token_with_policy("elsewhere", "path \"other/*\" { capabilities = [\"read\"] }");
    sandbox.set("VAULT_TOKEN", &elsewhere);
    let said = refused(&sandbox, "prod-eu");
    assert!(said.contains("no mount there, or no access to any path of it (mapping.yaml:4)"), "{said}");
    assert!(
        said.contains(
            "  hint: is the mount's name right? if so, the policy must allow to read a path of it\n"
        ),
        "{said}"
    );
}

#[test]
fn several_at_once_are_all_named() {
    let mapping = MAPPING
        .replace("prod/app1", "prod/none")
        .replace("/old/app1, vaultKey: token", "/old/app1, vaultKey: tokn");
    let sandbox = with_mapping(&mapping);
    let said = refused(&sandbox, "prod-eu");
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[0], format!("error: 2 of 2 secrets cannot be read from {}", bao().url()), "{said}");
    assert!(
        lines[1].starts_with("  secret_id `app1` of context prod-eu: kv/prod/none, key password: "),
        "{said}"
    );
    assert!(lines[2].starts_with("  secret_id `token` of context prod-eu: old/app1, key tokn: "), "{said}");
    assert!(said.contains("hint: did you mean vaultKey `token`?\n"), "{said}");
}

#[test]
fn no_entry_and_no_default() {
    let mapping = "secrets:\n  - secret_id: app1\n    contexts:\n      - {name: prod-eu, vaultPath: /kv/prod/app1, vaultKey: password}\n";
    let sandbox = with_mapping(mapping);
    let missing = |context: &str| {
        format!(
            "error: mapping.yaml:2: secret_id `app1` has no entry for context `{context}` and no `default`\n"
        )
    };
    let expected = format!("{}  hint: did you mean context `prod-eu`?\n", missing("prod-ey"));
    assert_eq!(refused(&sandbox, "prod-ey"), expected);
    let expected = format!("{}  hint: add a context named `dev-1` or `default` to each\n", missing("dev-1"));
    assert_eq!(refused(&sandbox, "dev-1"), expected);
}

#[test]
fn a_mapping_that_cannot_be_read() {
    let sandbox = with_mapping("");
    let cases = [
        (
            one("/kv/dev/app1", "password").replace("vaultKey", "vaultkey"),
            "error: mapping.yaml:4:50: unknown field `vaultkey`",
            "hint: did you mean `vaultKey`?\n",
        ),
        (
            format!("{}{}", one("/kv/a", "b"), one("/kv/a", "b").replace("secrets:\n", "")),
            "error: mapping.yaml:5:16: secret_id `app1` is given twice\n",
            "",
        ),
        ("a: 1\n".to_owned(), "error: mapping.yaml:1:1: unknown field `a`", ""),
        (
            "kind: Job\n".to_owned(),
            "error: mapping.yaml:1:7: kind `Job` has no Vault mapping\n",
            "hint: give a Release",
        ),
        ("secrets: [\n".to_owned(), "error: mapping.yaml:", ""),
    ];
    for (mapping, expected, hint) in cases {
        sandbox.write("mapping.yaml", &mapping);
        let said = refused(&sandbox, "prod-eu");
        assert!(said.starts_with(expected) && said.contains(hint), "{expected} {hint}:\n{said}");
    }
    fs_err::remove_file(sandbox.path("mapping.yaml")).unwrap();
    let expected = "error: failed to open file `mapping.yaml`: No such file or directory (os error 2)\n";
    assert_eq!(refused(&sandbox, "prod-eu"), expected);
}

#[test]
fn values_of_the_wrong_kind_are_never_shown() {
    let entry = |fields: &str| {
        one("/kinds/x", "value").replace("vaultKey: value", &format!("vaultKey: value, {fields}"))
    };
    let sandbox = with_mapping("");
    bao().mount_kv("kinds", 2);
    bao().put("kinds", "x", &json!({"value": "prod-password"}));
    for (fields, expected) in [
        ("decode: base64", "the value is not base64"),
        ("jsonPath: $.a", "the value is not JSON"),
        ("type: int", "the value is "),
        ("type: bool", "the value is "),
    ] {
        sandbox.write("mapping.yaml", entry(fields));
        let said = refused(&sandbox, "prod-eu");
        assert!(said.contains(&format!("kinds/x, key value: {expected}")), "{expected}:\n{said}");
    }
}
