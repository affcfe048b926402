//! The Transit engine.

use serde_json::json;
use testkit::{Reply, ScriptedServer};
use vault::{Error, Transit};

use crate::{PLANTED, server, with_token};

#[tokio::test]
async fn there_and_back() {
    let bao = server::shared();
    bao.write("/v1/sys/mounts/transit", &json!({"type": "transit"}));
    bao.write("/v1/transit/keys/app", &json!({}));
    let transit = Transit::connect(&with_token(&bao.url(), server::ROOT)).await.unwrap();
    for plaintext in [&b""[..], b"\0\xff", &[7; 32]] {
        let ciphertext = transit.encrypt("transit", "app", plaintext).await.unwrap();
        assert!(ciphertext.starts_with("vault:v1:"), "{ciphertext}");
        assert_eq!(*transit.decrypt("transit", "app", &ciphertext).await.unwrap(), plaintext);
    }
    // A newer version of the key still opens what an older one made.
    let old = transit.encrypt("transit", "app", b"x").await.unwrap();
    bao.write("/v1/transit/keys/app/rotate", &json!({}));
    assert_eq!(*transit.decrypt("transit", "app", &old).await.unwrap(), b"x");
    assert!(transit.encrypt("transit", "app", b"x").await.unwrap().starts_with("vault:v2:"));
}

#[tokio::test]
async fn a_write_is_sent_again_with_its_body() {
    let good = Reply::json(&json!({"data": {"ciphertext": "vault:v1:x"}}));
    let elsewhere = Reply::status(307).header("Location", "/v1/standby/encrypt/k");
    let server = ScriptedServer::start([Reply::status(503), Reply::status(200), elsewhere, good]);
    let transit = Transit::connect(&with_token(&server.url(), PLANTED)).await.unwrap();
    assert_eq!(transit.encrypt("transit", "k", b"abc").await.unwrap(), "vault:v1:x");
    let asked = server.requests();
    let lines: Vec<_> = asked
        .iter()
        .map(|request| (request.method.as_str(), request.path.as_str(), request.body.as_str()))
        .collect();
    let body = r#"{"plaintext":"YWJj"}"#;
    assert_eq!(
        lines,
        [
            ("PUT", "/v1/transit/encrypt/k", body),
            // Is it sealed, or only busy?
            ("GET", "/v1/sys/seal-status", ""),
            ("PUT", "/v1/transit/encrypt/k", body),
            ("PUT", "/v1/standby/encrypt/k", body),
        ]
    );
}

#[tokio::test]
async fn refusals_hold_nothing_of_the_answer() {
    for (status, hint) in
        [(400, "look at the key"), (403, "capabilities"), (404, "mounted there"), (500, "look at")]
    {
        let server = ScriptedServer::answering(move |_| Reply::status(status).body(PLANTED));
        let transit = Transit::connect(&with_token(&server.url(), "token")).await.unwrap();
        let error = transit.decrypt("transit", "k", "vault:v1:x").await.unwrap_err();
        assert!(matches!(error, Error::Transit { status: found, .. } if found == status), "{error}");
        assert!(!format!("{error} {error:?}").contains(PLANTED));
        assert!(error.hint().unwrap().contains(hint), "{status}: {:?}", error.hint());
    }
}
