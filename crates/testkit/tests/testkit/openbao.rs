//! OpenBao as tests use it.

use serde_json::{Value, json};
use testkit::OpenBao;
use testkit::http::Client;

#[test]
fn secrets_of_both_engine_versions_are_written_and_the_server_can_be_sealed() {
    let bao = OpenBao::start();
    bao.mount_kv("team/kv", 2);
    bao.mount_kv("old", 1);
    assert_eq!(bao.put("team/kv", "app", &json!({"password": "one"})), 1);
    assert_eq!(bao.put("team/kv", "app", &json!({"password": "two"})), 2);
    bao.delete("team/kv", "app");
    bao.put_v1("old", "app", &json!({"password": "three"}));
    let read = |path| bao.request("GET", path, None).json();
    assert_eq!(read("/v1/team/kv/data/app?version=1")["data"]["data"]["password"], "one");
    assert_eq!(read("/v1/team/kv/data/app")["data"]["data"], Value::Null);
    assert_eq!(read("/v1/old/app")["data"]["password"], "three");

    let policy = "path \"old/*\" { capabilities = [\"read\"] }";
    let token = bao.token_with_policy("reader", policy);
    assert!(token.starts_with("s."), "{token}");
    let (role_id, secret_id) = bao.app_role("ci", policy);
    let login =
        bao.write("/v1/auth/approle/login", &json!({"role_id": role_id, "secret_id": secret_id})).json();
    assert_eq!(login["auth"]["token_policies"], json!(["ci", "default"]));
    bao.app_role("other", policy);

    bao.seal();
    assert_eq!(bao.request("GET", "/v1/team/kv/data/app", None).status, 503);
}

#[test]
fn a_server_over_tls_has_a_ca_of_its_own() {
    let bao = OpenBao::start_tls();
    assert_eq!(bao.url(), format!("https://{}", bao.address()));
    bao.mount_kv("old", 1);
    bao.write("/v1/old/app", &r#"{"price":1.10}"#);
    let answer = bao.request("GET", "/v1/old/app", None);
    assert!(answer.body.contains("\"price\":1.10"), "{answer:?}");

    let other = OpenBao::start_tls();
    let ca = fs_err::read_to_string(other.ca_file().unwrap()).unwrap();
    assert!(Client::tls(bao.address(), &ca).request("GET", "/v1/sys/health", None).is_err());
    assert_eq!(OpenBao::start().ca_file(), None);
}
