//! What it takes to reach a server: address, credentials, TLS, limits. Plain data; nothing is read or dialled here.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use crate::Error;

mod env;

pub use env::{go_bool, go_duration};

/// Parallel reads where nothing else is said: more gains little, fewer cost round trips.
pub const DEFAULT_CONCURRENCY: usize = 32;
/// Time for one request with its retries where nothing else is said, as `vault` has it.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);
/// Retries of a read where nothing else is said, as `vault` has it.
pub const DEFAULT_RETRIES: u32 = 2;

/// Everything needed to talk to one Vault or OpenBao as one identity.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `http` or `https`, host, port and an optional path prefix; see [`parse_address`].
    pub address: Url,
    /// Sent as `X-Vault-Namespace`.
    pub namespace: Option<String>,
    pub auth: Auth,
    pub tls: Tls,
    /// Time for one request, its retries included.
    pub timeout: Duration,
    /// Retries of a read after 429, 502, 503, 504 or a broken connection.
    pub max_retries: u32,
    /// Reads in flight at a time.
    pub concurrency: usize,
    /// URL of an HTTP proxy; secret because it may hold a password. Without it the usual `HTTPS_PROXY` and `NO_PROXY`
    /// hold, except for loopback addresses.
    pub proxy: Option<SecretString>,
    /// Hosts (`HOST` or `HOST:PORT`), besides the address's own, that a redirect may send the token to.
    pub redirect_hosts: Vec<String>,
}

/// How to get a token.
#[derive(Debug, Clone)]
pub enum Auth {
    /// A token that exists already; it is not revoked at the end.
    Token(Credential),
    /// A login as an AppRole; the token it gives is revoked at the end.
    AppRole {
        /// The auth mount, usually `approle`.
        mount: String,
        role_id: String,
        /// None for roles with `bind_secret_id=false`.
        secret_id: Option<Credential>,
    },
}

/// A secret text, or a file that holds it (blanks at its ends do not count).
#[derive(Debug, Clone)]
pub enum Credential {
    Text(SecretString),
    File(PathBuf),
}

/// TLS settings; the default trusts what the platform trusts.
#[derive(Debug, Clone, Default)]
pub struct Tls {
    /// PEM files of the only CAs to trust.
    pub ca_file: Option<PathBuf>,
    /// A directory of such files.
    pub ca_dir: Option<PathBuf>,
    /// Such certificates as PEM text.
    pub ca_pem: Option<String>,
    /// PEM files of the client's certificate and its private key.
    pub client_certificate: Option<(PathBuf, PathBuf)>,
    /// The name the server's certificate must have, if it is not the host of the address.
    pub server_name: Option<String>,
    /// Accept any certificate. Whoever is on the network path then reads the token.
    pub skip_verify: bool,
}

impl Settings {
    /// The defaults for an address and a way to get a token.
    pub fn new(address: Url, auth: Auth) -> Self {
        Self {
            address,
            namespace: None,
            auth,
            tls: Tls::default(),
            timeout: DEFAULT_TIMEOUT,
            max_retries: DEFAULT_RETRIES,
            concurrency: DEFAULT_CONCURRENCY,
            proxy: None,
            redirect_hosts: Vec::new(),
        }
    }

    /// What is allowed but unsafe about these settings; one line each, to be shown to the user.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.address.scheme() == "http" && !is_loopback(&self.address) {
            warnings.push(format!(
                "{} is not encrypted: the token and the secrets can be read on the way",
                self.address
            ));
        }
        if self.tls.skip_verify && self.address.scheme() == "https" {
            warnings.push(format!("the certificate of {} is not checked (skip verify)", self.address));
        }
        warnings
    }
}

/// Reads a server address: `https://HOST[:PORT][/PREFIX]`, or `http` for a server on loopback.
pub fn parse_address(text: &str) -> Result<Url, Error> {
    let refuse = |reason: &str| Err(Error::Address { reason: reason.to_owned() });
    let text = text.trim();
    if text.starts_with("unix:") {
        return refuse("unix sockets are not supported");
    }
    let Some((scheme, _)) = text.split_once("://") else {
        return refuse("the scheme is missing");
    };
    if !matches!(scheme, "http" | "https") {
        return refuse("the scheme is neither https nor http");
    }
    let Ok(mut address) = Url::parse(text) else {
        return refuse("it is no URL");
    };
    if !address.username().is_empty() || address.password().is_some() {
        return refuse("it holds a user name or a password");
    }
    if address.query().is_some() || address.fragment().is_some() {
        return refuse("it has a query or a fragment");
    }
    let prefix = address.path().trim_end_matches('/').to_owned();
    address.set_path(&prefix);
    Ok(address)
}

/// Whether the host of `address` is this machine.
pub(crate) fn is_loopback(address: &Url) -> bool {
    match address.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let parsed =
            |text: &str| parse_address(text).map(|url| url.to_string()).map_err(|error| error.to_string());
        assert_eq!(parsed("https://vault:8200").as_deref(), Ok("https://vault:8200/"));
        assert_eq!(parsed(" https://h/pfx/ \n").as_deref(), Ok("https://h/pfx"));
        for bad in
            ["", "vault:8200", "unix:///run/agent", "ftp://h", "https://", "https://u:p@h", "https://h?x=1"]
        {
            assert!(parse_address(bad).is_err(), "{bad}");
        }
        let error = parse_address("https://root:hunter2@h").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }

    #[test]
    fn unsafe_settings_are_named() {
        let warnings = |address: &str, skip_verify| {
            let auth = Auth::Token(Credential::Text("t".into()));
            let mut settings = Settings::new(parse_address(address).unwrap(), auth);
            settings.tls.skip_verify = skip_verify;
            settings.warnings().len()
        };
        assert_eq!(warnings("https://vault:8200", false), 0);
        assert_eq!(warnings("http://127.0.0.1:8200", false), 0);
        assert_eq!(warnings("http://[::1]:8200", false), 0);
        assert_eq!(warnings("http://vault:8200", false), 1);
        assert_eq!(warnings("https://vault:8200", true), 1);
    }

    #[test]
    fn debug_output_holds_no_credential() {
        let auth = Auth::AppRole {
            mount: "approle".to_owned(),
            role_id: "r".to_owned(),
            secret_id: Some(Credential::Text("hunter2".into())),
        };
        let mut settings = Settings::new(parse_address("https://h").unwrap(), auth);
        settings.proxy = Some("http://u:hunter2@proxy".into());
        assert!(!format!("{settings:?}").contains("hunter2"));
    }
}
