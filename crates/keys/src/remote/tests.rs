//! Requests of the key services: against OpenBao and moto, and against scripted servers where there is no real one or
//! where a healthy one never does such a thing.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aes_gcm::aead::{Aead as _, KeyInit as _};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sops::{MasterKey, WrappedKey};
use testkit::{OpenBao, Reply, Request, ScriptedServer};

use super::{Reason, Refusal, Remote, RemoteSettings};

mod aws;
mod aws_sources;
mod azure;
mod gcp;
mod transit;

/// Part of every credential and plaintext of these tests; no refusal may show it.
const PLANTED: &str = "pl4nted";
/// A data key.
const SHARE: &[u8] = b"pl4nted-and-thirty-two-bytes-now";

/// With an environment of these variables alone, and a home folder that may have files.
fn remote_at(home: &Path, variables: &[(&str, &str)]) -> Remote {
    let lookup =
        |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned());
    Remote::new(RemoteSettings::from_env(&lookup, Some(home)))
}

/// As [`remote_at`], with nothing at home.
fn remote(variables: &[(&str, &str)]) -> Remote {
    remote_at(Path::new("/nonexistent"), variables)
}

fn wrapped(key: &MasterKey, enc: &str) -> WrappedKey {
    WrappedKey::new(key.clone(), enc.to_owned(), None)
}

/// Wraps with the one and unwraps with the other.
#[track_caller]
fn round_trip(remote: &Remote, key: &MasterKey) -> WrappedKey {
    let wrapped = remote.wrap(SHARE, key).unwrap_or_else(|refusal| panic!("{refusal}"));
    assert!(!wrapped.enc.contains(&STANDARD.encode(SHARE)));
    let created: jiff::Timestamp = wrapped.created_at.as_deref().unwrap().parse().unwrap();
    assert!(jiff::Timestamp::now().duration_since(created).as_secs() < 60);
    assert_eq!(opened(remote, &[&wrapped]), SHARE);
    wrapped
}

#[track_caller]
fn opened(remote: &Remote, keys: &[&WrappedKey]) -> Vec<u8> {
    let opened = remote.unwrap_any(keys);
    opened.unwrap_or_else(|refusals| panic!("{}", refusals[0])).to_vec()
}

/// Why the one key does not open, checked for leaks.
#[track_caller]
fn refused(remote: &Remote, key: &WrappedKey) -> Refusal {
    let mut refusals = remote.unwrap_any(&[key]).expect_err("must be refused");
    let refusal = refusals.remove(0);
    assert!(refusals.is_empty());
    let all = format!("{refusal} {refusal:?} {:?} {remote:?}", refusal.hint());
    assert!(!all.contains(PLANTED), "a secret shows in {all}");
    assert_eq!(*refusal.key, key.key);
    refusal
}

#[track_caller]
fn refused_status(remote: &Remote, key: &WrappedKey) -> (u16, Option<String>) {
    match refused(remote, key).reason {
        Reason::Refused { status, code, .. } => (status, code),
        other => panic!("{other:?}"),
    }
}

/// What a key service does inside: authenticated encryption with one key.
struct LocalKey;

impl LocalKey {
    fn cipher() -> (Aes256Gcm, Nonce<aes_gcm::aead::consts::U12>) {
        (Aes256Gcm::new(&[7; 32].into()), [9; 12].into())
    }

    fn seal(plaintext: &[u8]) -> Vec<u8> {
        let (cipher, nonce) = Self::cipher();
        cipher.encrypt(&nonce, plaintext).unwrap()
    }

    fn open(ciphertext: &[u8]) -> Option<Vec<u8>> {
        let (cipher, nonce) = Self::cipher();
        cipher.decrypt(&nonce, ciphertext).ok()
    }
}

#[test]
fn keys_of_other_kinds_and_of_huawei_are_refused_without_asking() {
    let remote = remote(&[]);
    let huawei = MasterKey::HuaweiKms { key_id: "eu:1".to_owned() };
    let refusal = refused(&remote, &wrapped(&huawei, "x"));
    let expected =
        "hckms eu:1: keys of Huawei Cloud KMS are kept in the file and not used; sops can use them";
    assert_eq!(refusal.to_string(), expected);
    assert!(remote.wrap(SHARE, &huawei).is_err());
    let age = MasterKey::Age { recipient: "age1".to_owned() };
    assert!(matches!(refused(&remote, &wrapped(&age, "x")).reason, Reason::BadKey(_)));
    assert_eq!(remote.unwrap_any(&[]).unwrap_err(), []);
}

#[test]
fn a_service_that_hangs_does_not_delay_one_that_answers() {
    let silent = ScriptedServer::answering(|_| Reply::hang());
    let bao = transit::server();
    let variables = [
        ("VAULT_TOKEN", transit::ROOT),
        ("AWS_ENDPOINT_URL", &silent.url()),
        ("AWS_ACCESS_KEY_ID", "pl4nted"),
        ("AWS_SECRET_ACCESS_KEY", "pl4nted"),
    ];
    let remote = remote(&variables);
    let good = remote.wrap(SHARE, &transit::key(bao, "app")).unwrap();
    let hanging = wrapped(&aws::key("arn:aws:kms:eu-west-1:1:key/1"), "AAAA");
    let bad = wrapped(&MasterKey::HuaweiKms { key_id: "eu:1".to_owned() }, "x");
    let start = Instant::now();
    assert_eq!(opened(&remote, &[&hanging, &bad, &good]), SHARE);
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[test]
fn all_are_asked_at_the_same_time() {
    let silent = Arc::new(ScriptedServer::answering(|_| Reply::hang()));
    let asked = silent.clone();
    // Opens its key only once the other service, which comes first in the file, has been asked.
    let vault = ScriptedServer::answering(move |_| {
        testkit::eventually("the other service is asked", || !asked.requests().is_empty());
        Reply::json(&serde_json::json!({"data": {"plaintext": STANDARD.encode(SHARE)}}))
    });
    let url = silent.url();
    let mut variables = vec![("VAULT_TOKEN", "t-pl4nted")];
    variables.extend(aws::at(&url));
    let hanging = wrapped(&aws::key("arn:aws:kms:eu-west-1:1:key/1"), "AAAA");
    let good = MasterKey::vault_transit(&format!("{}/v1/transit/keys/k", vault.url())).unwrap();
    assert_eq!(opened(&remote(&variables), &[&hanging, &wrapped(&good, "vault:v1:AAAA")]), SHARE);
}

#[test]
fn the_time_limit_is_for_all_keys_together() {
    let silent = ScriptedServer::answering(|_| Reply::hang());
    let variables = [
        ("HELM_SECRETS_KEY_TIMEOUT", "400ms"),
        ("AWS_ENDPOINT_URL", &*silent.url()),
        ("AWS_ACCESS_KEY_ID", "pl4nted"),
        ("AWS_SECRET_ACCESS_KEY", "pl4nted"),
        ("VAULT_TOKEN", "pl4nted"),
    ];
    let remote = remote(&variables);
    let vault = MasterKey::vault_transit(&format!("{}/v1/transit/keys/k", silent.url())).unwrap();
    let keys = [
        wrapped(&aws::key("arn:aws:kms:eu-west-1:1:key/1"), "AAAA"),
        wrapped(&MasterKey::HuaweiKms { key_id: "eu:1".to_owned() }, "x"),
        wrapped(&vault, "vault:v1:AAAA"),
    ];
    let start = Instant::now();
    let refusals = remote.unwrap_any(&keys.each_ref()).unwrap_err();
    assert!((400..2000).contains(&start.elapsed().as_millis()), "{:?}", start.elapsed());
    assert_eq!(refusals[0].reason, Reason::TimedOut(Duration::from_millis(400)));
    assert!(matches!(refusals[1].reason, Reason::Unsupported { .. }));
    // The client of Vault has the same limit, and may be the first to say so.
    assert!(matches!(refusals[2].reason, Reason::TimedOut(_) | Reason::Vault { .. }), "{}", refusals[2]);
    assert!(matches!(remote.wrap(SHARE, &keys[0].key).unwrap_err().reason, Reason::TimedOut(_)));
}

#[test]
fn callers_may_be_inside_a_runtime_and_in_several_threads() {
    let bao = transit::server();
    let remote = remote(&[("VAULT_TOKEN", transit::ROOT)]);
    let wrapped = remote.wrap(SHARE, &transit::key(bao, "app")).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    assert_eq!(runtime.block_on(async { opened(&remote, &[&wrapped]) }), SHARE);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(opened(&remote, &[&wrapped]), SHARE));
        }
    });
}
