//! What a real server refuses: each error names what is concerned and says what to do.

use secrecy::SecretString;
use serde_json::json;
use testkit::OpenBao;
use vault::{Auth, Client, Credential, Error};

use crate::server::{ROOT, shared, with_root};
use crate::{fails, resolve, texts, with_token};

#[tokio::test]
async fn a_wrong_token() {
    let bao = shared();
    let (message, hint) = fails(&with_token(&bao.url(), "s.pl4nted"), &["/secret/a, vaultKey: k"]).await;
    assert_eq!(
        message,
        format!("Vault at {} does not take the token: it is wrong, expired, revoked or used up", bao.url())
    );
    assert!(hint.contains("vault login"));
}

#[tokio::test]
async fn a_token_that_is_used_up_fails_everything() {
    let bao = shared();
    bao.mount_kv("uses", 1);
    for name in ["a", "b", "c"] {
        bao.put_v1("uses", name, &json!({"k": "pl4nted"}));
    }
    let answer = bao.write("/v1/auth/token/create", &json!({"num_uses": 2})).json();
    let token = answer["auth"]["client_token"].as_str().unwrap();
    let sources = ["/uses/a, vaultKey: k", "/uses/b, vaultKey: k", "/uses/c, vaultKey: k, default: d"];
    let (message, _) = fails(&with_token(&bao.url(), token), &sources).await;
    assert!(message.contains("does not take the token"), "{message}");
}

#[tokio::test]
async fn a_sealed_server() {
    let bao = with_root(OpenBao::start());
    bao.seal();
    let (message, hint) = fails(&with_token(&bao.url(), ROOT), &["/secret/a, vaultKey: k"]).await;
    assert_eq!(message, format!("Vault at {} is sealed", bao.url()));
    assert!(hint.contains("unseal"));
    let mut settings = with_token(&bao.url(), "");
    settings.auth = app_role("approle", "r", "s.pl4nted");
    assert!(matches!(Client::connect(&settings).await, Err(Error::Sealed { .. })));
}

#[tokio::test]
async fn a_policy_that_does_not_allow_the_path() {
    let bao = shared();
    bao.mount_kv("denied", 2);
    for name in ["mine", "theirs"] {
        bao.put("denied", name, &json!({"k": "pl4nted"}));
    }
    let policy = "path \"denied/data/mine\" { capabilities = [\"read\"] }";
    let sources = ["/denied/mine, vaultKey: k", "/denied/theirs, vaultKey: k, optional: true, default: d"];
    let without_default = bao.token_with_policy("denied", policy);
    let answer = bao.write("/v1/auth/token/create", &json!({"policies": ["denied"]})).json();
    for token in [answer["auth"]["client_token"].as_str().unwrap(), &without_default] {
        let settings = with_token(&bao.url(), token);
        assert_eq!(texts(&resolve(&settings, &sources[..1]).await.unwrap()), ["pl4nted"]);
        let (message, hint) = fails(&settings, &sources).await;
        let expected = format!(
            "secret_id `s1` of context c: denied/theirs, key k: permission denied (m.yaml:7) at {}",
            bao.url()
        );
        assert_eq!(message, expected);
        assert_eq!(hint, "the policy needs: path \"denied/data/theirs\" { capabilities = [\"read\"] }");
    }
}

#[tokio::test]
async fn a_mount_that_is_not_there_or_not_visible() {
    let bao = shared();
    bao.mount_kv("hidden", 2);
    let token = bao.token_with_policy("blind", "path \"secret/data/x\" { capabilities = [\"read\"] }");
    for (token, path) in [(token.as_str(), "hidden/a"), (ROOT, "nowhere/a"), (token.as_str(), "nowhere/a")] {
        let (message, _) = fails(&with_token(&bao.url(), token), &[&format!("/{path}, vaultKey: k")]).await;
        let expected = format!("{path}, key k: no mount there, or no access to any path of it (m.yaml:4)");
        assert!(message.contains(&expected), "{message}");
    }
}

#[tokio::test]
async fn missing_things_are_all_named_at_once() {
    let bao = shared();
    bao.mount_kv("missing", 2);
    bao.put("missing", "a", &json!({"password": "pl4nted", "user": "pl4nted"}));
    bao.put("missing", "gone", &json!({"k": "pl4nted"}));
    bao.delete("missing", "gone");
    bao.write("/v1/sys/mounts/missing-transit", &json!({"type": "transit"}));
    bao.mount_kv("missing1", 1);
    let sources = [
        "/missing/a, vaultKey: user",
        "/missing/none, vaultKey: k",
        "/missing/a, vaultKey: pasword",
        "/missing/gone, vaultKey: k",
        "/missing/a, vaultKey: user, version: 9",
        "/missing-transit/keys, vaultKey: k",
        "/missing1/a, vaultKey: k, version: 1",
        "/missing/a, vaultKey: user, decode: base64",
    ];
    let (message, hint) = fails(&with_token(&bao.url(), ROOT), &sources).await;
    let lines: Vec<&str> = message.lines().collect();
    assert_eq!(lines[0], format!("7 of 8 secrets cannot be read from {}", bao.url()));
    let expected = [
        "missing/none, key k: no secret there (",
        "missing/a, key pasword: no such key; there is password, user (",
        "missing/gone, key k: the secret is deleted (",
        "missing/a, key user: no secret there in version 9 (",
        "missing-transit/keys, key k: the mount `missing-transit/` is of type transit, not a KV store (",
        "missing1/a, key k: a version is asked for, but KV version 1 keeps none (",
        "missing/a, key user: the value is not base64 (",
    ];
    for (line, (number, words)) in lines[1..].iter().zip((1..).zip(expected)) {
        assert!(line.starts_with(&format!("  secret_id `s{number}` of context c: {words}")), "{line}");
    }
    assert!(hint.contains("did you mean vaultKey `password`?"), "{hint}");
}

#[tokio::test]
async fn a_namespace_that_is_not_there() {
    let bao = shared();
    let mut settings = with_token(&bao.url(), ROOT);
    settings.namespace = Some("no-such-team".to_owned());
    let (message, hint) = fails(&settings, &["/secret/a, vaultKey: k"]).await;
    assert_eq!(message, format!("Vault at {} has no namespace `no-such-team`", bao.url()));
    assert!(hint.contains("VAULT_NAMESPACE"));
    settings.auth = app_role("approle", "r", "s");
    assert!(matches!(Client::connect(&settings).await, Err(Error::Namespace { .. })));
    settings.namespace = Some("team\nX: y".to_owned());
    assert!(matches!(Client::connect(&settings).await, Err(Error::NotAHeader { what: "namespace" })));
}

#[tokio::test]
async fn logins_that_are_refused() {
    let bao = shared();
    bao.write("/v1/sys/auth/refusing", &json!({"type": "approle"}));
    let mut settings = with_token(&bao.url(), "");
    settings.auth = app_role("refusing", "no-such-role", "s.pl4nted");
    let error = Client::connect(&settings).await.unwrap_err();
    let expected = format!("login at {} as role_id no-such-role (auth/refusing) is refused", bao.url());
    assert_eq!(error.to_string(), expected);
    assert!(!format!("{error:?}").contains("pl4nted"));
    settings.auth = app_role("no-such-mount", "r", "s.pl4nted");
    let error = Client::connect(&settings).await.unwrap_err();
    assert!(matches!(error, Error::NoAuthMethod { .. }), "{error}");
}

fn app_role(mount: &str, role_id: &str, secret_id: &str) -> Auth {
    Auth::AppRole {
        mount: mount.to_owned(),
        role_id: role_id.to_owned(),
        secret_id: Some(Credential::Text(SecretString::from(secret_id))),
    }
}
