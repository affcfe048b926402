//! The client against a real OpenBao, and against scripted servers for what a healthy one never does.
//!
//! What belongs here: everything that needs a socket. Mapping, settings, values and writer are tested beside the code.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test code")]

mod errors;
mod reads;
mod server;
mod speed;
mod transit;
mod transport;

use secrecy::SecretString;
use vault::mapping::{Mapping, Request};
use vault::{Auth, Client, Credential, Error, Resolved, Settings};

/// Part of every secret, token and credential of these tests; no error may show it.
const PLANTED: &str = "pl4nted";

/// Settings for a token.
fn with_token(address: &str, token: &str) -> Settings {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let auth = Auth::Token(Credential::Text(SecretString::from(token)));
    let mut settings = Settings::new(vault::parse_address(address).unwrap(), auth);
    settings.timeout = std::time::Duration::from_secs(10);
    settings
}

/// The requests of context `c` for sources written as `PATH, vaultKey: KEY[, ...]`; ids are `s0`, `s1`, ...
fn requests(sources: &[&str]) -> Vec<Request> {
    let entries = sources.iter().enumerate().map(|(number, source)| {
        format!("- secret_id: s{number}\n  contexts:\n  - {{name: c, vaultPath: {source}}}\n")
    });
    let entries: String = entries.collect();
    let text = format!("secrets:{}{entries}", if entries.is_empty() { " []\n" } else { "\n" });
    Mapping::parse(&text, "m.yaml").unwrap().for_context("c").unwrap()
}

async fn resolve(settings: &Settings, sources: &[&str]) -> Result<Resolved, Error> {
    let client = Client::connect(settings).await?;
    let resolved = client.resolve(&requests(sources)).await;
    client.finish().await?;
    resolved
}

/// The error of a resolve, checked for leaks: its text, then its hint.
async fn fails(settings: &Settings, sources: &[&str]) -> (String, String) {
    let error = resolve(settings, sources).await.expect_err("must fail");
    let mut all = format!("{error:?} {error:#?} {:?}", error.hint());
    let mut cause: Option<&dyn std::error::Error> = Some(&error);
    while let Some(error) = cause {
        all.push_str(&format!("{error} {error:?}"));
        cause = error.source();
    }
    assert!(!all.contains(PLANTED), "a secret shows in {all}");
    (error.to_string(), error.hint().unwrap_or_default())
}

/// The values as text, in order; `-` for one that is left out.
fn texts(resolved: &Resolved) -> Vec<&str> {
    resolved
        .secrets
        .iter()
        .map(|secret| secret.value.as_ref().map_or("-", |value| value.expose_secret()))
        .collect()
}
