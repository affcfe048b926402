//! Redirects, retries, limits and broken answers.

use std::time::{Duration, Instant};

use secrecy::SecretString;
use testkit::net::refusing_address;
use testkit::{Reply, ScriptedServer};
use vault::{Auth, Client, Credential, Error};

use crate::{fails, resolve, texts, with_token};

const SECRET: &str = r#"{"data":{"k":"v","l":"w"}}"#;
const SOURCE: &str = "/kv/a, vaultKey: k";

#[tokio::test]
async fn each_path_is_read_once() {
    let server = ScriptedServer::start([kv1(), ok(SECRET), ok(SECRET)]);
    let sources = [SOURCE, "/kv/a, vaultKey: l", "/kv/a, vaultKey: k", "/kv/b, vaultKey: k"];
    let resolved = resolve(&with_token(&server.url(), "t"), &sources).await.unwrap();
    assert_eq!(texts(&resolved), ["v", "w", "v", "v"]);
    let mut lines = lines(&server);
    lines[1..].sort();
    assert_eq!(lines, ["GET /v1/sys/internal/ui/mounts/kv/a", "GET /v1/kv/a", "GET /v1/kv/b"]);
    let first = &server.requests()[0];
    assert_eq!((first.header("x-vault-token"), first.header("x-vault-request")), (Some("t"), Some("true")));
}

#[tokio::test]
async fn nothing_to_read_asks_nothing() {
    let server = ScriptedServer::start([]);
    assert!(resolve(&with_token(&server.url(), "t"), &[]).await.unwrap().secrets.is_empty());
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_path_prefix_of_the_address_is_kept_also_at_login() {
    let login = r#"{"auth":{"client_token":"t2","accessor":"a","policies":[],"token_policies":[],"metadata":null,
        "lease_duration":1,"renewable":false,"entity_id":"","token_type":"batch","orphan":true},"lease_id":"",
        "lease_duration":0,"renewable":false,"request_id":"","warnings":null,"wrap_info":null,"data":null}"#;
    let server = ScriptedServer::start([ok(login), kv1(), ok(SECRET)]);
    let mut settings = with_token(&format!("{}/pfx/", server.url()), "");
    settings.auth = app_role();
    assert_eq!(texts(&resolve(&settings, &[SOURCE]).await.unwrap()), ["v"]);
    let expected =
        ["POST /pfx/v1/auth/approle/login", "GET /pfx/v1/sys/internal/ui/mounts/kv/a", "GET /pfx/v1/kv/a"];
    assert_eq!(lines(&server), expected);
}

#[tokio::test]
async fn a_standby_leads_to_the_active_node_once() {
    let active = ScriptedServer::start([kv1(), ok(SECRET)]);
    let to = format!("{}/v1/sys/internal/ui/mounts/kv/a", active.url());
    let standby = ScriptedServer::start([redirect(&to)]);
    assert_eq!(texts(&resolve(&with_token(&standby.url(), "t"), &[SOURCE]).await.unwrap()), ["v"]);
    assert_eq!(standby.requests().len(), 1, "the active node is asked at once from then on");
    assert!(active.requests().iter().all(|request| request.header("x-vault-token") == Some("t")));
}

#[tokio::test]
async fn a_standby_at_login_does_not_use_up_the_secret_id() {
    let active = ScriptedServer::start([ok("{}"), status(400)]);
    let to = format!("{}/v1/sys/internal/ui/mounts", active.url());
    let standby = ScriptedServer::answering(move |_| redirect(&to));
    let mut settings = with_token(&standby.url(), "");
    settings.auth = app_role();
    assert!(matches!(Client::connect(&settings).await, Err(Error::LoginRefused { .. })));
    assert_eq!(lines(&standby), ["POST /v1/auth/approle/login", "GET /v1/sys/internal/ui/mounts"]);
    assert_eq!(lines(&active), ["GET /v1/sys/internal/ui/mounts", "POST /v1/auth/approle/login"]);
}

#[tokio::test]
async fn the_token_does_not_follow_to_another_host() {
    let evil = ScriptedServer::start([ok(SECRET)]);
    // Another name of the same machine is another host.
    let host = format!("localhost:{}", evil.address().port());
    let to = format!("http://{host}/v1/kv/a?pl4nted");
    let server = ScriptedServer::answering(move |_| redirect(&to));
    let mut settings = with_token(&server.url(), "s.pl4nted");
    let (message, hint) = fails(&settings, &[SOURCE]).await;
    assert!(message.contains(&format!("redirects to http://{host}, which may not")), "{message}");
    assert!(hint.contains("redirect target"), "{hint}");
    assert!(evil.requests().is_empty());

    settings.redirect_hosts = vec![host];
    let (message, _) = fails(&settings, &[SOURCE]).await;
    assert!(message.contains("is not Vault's: no mount in it"), "{message}");
    assert_eq!(evil.requests().len(), 1);
}

#[tokio::test]
async fn redirects_do_not_go_in_circles() {
    let server = ScriptedServer::answering(|_| redirect("/v1/again"));
    let (message, _) = fails(&with_token(&server.url(), "t"), &[SOURCE]).await;
    assert!(message.contains("redirects to"), "{message}");
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_rate_limit_is_waited_for_as_long_as_it_says() {
    let limited = |wait: &str| Reply::status(429).header("Retry-After", wait);
    let server = ScriptedServer::start([kv1(), limited("1"), ok(SECRET)]);
    let started = Instant::now();
    assert_eq!(texts(&resolve(&with_token(&server.url(), "t"), &[SOURCE]).await.unwrap()), ["v"]);
    assert!(started.elapsed() >= Duration::from_secs(1));
    assert_eq!(server.requests().len(), 3);

    let server = ScriptedServer::start([limited("3600")]);
    let started = Instant::now();
    let (message, _) = fails(&with_token(&server.url(), "t"), &[SOURCE]).await;
    assert!(message.ends_with("limits requests (status 429); it asks to wait 3600 s"), "{message}");
    assert!(started.elapsed() < Duration::from_secs(5), "a wait beyond the timeout is not begun");
}

#[tokio::test]
async fn gateway_errors_and_cut_answers_are_retried() {
    let html = Reply::status(502).body("<html>");
    let cut = || Reply::status(200).body("{\"data\":").cut();
    // After the 503 the client asks whether the server is sealed.
    let server =
        ScriptedServer::start([html, kv1(), cut(), status(503), ok(r#"{"sealed":false}"#), ok(SECRET)]);
    assert_eq!(texts(&resolve(&with_token(&server.url(), "t"), &[SOURCE]).await.unwrap()), ["v"]);

    let server = ScriptedServer::answering(move |_| cut());
    let (message, _) = fails(&with_token(&server.url(), "t"), &[SOURCE]).await;
    assert!(message.starts_with("cannot reach Vault at"), "{message}");
    assert_eq!(server.requests().len(), 3, "one attempt and two retries");

    let server = ScriptedServer::answering(|_| status(504));
    let (message, _) = fails(&with_token(&server.url(), "t"), &[SOURCE]).await;
    assert!(message.ends_with("is not available (status 504)"), "{message}");
}

#[tokio::test]
async fn a_login_is_sent_once() {
    let server = ScriptedServer::answering(|_| status(502));
    let mut settings = with_token(&server.url(), "");
    settings.auth = app_role();
    let error = Client::connect(&settings).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { status: 502, .. }), "{error}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up() {
    let server = ScriptedServer::answering(|_| Reply::hang());
    let mut settings = with_token(&server.url(), "t");
    settings.timeout = Duration::from_millis(300);
    let started = Instant::now();
    let (message, hint) = fails(&settings, &[SOURCE]).await;
    assert!(message.contains("no answer from Vault") && message.ends_with("within 0.3 s"), "{message}");
    assert!(hint.contains("seal-status"), "{hint}");
    assert!(started.elapsed() < Duration::from_secs(2));
    settings.auth = app_role();
    assert!(matches!(Client::connect(&settings).await, Err(Error::Timeout { .. })));
}

#[tokio::test]
async fn nobody_listens() {
    let address = refusing_address();
    let mut settings = with_token(&format!("http://{address}"), "t");
    let (message, _) = fails(&settings, &[SOURCE]).await;
    assert_eq!(message, format!("cannot reach Vault at http://{address}: connection refused"));
    settings.auth = app_role();
    let error = Client::connect(&settings).await.unwrap_err();
    assert!(error.to_string().ends_with("connection refused"), "{error}");
}

#[tokio::test]
async fn answers_that_are_not_vaults_are_not_shown() {
    for body in ["pl4nted", r#"{"data":"pl4nted"}"#, r#"{"data":{"k":pl4nted}}"#, ""] {
        let server = ScriptedServer::start([kv1(), ok(body)]);
        let (message, _) = fails(&with_token(&server.url(), "t"), &[SOURCE]).await;
        assert!(message.ends_with("is not Vault's: no secret in it"), "{message}");
    }
    let server = ScriptedServer::start([ok("pl4nted")]);
    let mut settings = with_token(&server.url(), "");
    settings.auth = app_role();
    let error = Client::connect(&settings).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("pl4nted"));
    let server = ScriptedServer::start([kv1(), status(500)]);
    let (message, _) = fails(&with_token(&server.url(), "t"), &[SOURCE]).await;
    assert!(message.contains("the server answers with status 500"), "{message}");
}

fn app_role() -> Auth {
    let secret_id = Some(Credential::Text(SecretString::from("s.pl4nted")));
    Auth::AppRole { mount: "approle".to_owned(), role_id: "r".to_owned(), secret_id }
}

/// A mount answer for KV version 1 at `kv/`.
fn kv1() -> Reply {
    ok(r#"{"data":{"path":"kv/","type":"kv","options":null}}"#)
}

fn ok(body: &str) -> Reply {
    Reply::status(200).body(body)
}

fn status(status: u16) -> Reply {
    Reply::status(status).body(r#"{"errors":["pl4nted"]}"#)
}

fn redirect(to: &str) -> Reply {
    Reply::status(307).header("Location", to)
}

/// What was asked, as `METHOD PATH`.
fn lines(server: &ScriptedServer) -> Vec<String> {
    server.requests().iter().map(|request| format!("{} {}", request.method, request.path)).collect()
}
