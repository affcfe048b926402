//! Transit of a real OpenBao.

use std::sync::OnceLock;

use serde_json::json;

use super::*;

/// A root token like no other word, so that a leaked one is noticed.
pub const ROOT: &str = "root-pl4nted";

/// The server that all tests share, with a Transit engine at `transit` and at `team/a/sops`.
pub fn server() -> &'static OpenBao {
    static SHARED: OnceLock<OpenBao> = OnceLock::new();
    SHARED.get_or_init(|| prepare(OpenBao::start()))
}

fn prepare(server: OpenBao) -> OpenBao {
    server.write("/v1/auth/token/create", &json!({"id": ROOT, "policies": ["root"]}));
    for engine in ["transit", "team/a/sops"] {
        server.write(&format!("/v1/sys/mounts/{engine}"), &json!({"type": "transit"}));
        server.write(&format!("/v1/{engine}/keys/app"), &json!({}));
    }
    server
}

/// A key of the engine at `transit`.
pub fn key(server: &OpenBao, name: &str) -> MasterKey {
    MasterKey::vault_transit(&format!("{}/v1/transit/keys/{name}", server.url())).unwrap()
}

#[test]
fn there_and_back() {
    let (bao, remote) = (server(), remote(&[("VAULT_TOKEN", ROOT)]));
    let wrapped = round_trip(&remote, &key(bao, "app"));
    assert!(wrapped.enc.starts_with("vault:v1:"), "{}", wrapped.enc);
    let deep = MasterKey::vault_transit(&format!("{}/v1/team/a/sops/keys/app", bao.url())).unwrap();
    round_trip(&remote, &deep);
    let slash = MasterKey::VaultTransit {
        address: format!("{}/", bao.url()),
        engine_path: "transit".to_owned(),
        key_name: "app".to_owned(),
    };
    assert_eq!(opened(&remote, &[&super::wrapped(&slash, &wrapped.enc)]), SHARE);
}

#[test]
fn tokens_from_the_environment_then_from_the_file() {
    let bao = server();
    let home = tempfile::tempdir().unwrap();
    fs_err::write(home.path().join(".vault-token"), format!("{ROOT}\n")).unwrap();
    let wrapped = round_trip(&remote_at(home.path(), &[]), &key(bao, "app"));
    let wrong = remote_at(home.path(), &[("BAO_TOKEN", "wr0ng-pl4nted")]);
    let refusal = refused(&wrong, &wrapped);
    assert!(refusal.to_string().contains("does not permit transit/decrypt/app (status 403)"), "{refusal}");
    let refusal = refused(&remote(&[]), &wrapped);
    assert!(refusal.to_string().contains("no Vault token"), "{refusal}");
}

#[test]
fn an_exact_policy_is_enough() {
    let bao = server();
    let enc = round_trip(&remote(&[("VAULT_TOKEN", ROOT)]), &key(bao, "app"));
    let policy = r#"path "transit/decrypt/app" { capabilities = ["update"] }"#;
    let token = bao.token_with_policy("only-decrypt", policy);
    let reader = remote(&[("VAULT_TOKEN", &token)]);
    assert_eq!(opened(&reader, &[&enc]), SHARE);
    let refusal = reader.wrap(SHARE, &key(bao, "app")).unwrap_err();
    let hint = refusal.hint().unwrap();
    assert!(hint.contains(r#"path "transit/encrypt/app" { capabilities = ["update"] }"#), "{hint}");
}

#[test]
fn wrong_keys_and_ciphertexts() {
    let (bao, remote) = (server(), remote(&[("VAULT_TOKEN", ROOT)]));
    for (name, enc, status) in
        [("app", "vault:v1:AAAA", 400), ("other", "vault:v1:AAAA", 400), ("app", "nonsense", 400)]
    {
        let refusal = refused(&remote, &wrapped(&key(bao, name), enc));
        assert!(refusal.to_string().contains(&format!("(status {status})")), "{name} {enc}: {refusal}");
    }
    let nowhere = MasterKey::vault_transit(&format!("{}/v1/none/keys/app", bao.url())).unwrap();
    let refusal = refused(&remote, &wrapped(&nowhere, "vault:v1:AAAA"));
    assert!(refusal.to_string().contains("does not have none/decrypt/app (status 404)"), "{refusal}");
}

#[test]
fn over_tls_with_the_ca_of_the_environment() {
    let bao = prepare(OpenBao::start_tls());
    let ca = bao.ca_file().unwrap().to_str().unwrap();
    let known = remote(&[("VAULT_TOKEN", ROOT), ("VAULT_CACERT", ca)]);
    let wrapped = round_trip(&known, &key(&bao, "app"));
    let refusal = refused(&remote(&[("VAULT_TOKEN", ROOT)]), &wrapped);
    assert!(refusal.hint().unwrap().contains("VAULT_CACERT"), "{refusal}");
    let unchecked = remote(&[("VAULT_TOKEN", ROOT), ("VAULT_SKIP_VERIFY", "true")]);
    assert_eq!(opened(&unchecked, &[&wrapped]), SHARE);
    assert_eq!(unchecked.warnings().len(), 1);
}

#[test]
fn the_requests_are_those_of_sops() {
    let server = ScriptedServer::answering(|request| match request.path.as_str() {
        "/v1/transit/decrypt/k" => Reply::json(&json!({"data": {"plaintext": STANDARD.encode(SHARE)}})),
        _ => Reply::status(500),
    });
    let remote = remote(&[("VAULT_TOKEN", "t-pl4nted"), ("VAULT_NAMESPACE", "team/a")]);
    let key = MasterKey::vault_transit(&format!("{}/v1/transit/keys/k", server.url())).unwrap();
    assert_eq!(opened(&remote, &[&wrapped(&key, "vault:v1:x")]), SHARE);
    let asked = &server.requests()[0];
    assert_eq!((asked.method.as_str(), asked.body.as_str()), ("PUT", r#"{"ciphertext":"vault:v1:x"}"#));
    for (name, value) in
        [("x-vault-token", "t-pl4nted"), ("x-vault-request", "true"), ("x-vault-namespace", "team/a")]
    {
        assert_eq!(asked.header(name), Some(value), "{name}");
    }
}

#[test]
fn a_server_that_only_the_file_names_gets_no_token() {
    // Any address of this machine that is not loopback would do; nobody may even be asked.
    let evil = MasterKey::vault_transit("http://192.0.2.1:8200/v1/transit/keys/k").unwrap();
    let start = Instant::now();
    let remote = remote(&[("VAULT_TOKEN", "t-pl4nted")]);
    let refusal = refused(&remote, &wrapped(&evil, "vault:v1:x"));
    assert!(matches!(refusal.reason, Reason::Untrusted { .. }));
    assert!(refusal.hint().unwrap().contains("VAULT_ADDR=http://192.0.2.1:8200"));
    assert!(remote.wrap(SHARE, &evil).is_err());
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[test]
fn the_agent_is_asked_in_its_place_and_needs_no_token() {
    let agent =
        ScriptedServer::answering(|_| Reply::json(&json!({"data": {"plaintext": STANDARD.encode(SHARE)}})));
    let remote = remote(&[("VAULT_AGENT_ADDR", &agent.url())]);
    let key = MasterKey::vault_transit("https://192.0.2.1/v1/transit/keys/k").unwrap();
    assert_eq!(opened(&remote, &[&wrapped(&key, "vault:v1:x")]), SHARE);
    assert_eq!(agent.requests()[0].header("x-vault-token"), None);
}

#[test]
fn redirects_to_other_hosts_and_odd_answers() {
    let other = ScriptedServer::answering(|_| Reply::status(200));
    let elsewhere = other.url().replace("127.0.0.1", "localhost");
    for (reply, problem) in [
        (Reply::status(307).header("Location", elsewhere.clone()), "redirects to"),
        (Reply::json(&json!({"data": {}})), "no Transit answer in it"),
        (Reply::json(&json!({"data": {"plaintext": "pl4nted!"}})), "the plaintext is not base64"),
        (Reply::status(200).body("<html>pl4nted"), "no Transit answer in it"),
        (Reply::status(403).body("pl4nted"), "(status 403)"),
        (Reply::status(200).body("pl4nted").cut(), "connection"),
    ] {
        let server = ScriptedServer::answering(move |_| reply.clone());
        let key = MasterKey::vault_transit(&format!("{}/v1/transit/keys/k", server.url())).unwrap();
        let remote = remote(&[("VAULT_TOKEN", "t-pl4nted"), ("VAULT_MAX_RETRIES", "0")]);
        let refusal = refused(&remote, &wrapped(&key, "vault:v1:x"));
        assert!(refusal.to_string().contains(problem), "{refusal}");
    }
    assert_eq!(other.requests(), []);
}
