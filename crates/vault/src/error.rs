//! What can go wrong with a server or its settings. No variant holds a response body, a value or a token.

use std::path::PathBuf;
use std::time::Duration;

use crate::Failure;

/// Why nothing could be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("no Vault address is set")]
    NoAddress,
    #[error("the Vault address is not usable: {reason}")]
    Address { reason: String },
    #[error("{name} {problem}")]
    Variable { name: String, problem: &'static str },
    #[error("no Vault token{}", no_token_in(.looked_in.as_ref()))]
    NoToken { looked_in: Option<PathBuf> },
    /// A token or namespace that cannot be sent in a header.
    #[error("the Vault {what} has characters that no {what} has")]
    NotAHeader { what: &'static str },
    /// A file the settings name.
    #[error("cannot read the {what}: {source}")]
    File { what: &'static str, source: std::io::Error },
    #[error("cannot use the {what} {}: {reason}", .path.display())]
    Certificate { what: &'static str, path: PathBuf, reason: String },
    #[error("cannot set up the connection to {address}: {reason}")]
    Setup { address: String, reason: String },

    #[error("cannot reach Vault at {address}: {reason}")]
    Unreachable { address: String, reason: String },
    #[error("no answer from Vault at {address} within {} s", .after.as_secs_f64())]
    Timeout { address: String, after: Duration },
    #[error("no trusted TLS connection to Vault at {address}: {reason}")]
    Tls { address: String, reason: String },
    #[error("Vault at {address} redirects to {to}, which may not get the token")]
    Redirected { address: String, to: String },
    #[error("Vault at {address} is sealed")]
    Sealed { address: String },
    #[error("Vault at {address} limits requests (status 429){}", try_again(*.retry_after))]
    RateLimited { address: String, retry_after: Option<Duration> },
    #[error("Vault at {address} is not available (status {status})")]
    Unavailable { address: String, status: u16 },
    #[error("Vault at {address} has no namespace `{namespace}`")]
    Namespace { address: String, namespace: String },
    #[error("the answer of {address} to {path} is not Vault's: {reason}")]
    Unexpected { address: String, path: String, reason: String },

    #[error("Vault at {address} does not take the token: it is wrong, expired, revoked or used up")]
    WrongToken { address: String },
    #[error("login at {address} as {role} (auth/{mount}) is refused")]
    LoginRefused { address: String, mount: String, role: String },
    #[error("Vault at {address} has no auth method at auth/{mount}, or it may not be used from here")]
    NoAuthMethod { address: String, mount: String },

    /// The Transit engine does not do what it is asked at `path`, such as `transit/decrypt/app`.
    #[error("Vault at {address} does not {}", transit_refusal(.path, *.status))]
    Transit { address: String, path: String, status: u16 },

    /// Single secrets that cannot be had; the server itself is well.
    #[error("{}", crate::failure::describe(.address, .role.as_deref(), *.total, .failures))]
    Secrets {
        address: String,
        /// The role logged in as, where the server told.
        role: Option<String>,
        /// How many secrets were asked for.
        total: usize,
        /// At least one, in the order asked for.
        failures: Vec<Failure>,
    },
}

impl Error {
    /// What to type or look at next.
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::NoAddress => "set VAULT_ADDR, for instance https://vault.example.com:8200",
            Self::Address { .. } => "write https://HOST:PORT",
            Self::Variable { .. } | Self::Setup { .. } | Self::Unexpected { .. } | Self::File { .. } => {
                return None;
            }
            Self::NoToken { .. } => {
                "set VAULT_TOKEN, or VAULT_ROLE_ID and VAULT_SECRET_ID, or run: vault login"
            }
            Self::NotAHeader { .. } => "check it for line breaks and pasted text",
            Self::Certificate { .. } => "it must be PEM: -----BEGIN ...-----",
            Self::Unreachable { address, .. } | Self::Timeout { address, .. } => {
                return Some(format!("is the address right? try: curl {address}/v1/sys/seal-status"));
            }
            Self::Tls { reason, .. } if reason.contains("UnknownIssuer") => {
                "set VAULT_CACERT to the certificate of the CA that signed the server's"
            }
            Self::Tls { reason, .. } if reason.contains("InvalidContentType") => {
                "does the server speak plain http?"
            }
            Self::Tls { reason, .. } if reason.contains("not valid for name") => {
                "use the host the certificate is made for, or set VAULT_TLS_SERVER_NAME"
            }
            Self::Tls { .. } => "check the server's certificate and VAULT_CACERT",
            Self::Redirected { to, .. } => {
                return Some(format!("use {to} as the address, or allow that host as a redirect target"));
            }
            Self::Sealed { .. } => "it has to be unsealed first: vault operator unseal",
            Self::RateLimited { .. } | Self::Unavailable { .. } => "try again later",
            Self::Namespace { .. } => "check VAULT_NAMESPACE; a nested namespace is written PARENT/CHILD",
            Self::WrongToken { .. } => "get a new one: vault login",
            Self::LoginRefused { .. } => {
                "check role_id and secret_id; a secret_id may be used up, expired or bound to other addresses"
            }
            Self::NoAuthMethod { .. } => "check the mount of the auth method: vault auth list",
            Self::Transit { path, status: 403, .. } => {
                return Some(format!(
                    "is the token still good (vault token lookup)? its policy needs: \
                     path \"{path}\" {{ capabilities = [\"update\"] }}"
                ));
            }
            Self::Transit { path, status: 404, .. } => {
                return Some(format!(
                    "is the Transit engine mounted there (vault secrets list), and does {path} lie in VAULT_NAMESPACE?"
                ));
            }
            Self::Transit { .. } => "look at the key: vault read ENGINE/keys/NAME",
            Self::Secrets { failures, .. } => return crate::failure::hints(failures),
        };
        Some(text.to_owned())
    }
}

/// Vault tells apart neither a forbidden path from a bad token, nor a missing key from a ciphertext of another one.
fn transit_refusal(path: &str, status: u16) -> String {
    match status {
        400 => format!(
            "take the request at {path} (status 400): no such key, or the ciphertext is of another one"
        ),
        403 => format!("permit {path} (status 403)"),
        404 => format!("have {path} (status 404)"),
        status => format!("answer at {path} as it should (status {status})"),
    }
}

fn no_token_in(file: Option<&PathBuf>) -> String {
    file.map(|file| format!(": VAULT_TOKEN is not set and {} holds none", file.display())).unwrap_or_default()
}

fn try_again(after: Option<Duration>) -> String {
    after.map(|after| format!("; it asks to wait {} s", after.as_secs())).unwrap_or_default()
}
