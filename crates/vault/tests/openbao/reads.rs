//! What works: mounts, versions, logins, namespaces, TLS.

use secrecy::SecretString;
use serde_json::json;
use testkit::OpenBao;
use vault::{Auth, Client, Credential};

use crate::server::{ROOT, shared, with_root};
use crate::{requests, resolve, texts, with_token};

#[tokio::test]
async fn both_kv_versions_and_a_mount_with_slashes() {
    let bao = shared();
    bao.mount_kv("r1", 1);
    bao.mount_kv("team/a/r2", 2);
    bao.write("/v1/r1/data/x", &r#"{"k":"one pl4nted","port":12345678,"price":1.10}"#);
    bao.put("team/a/r2", "x/y", &json!({"k": "two pl4nted"}));
    let sources = [
        "/r1/data/x, vaultKey: k",
        "/team/a/r2/x/y, vaultKey: k",
        "team/a/r2/data/x/y/, vaultKey: k",
        "/r1/data/x, vaultKey: port",
        "/r1/data/x, vaultKey: price",
        "/r1/data/x, vaultKey: port, type: int",
    ];
    let resolved = resolve(&with_token(&bao.url(), ROOT), &sources).await.unwrap();
    assert_eq!(
        texts(&resolved),
        ["one pl4nted", "two pl4nted", "two pl4nted", "12345678", "1.10", "12345678"]
    );
    assert_eq!(resolved.secrets[0].origin.to_string(), "r1/data/x k");
    assert_eq!(resolved.secrets[1].origin.to_string(), "team/a/r2/x/y@1 k");
    let json = resolved.to_values_json();
    assert!(json.ends_with(b"\"s4\":\"1.10\",\"s5\":12345678}}\n"), "{}", String::from_utf8_lossy(&json));
    assert!(!format!("{resolved:?}").contains("pl4nted"));
}

#[tokio::test]
async fn a_version_can_be_pinned() {
    let bao = shared();
    bao.mount_kv("versions", 2);
    for value in ["old", "new"] {
        bao.put("versions", "a", &json!({"k": value}));
    }
    let sources = [
        "/versions/a, vaultKey: k",
        "/versions/a, vaultKey: k, version: 1",
        "/versions/a, vaultKey: k, version: 2",
    ];
    let resolved = resolve(&with_token(&bao.url(), ROOT), &sources).await.unwrap();
    assert_eq!(texts(&resolved), ["new", "old", "new"]);
    assert_eq!(resolved.secrets[1].origin.version, Some(1));
}

#[tokio::test]
async fn characters_that_a_url_would_read_otherwise() {
    let bao = shared();
    bao.mount_kv("odd", 2);
    bao.put("odd", "a%20b/c%23d%3Fe%25f", &json!({"k": "v"}));
    let resolved =
        resolve(&with_token(&bao.url(), ROOT), &["'/odd/a b/c#d?e%f', vaultKey: k"]).await.unwrap();
    assert_eq!(texts(&resolved), ["v"]);
}

#[tokio::test]
async fn what_is_missing_may_have_a_default_or_be_left_out() {
    let bao = shared();
    bao.mount_kv("opt", 2);
    bao.put("opt", "a", &json!({"k": "v", "json": "{\"x\":1}"}));
    bao.put("opt", "gone", &json!({"k": "v"}));
    bao.delete("opt", "gone");
    let sources = [
        "/opt/a, vaultKey: k, default: d",
        "/opt/none, vaultKey: k, default: d",
        "/opt/a, vaultKey: none, default: 7, type: int",
        "/opt/a, vaultKey: json, jsonPath: $.y, optional: true",
        "/opt/gone, vaultKey: k, optional: true",
    ];
    let resolved = resolve(&with_token(&bao.url(), ROOT), &sources).await.unwrap();
    assert_eq!(texts(&resolved), ["v", "d", "7", "-", "-"]);
    let missing: Vec<bool> = resolved.secrets.iter().map(|secret| secret.origin.missing).collect();
    assert_eq!(missing, [false, true, true, true, true]);
    assert_eq!(&*resolved.to_values_json(), b"{\"secrets\":{\"s0\":\"v\",\"s1\":\"d\",\"s2\":7}}\n");
}

#[tokio::test]
async fn several_contexts_share_what_they_share() {
    let bao = shared();
    bao.mount_kv("shared", 1);
    bao.put_v1("shared", "a", &json!({"k": "a"}));
    bao.put_v1("shared", "b", &json!({"k": "b"}));
    let client = Client::connect(&with_token(&bao.url(), ROOT)).await.unwrap();
    let (one, two) = (
        requests(&["/shared/a, vaultKey: k", "/shared/b, vaultKey: k"]),
        requests(&["/shared/b, vaultKey: k", "/shared/a, vaultKey: k"]),
    );
    let all = client.resolve_all(&[&one, &[], &two]).await.unwrap();
    let all: Vec<Vec<&str>> = all.iter().map(texts).collect();
    assert_eq!(all, [vec!["a", "b"], vec![], vec!["b", "a"]]);
}

#[tokio::test]
async fn an_app_role_logs_in_with_a_token_of_its_own_and_leaves_none_behind() {
    let bao = shared();
    bao.mount_kv("approle-kv", 2);
    bao.put("approle-kv", "a", &json!({"k": "v"}));
    bao.write("/v1/sys/auth/team/approle", &json!({"type": "approle"}));
    let policy = "path \"approle-kv/data/a\" { capabilities = [\"read\"] }";
    bao.write("/v1/sys/policies/acl/approle-reader", &json!({"policy": policy}));
    let role = "/v1/auth/team/approle/role/reader";
    bao.write(role, &json!({"token_policies": "approle-reader", "secret_id_num_uses": 1, "token_ttl": "5m"}));
    let role_id = bao.request("GET", &format!("{role}/role-id"), None).json()["data"]["role_id"].clone();
    let secret_id = bao.write(&format!("{role}/secret-id"), &json!({})).json()["data"]["secret_id"].clone();

    let file = tempfile::NamedTempFile::new().unwrap();
    fs_err::write(file.path(), format!("{}\n", secret_id.as_str().unwrap())).unwrap();
    let mut settings = with_token(&bao.url(), "unused");
    settings.auth = Auth::AppRole {
        mount: "team/approle/".to_owned(),
        role_id: role_id.as_str().unwrap().to_owned(),
        secret_id: Some(Credential::File(file.path().to_owned())),
    };
    let client = Client::connect(&settings).await.unwrap();
    assert_eq!(client.role(), Some("reader"));
    let resolved = client.resolve(&requests(&["/approle-kv/a, vaultKey: k"])).await.unwrap();
    assert_eq!(texts(&resolved), ["v"]);
    assert_eq!(tokens_of_role(bao, "reader"), 1);
    client.finish().await.unwrap();
    assert_eq!(tokens_of_role(bao, "reader"), 0);

    // Good for one use.
    let error = Client::connect(&settings).await.unwrap_err();
    assert!(error.to_string().contains("is refused"), "{error}");
    assert!(!format!("{error:?}").contains(secret_id.as_str().unwrap()));
}

fn tokens_of_role(bao: &OpenBao, role: &str) -> usize {
    let accessors = bao.request("LIST", "/v1/auth/token/accessors", None).json();
    let mut found = 0;
    for accessor in accessors["data"]["keys"].as_array().unwrap() {
        let body = json!({"accessor": accessor});
        let token = bao.request("POST", "/v1/auth/token/lookup-accessor", Some(&body));
        found += usize::from(token.body.contains(&format!("\"role_name\":\"{role}\"")));
    }
    found
}

#[tokio::test]
async fn a_namespace() {
    let bao = shared();
    bao.write("/v1/sys/namespaces/ns1", &json!({}));
    bao.write("/v1/ns1/sys/mounts/nkv", &json!({"type": "kv", "options": {"version": "1"}}));
    bao.put_v1("ns1/nkv", "a", &json!({"k": "v"}));
    let mut settings = with_token(&bao.url(), ROOT);
    settings.namespace = Some("ns1".to_owned());
    assert_eq!(texts(&resolve(&settings, &["/nkv/a, vaultKey: k"]).await.unwrap()), ["v"]);
}

#[tokio::test]
async fn a_token_file() {
    let bao = shared();
    bao.mount_kv("file", 1);
    bao.put_v1("file", "a", &json!({"k": "v"}));
    let file = tempfile::NamedTempFile::new().unwrap();
    fs_err::write(file.path(), format!("{ROOT}\n")).unwrap();
    let mut settings = with_token(&bao.url(), "");
    settings.auth = Auth::Token(Credential::File(file.path().to_owned()));
    assert_eq!(texts(&resolve(&settings, &["/file/a, vaultKey: k"]).await.unwrap()), ["v"]);
    fs_err::write(file.path(), "").unwrap();
    let error = Client::connect(&settings).await.unwrap_err();
    assert!(error.to_string().starts_with("no Vault token: VAULT_TOKEN is not set"), "{error}");
    settings.auth = Auth::Token(Credential::Text(SecretString::from("pl4nted\nX: y")));
    let error = Client::connect(&settings).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("pl4nted"));
}

#[tokio::test]
async fn tls_trusts_the_named_ca_and_no_other() {
    let bao = with_root(OpenBao::start_tls());
    bao.put("secret", "a", &json!({"k": "v"}));
    let sources = ["/secret/a, vaultKey: k", "/secret/b, vaultKey: k, default: d"];
    let mut settings = with_token(&bao.url(), ROOT);
    let (message, hint) = crate::fails(&settings, &sources).await;
    assert!(message.starts_with("no trusted TLS connection to Vault at https://127.0.0.1"), "{message}");
    assert!(hint.contains("VAULT_CACERT"), "{message}: {hint}");

    settings.tls.ca_file = bao.ca_file().map(Into::into);
    assert_eq!(texts(&resolve(&settings, &sources).await.unwrap()), ["v", "d"]);

    settings.tls.server_name = Some("not-this.example".to_owned());
    let (message, hint) = crate::fails(&settings, &sources).await;
    assert!(hint.contains("VAULT_TLS_SERVER_NAME"), "{message}: {hint}");
    settings.tls.server_name = Some("localhost".to_owned());
    assert_eq!(texts(&resolve(&settings, &sources).await.unwrap()), ["v", "d"]);

    let (message, _) = crate::fails(&with_token(&bao.url().replace("https", "http"), ROOT), &sources).await;
    assert!(message.contains("wants https"), "{message}");
    settings.address = vault::parse_address(&shared().url().replace("http:", "https:")).unwrap();
    let (message, hint) = crate::fails(&settings, &sources).await;
    assert!(hint.contains("plain http"), "{message}: {hint}");
}
