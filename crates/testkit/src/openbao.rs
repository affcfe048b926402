//! A real OpenBao server in development mode: in memory, unsealed, on loopback.

use std::fmt::Display;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::http::{Client, Response};
use crate::net::free_port;
use crate::process::{Daemon, Lifetime, ProcessId};
use crate::{private_dir, tools, wait_for};

/// The token that may do everything.
pub const ROOT_TOKEN: &str = "root";

const NAME: &str = "openbao";

/// A running server. It has a KV version 2 engine at `secret/`; more come with [`OpenBao::mount_kv`].
#[derive(Debug)]
pub struct OpenBao {
    address: SocketAddr,
    /// Where the CA is; none when it speaks plain HTTP.
    ca_file: Option<PathBuf>,
    client: Client,
    daemon: Daemon,
    /// Holds the log; none when the caller chose the directory.
    _dir: Option<TempDir>,
}

/// What the server listens for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Https,
}

impl OpenBao {
    /// Starts a server that ends when dropped or with the test process.
    ///
    /// # Panics
    /// When it does not come up within 20 seconds.
    pub fn start() -> Self {
        Self::start_privately(Scheme::Http)
    }

    /// As [`OpenBao::start`], over TLS: with a certificate for `127.0.0.1` and `localhost` from a CA of its own, which
    /// is in [`OpenBao::ca_file`].
    ///
    /// # Panics
    /// As [`OpenBao::start`].
    pub fn start_tls() -> Self {
        Self::start_privately(Scheme::Https)
    }

    fn start_privately(scheme: Scheme) -> Self {
        let dir = private_dir(NAME);
        let started = Self::start_in(dir.path(), scheme, Lifetime::Process);
        Self { _dir: Some(dir), ..started.unwrap_or_else(|failure| panic!("{failure}")) }
    }

    pub(crate) fn start_in(dir: &Path, scheme: Scheme, lifetime: Lifetime) -> Result<Self, String> {
        let address: SocketAddr = (Ipv4Addr::LOCALHOST, free_port()).into();
        let mut arguments = vec![
            "server".to_owned(),
            "-dev".to_owned(),
            "-dev-no-store-token".to_owned(),
            format!("-dev-root-token-id={ROOT_TOKEN}"),
            format!("-dev-listen-address={address}"),
        ];
        let ca_file = (scheme == Scheme::Https).then(|| dir.join("vault-ca.pem"));
        if scheme == Scheme::Https {
            arguments.extend(["-dev-tls".to_owned(), format!("-dev-tls-cert-dir={}", dir.display())]);
        }
        let daemon =
            Daemon::start(NAME, &tools::bao(), &arguments, dir, lifetime).map_err(|e| e.to_string())?;
        let client = wait_for(Duration::from_secs(20), Duration::from_millis(10), || {
            // Once it listens, its CA is written.
            TcpStream::connect(address).ok()?;
            let client = Self::client(address, ca_file.as_deref());
            // Unsealed comes before the KV engine at secret/ is there.
            let answer = client.request("GET", "/v1/secret/config", None).ok()?;
            answer.is_success().then_some(client)
        });
        let client = client.ok_or_else(|| {
            format!("OpenBao did not come up; its output ends with:\n{}", daemon.log_tail())
        })?;
        Ok(Self { address, ca_file, client, daemon, _dir: None })
    }

    pub(crate) fn attach(address: SocketAddr, id: ProcessId, dir: &Path) -> Self {
        let daemon = Daemon::attach(NAME, id, dir);
        Self { address, ca_file: None, client: Self::client(address, None), daemon, _dir: None }
    }

    fn client(address: SocketAddr, ca_file: Option<&Path>) -> Client {
        let client = match ca_file {
            Some(file) => Client::tls(address, &fs_err::read_to_string(file).expect("the CA of the server")),
            None => Client::plain(address),
        };
        client.header("X-Vault-Token", ROOT_TOKEN)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What `VAULT_ADDR` is set to.
    pub fn url(&self) -> String {
        let scheme = if self.ca_file.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// What `VAULT_CACERT` is set to: the CA of a server over TLS, in PEM.
    pub fn ca_file(&self) -> Option<&Path> {
        self.ca_file.as_deref()
    }

    pub(crate) fn id(&self) -> ProcessId {
        self.daemon.id()
    }

    pub(crate) fn is_healthy(&self) -> bool {
        self.get("/v1/sys/seal-status").is_some_and(|answer| answer.is_success())
    }

    fn get(&self, path: &str) -> Option<Response> {
        self.client.request("GET", path, None).ok()
    }

    /// Asks the server as root; `path` begins with `/v1/`, and a body is JSON. Any status is an answer.
    ///
    /// # Panics
    /// When the server does not answer.
    #[track_caller]
    pub fn request(&self, method: &str, path: &str, body: Option<&dyn Display>) -> Response {
        self.client.request(method, path, body).unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// Asks for a change as root; the body is JSON.
    ///
    /// # Panics
    /// When the server refuses it.
    #[track_caller]
    pub fn write(&self, path: &str, body: &dyn Display) -> Response {
        let answer = self.request("POST", path, Some(body));
        assert!(answer.is_success(), "POST {path}: {answer:?}");
        answer
    }

    /// Mounts a KV engine of `version` 1 or 2 at `path`, for example `kv` or `team/a/kv`.
    ///
    /// # Panics
    /// When the server refuses it.
    #[track_caller]
    pub fn mount_kv(&self, path: &str, version: u8) {
        self.write(
            &format!("/v1/sys/mounts/{path}"),
            &json!({"type": "kv", "options": {"version": version.to_string()}}),
        );
        // An engine of version 2 answers 400 for a moment while it sets itself up.
        crate::eventually(&format!("the engine at {path} is ready"), || {
            version == 1 || self.get(&format!("/v1/{path}/config")).is_some_and(|answer| answer.is_success())
        });
    }

    /// Writes the data of a secret in a KV version 2 engine and returns its new version.
    ///
    /// # Panics
    /// When the server refuses it.
    #[track_caller]
    pub fn put(&self, mount: &str, path: &str, data: &Value) -> u64 {
        let answer = self.write(&format!("/v1/{mount}/data/{path}"), &json!({"data": data}));
        answer.json()["data"]["version"].as_u64().expect("the version that was written")
    }

    /// Writes the data of a secret in a KV version 1 engine.
    ///
    /// # Panics
    /// When the server refuses it.
    #[track_caller]
    pub fn put_v1(&self, mount: &str, path: &str, data: &Value) {
        self.write(&format!("/v1/{mount}/{path}"), data);
    }

    /// Deletes the newest version of a secret in a KV version 2 engine.
    ///
    /// # Panics
    /// When the server refuses it.
    #[track_caller]
    pub fn delete(&self, mount: &str, path: &str) {
        let answer = self.request("DELETE", &format!("/v1/{mount}/data/{path}"), None);
        assert!(answer.is_success(), "DELETE {mount}/{path}: {answer:?}");
    }

    /// A token with this policy text alone.
    ///
    /// # Panics
    /// When the server refuses it.
    #[track_caller]
    pub fn token_with_policy(&self, name: &str, policy: &str) -> String {
        self.write(&format!("/v1/sys/policies/acl/{name}"), &json!({"policy": policy}));
        let answer =
            self.write("/v1/auth/token/create", &json!({"policies": [name], "no_default_policy": true}));
        answer.json()["auth"]["client_token"].as_str().expect("a token").to_owned()
    }

    /// Turns AppRole on, if it is not, and makes a role with this policy text: its role id and a secret id.
    ///
    /// # Panics
    /// When the server refuses it.
    #[track_caller]
    pub fn app_role(&self, role: &str, policy: &str) -> (String, String) {
        self.write(&format!("/v1/sys/policies/acl/{role}"), &json!({"policy": policy}));
        let mounted = self.request("GET", "/v1/sys/auth", None).json();
        if mounted.get("approle/").is_none() {
            self.write("/v1/sys/auth/approle", &json!({"type": "approle"}));
        }
        let at = format!("/v1/auth/approle/role/{role}");
        self.write(&at, &json!({"token_policies": [role]}));
        let role_id = self.request("GET", &format!("{at}/role-id"), None).json();
        let secret_id = self.write(&format!("{at}/secret-id"), &json!({})).json();
        let text = |value: &Value| value.as_str().expect("an id").to_owned();
        (text(&role_id["data"]["role_id"]), text(&secret_id["data"]["secret_id"]))
    }

    /// Seals the server; it answers 503 from then on.
    ///
    /// # Panics
    /// When the server refuses it.
    #[track_caller]
    pub fn seal(&self) {
        self.write("/v1/sys/seal", &json!({}));
    }
}
