//! AWS KMS as moto plays it, and scripted answers.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde_json::{Value, json};
use testkit::Moto;

use super::*;

const REGION: &str = "eu-west-1";

/// The server that all tests share.
pub fn moto() -> &'static Moto {
    static SHARED: OnceLock<Moto> = OnceLock::new();
    SHARED.get_or_init(Moto::start)
}

/// A key without role, context and profile.
pub fn key(arn: &str) -> MasterKey {
    MasterKey::aws_kms(arn, BTreeMap::new(), "")
}

/// Credentials in variables, and this server in place of AWS.
pub fn at(url: &str) -> [(&str, &str); 4] {
    [
        ("AWS_ENDPOINT_URL", url),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret-pl4nted"),
        ("AWS_SESSION_TOKEN", "token-pl4nted"),
    ]
}

/// A server that opens everything.
pub fn opening(answer: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static) -> ScriptedServer {
    ScriptedServer::answering(move |request| {
        answer(request).unwrap_or_else(|| Reply::json(&json!({"Plaintext": STANDARD.encode(SHARE)})))
    })
}

#[test]
fn there_and_back() {
    let url = moto().url();
    let remote = remote(&at(&url));
    let arn = moto().create_key(REGION);
    let wrapped = round_trip(&remote, &key(&arn));
    assert!(STANDARD.decode(&wrapped.enc).is_ok());
    // With a line break, as an editor may leave it.
    let broken = format!("{}\n{}", &wrapped.enc[..20], &wrapped.enc[20..]);
    assert_eq!(opened(&remote, &[&super::wrapped(&key(&arn), &broken)]), SHARE);
    let alias = format!("arn:aws:kms:{REGION}:{}:alias/app", testkit::moto::ACCOUNT);
    let id = arn.rsplit_once('/').unwrap().1;
    moto().kms(REGION, "CreateAlias", &json!({"AliasName": "alias/app", "TargetKeyId": id}));
    round_trip(&remote, &key(&alias));
}

#[test]
fn the_encryption_context_must_be_the_same() {
    let url = moto().url();
    let remote = remote(&at(&url));
    let arn = moto().create_key(REGION);
    let context = |value: &str| BTreeMap::from([("app".to_owned(), value.to_owned())]);
    let wrapped = round_trip(&remote, &MasterKey::aws_kms(&arn, context("1"), ""));
    for other in [context("2"), BTreeMap::new()] {
        let other = super::wrapped(&MasterKey::aws_kms(&arn, other, ""), &wrapped.enc);
        assert_eq!(refused_status(&remote, &other), (400, Some("InvalidCiphertextException".to_owned())));
    }
}

#[test]
fn the_key_of_a_role_is_used_as_that_role() {
    let url = moto().url();
    let arn = moto().create_key(REGION);
    let role = format!("{arn}+arn:aws:iam::{}:role/app", testkit::moto::ACCOUNT);
    round_trip(&remote(&at(&url)), &key(&role));
}

#[test]
fn keys_that_are_not_there() {
    let url = moto().url();
    let arn =
        format!("arn:aws:kms:{REGION}:{}:key/00000000-0000-0000-0000-000000000000", testkit::moto::ACCOUNT);
    let refusal = remote(&at(&url)).wrap(SHARE, &key(&arn)).unwrap_err();
    assert!(refusal.to_string().contains("NotFoundException"), "{refusal}");
}

#[test]
fn the_request() {
    let server = opening(|_| None);
    let url = server.url();
    let context = BTreeMap::from([("a".to_owned(), "1".to_owned())]);
    let arn = "arn:aws:kms:us-east-1:1:key/1";
    let wrapped = wrapped(&MasterKey::aws_kms(arn, context, ""), "AAAA");
    assert_eq!(opened(&remote(&at(&url)), &[&wrapped]), SHARE);
    let asked = &server.requests()[0];
    let body: Value = serde_json::from_str(&asked.body).unwrap();
    assert_eq!(body, json!({"KeyId": arn, "CiphertextBlob": "AAAA", "EncryptionContext": {"a": "1"}}));
    for (name, value) in [
        ("content-type", "application/x-amz-json-1.1"),
        ("x-amz-target", "TrentService.Decrypt"),
        ("x-amz-security-token", "token-pl4nted"),
    ] {
        assert_eq!(asked.header(name), Some(value), "{name}");
    }
    let authorization = asked.header("authorization").unwrap();
    assert!(
        authorization.contains("/us-east-1/kms/aws4_request, SignedHeaders=content-type;host;x-amz-date;")
    );
}

#[test]
fn answers_that_are_none() {
    let arn = "arn:aws:kms:us-east-1:1:key/1";
    let denied = json!({"__type": "AccessDeniedException", "Message": "pl4nted"});
    for (reply, expected) in [
        (Reply::status(400).body(denied.to_string()), "refuses (status 400, AccessDeniedException)"),
        (Reply::status(404).body("pl4nted"), "refuses (status 404)"),
        (Reply::status(302).header("Location", "http://127.0.0.1:1/pl4nted"), "answers with a redirect"),
        (Reply::json(&json!({"Plaintext": "pl4nted!"})), "answers something else than a plaintext"),
        (Reply::json(&json!({})), "answers something else than a plaintext"),
        (Reply::status(200).body("<pl4nted>"), "answers something else than a plaintext"),
        (Reply::status(200).body("x".repeat(1_100_000)), "answers something else than a short answer"),
    ] {
        let server = ScriptedServer::answering(move |_| reply.clone());
        let url = server.url();
        let refusal = refused(&remote(&at(&url)), &wrapped(&key(arn), "AAAA"));
        assert!(refusal.to_string().contains(expected), "{refusal}");
        assert_eq!(server.requests().len(), 1, "{expected}: asked once");
    }
}

#[test]
fn a_busy_service_is_asked_again() {
    let busy = json!({"__type": "ThrottlingException"}).to_string();
    let good = json!({"Plaintext": STANDARD.encode(SHARE)});
    let server =
        ScriptedServer::start([Reply::status(400).body(busy), Reply::status(503), Reply::json(&good)]);
    let url = server.url();
    let wrapped = wrapped(&key("arn:aws:kms:us-east-1:1:key/1"), "AAAA");
    assert_eq!(opened(&remote(&at(&url)), &[&wrapped]), SHARE);
}

#[test]
fn entries_that_are_not_as_they_should_be_ask_nobody() {
    let server = opening(|_| None);
    let url = server.url();
    let remote = remote(&at(&url));
    for (arn, enc) in
        [("arn:aws:kms:evil.example/?:1:key/1", "AAAA"), ("arn:aws:kms:us-east-1:1:key/1", "no base64!")]
    {
        assert!(matches!(refused(&remote, &wrapped(&key(arn), enc)).reason, Reason::BadKey(_)), "{arn}");
    }
    assert_eq!(server.requests(), []);
}
