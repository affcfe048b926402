//! One control plane from start to end.

use std::fmt::Display;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use super::certificates::Certificates;
use super::components::Components;
use super::kubeconfig::{KubeContext, kubeconfig};
use crate::files::write_private;
use crate::http::{Client, Response};
use crate::net::free_port;
use crate::process::{Daemon, Lifetime, ProcessId};
use crate::wait_for;

const START_LIMIT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(25);
const KUBE_SYSTEM: &str = "/api/v1/namespaces/kube-system";

/// A running control plane with one ready node, `node-0`.
pub struct ControlPlane {
    name: String,
    address: SocketAddr,
    certificates: Certificates,
    client: Client,
    kubeconfig: PathBuf,
    uid: String,
    daemons: Vec<Daemon>,
}

/// Why a control plane did not come up.
#[derive(Debug)]
pub struct StartError {
    plane: String,
    cause: String,
    logs: String,
    port_taken: bool,
}

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "control plane {} did not start: {}{}", self.plane, self.cause, self.logs)
    }
}

impl ControlPlane {
    /// Starts a control plane of its own, its files in `dir`; it ends when dropped or with the test process.
    ///
    /// Takes about 3 seconds and 500 MB: a test that does not break its cluster uses [`crate::shared_clusters`].
    ///
    /// # Panics
    /// When it is not ready after 60 seconds; the message holds the end of every log.
    pub fn start(name: &str, dir: &Path) -> Self {
        Self::start_in(name, dir, Lifetime::Process).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Tries again with other ports when somebody took one meanwhile.
    pub(crate) fn start_in(name: &str, dir: &Path, lifetime: Lifetime) -> Result<Self, StartError> {
        again_if_port_taken(|attempt| Self::attempt(name, &dir.join(format!("{name}-{attempt}")), lifetime))
    }

    fn attempt(name: &str, dir: &Path, lifetime: Lifetime) -> Result<Self, StartError> {
        let mut daemons = Vec::new();
        let started = Self::bring_up(name, dir, lifetime, &mut daemons);
        let fail = |cause: String, daemons: Vec<Daemon>| {
            daemons.iter().for_each(|daemon| daemon.id().kill());
            let tail = |daemon: &Daemon| format!("\n--- {} ---\n{}", daemon.name(), daemon.log_tail());
            StartError {
                plane: name.to_owned(),
                cause,
                logs: daemons.iter().map(tail).collect(),
                port_taken: daemons.iter().any(|daemon| daemon.log().contains("address already in use")),
            }
        };
        match started {
            Ok(plane) => Ok(Self { daemons, ..plane }),
            Err(cause) => Err(fail(cause, daemons)),
        }
    }

    fn bring_up(
        name: &str,
        dir: &Path,
        lifetime: Lifetime,
        daemons: &mut Vec<Daemon>,
    ) -> Result<Self, String> {
        let text = |error: io::Error| error.to_string();
        fs_err::create_dir_all(dir).map_err(text)?;
        let certificates = Certificates::create().map_err(|error| error.to_string())?;
        certificates.write(dir).map_err(text)?;
        let address = (Ipv4Addr::LOCALHOST, free_port()).into();
        let mut plane = Self::unstarted(name, address, certificates, dir);
        let context = KubeContext::new(name, &plane, "default");
        write_private(&plane.kubeconfig, &kubeconfig([context])).map_err(text)?;

        let components = Components { dir, lifetime };
        daemons.extend(components.api(address).map_err(text)?);
        // The administrator needs no roles, so the others can start before the roles are there.
        plane.await_ok(daemons, "the API server answers", "/api/v1/namespaces")?;
        daemons.extend(components.controllers().map_err(text)?);
        plane.await_ok(daemons, "the API server is ready", "/readyz")?;
        plane.create_node(daemons)?;
        plane.await_ok(
            daemons,
            "service accounts are made",
            "/api/v1/namespaces/default/serviceaccounts/default",
        )?;
        plane.await_answer(daemons, "the node is ready", "/api/v1/nodes/node-0", |answer| {
            let conditions = &answer.json()["status"]["conditions"];
            conditions
                .as_array()
                .is_some_and(|all| all.iter().any(|c| c["type"] == "Ready" && c["status"] == "True"))
        })?;
        let kube_system = plane.await_ok(daemons, "the namespace kube-system is there", KUBE_SYSTEM)?;
        plane.uid = uid_of(&kube_system);
        Ok(plane)
    }

    /// A control plane that an earlier process started detached, if it answers.
    pub(crate) fn attach(name: &str, address: SocketAddr, dir: &Path, daemons: Vec<Daemon>) -> Option<Self> {
        let mut plane = Self::unstarted(name, address, Certificates::read(dir).ok()?, dir);
        let ready = |path| plane.client.request("GET", path, None).ok().filter(Response::is_success);
        plane.uid = ready("/readyz").and_then(|_| ready(KUBE_SYSTEM)).map(|answer| uid_of(&answer))?;
        daemons.iter().all(|daemon| daemon.id().is_alive()).then_some(Self { daemons, ..plane })
    }

    fn unstarted(name: &str, address: SocketAddr, certificates: Certificates, dir: &Path) -> Self {
        let client =
            Client::mutual_tls(address, &certificates.ca, &certificates.admin, &certificates.admin_key);
        Self {
            name: name.to_owned(),
            address,
            certificates,
            client,
            kubeconfig: dir.join("kubeconfig"),
            uid: String::new(),
            daemons: Vec::new(),
        }
    }

    fn create_node(&self, daemons: &[Daemon]) -> Result<(), String> {
        let node = json!({
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {
                "name": "node-0",
                "annotations": {"kwok.x-k8s.io/node": "fake"},
                "labels": {"kubernetes.io/hostname": "node-0", "kubernetes.io/os": "linux"},
            },
        });
        self.wait(daemons, "the node is created", || {
            let answer = self.client.request("POST", "/api/v1/nodes", Some(&node)).ok()?;
            matches!(answer.status, 201 | 409).then_some(())
        })
    }

    fn await_ok(&self, daemons: &[Daemon], what: &str, path: &str) -> Result<Response, String> {
        self.await_answer(daemons, what, path, |_| true)
    }

    fn await_answer(
        &self,
        daemons: &[Daemon],
        what: &str,
        path: &str,
        expected: impl Fn(&Response) -> bool,
    ) -> Result<Response, String> {
        self.wait(daemons, what, || {
            let answer = self.client.request("GET", path, None).ok()?;
            (answer.is_success() && expected(&answer)).then_some(answer)
        })
    }

    /// Gives up early when a component has ended.
    fn wait<T>(
        &self,
        daemons: &[Daemon],
        what: &str,
        mut probe: impl FnMut() -> Option<T>,
    ) -> Result<T, String> {
        let dead = || daemons.iter().find(|daemon| !daemon.id().is_alive());
        wait_for(START_LIMIT, POLL, || {
            let ended = dead();
            probe().map(Ok).or_else(|| ended.map(|daemon| Err(format!("{} ended", daemon.name()))))
        })
        .unwrap_or_else(|| Err(format!("after {} s it is still not so that {what}", START_LIMIT.as_secs())))
    }

    /// The name it was started with.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where its API server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A kubeconfig with one context, called as the control plane, for the administrator.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// The UID of the namespace `kube-system`, which identifies a cluster.
    pub fn uid(&self) -> &str {
        &self.uid
    }

    /// PEM texts for a client: the CA, the administrator's certificate and its key.
    pub(super) fn identity(&self) -> [&str; 3] {
        [&self.certificates.ca, &self.certificates.admin, &self.certificates.admin_key]
    }

    /// The processes, to be found again by [`ControlPlane::attach`].
    pub(crate) fn processes(&self) -> impl Iterator<Item = (&str, ProcessId)> {
        self.daemons.iter().map(|daemon| (daemon.name(), daemon.id()))
    }

    /// Asks the API server as administrator. Any status is an answer.
    ///
    /// # Panics
    /// When the server does not answer.
    #[track_caller]
    pub fn request(&self, method: &str, path: &str, body: Option<&dyn Display>) -> Response {
        self.client
            .request(method, path, body)
            .unwrap_or_else(|error| panic!("{method} {path} on {}: {error}", self.name))
    }

    /// Reads one object or list.
    ///
    /// # Panics
    /// When it is not there.
    #[track_caller]
    pub fn get(&self, path: &str) -> Value {
        let answer = self.request("GET", path, None);
        assert!(answer.is_success(), "GET {path} on {}: {answer:?}", self.name);
        answer.json()
    }

    /// Creates a namespace and waits until pods can run in it.
    ///
    /// # Panics
    /// When it is there already.
    #[track_caller]
    pub fn create_namespace(&self, name: &str) {
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        let answer = self.request("POST", "/api/v1/namespaces", Some(&namespace));
        assert!(answer.is_success(), "creating namespace {name} on {}: {answer:?}", self.name);
        let account = format!("/api/v1/namespaces/{name}/serviceaccounts/default");
        crate::eventually("the namespace has its service account", || {
            self.request("GET", &account, None).is_success()
        });
    }

    /// Ends the API server at once, as a crash would; only for a control plane that no other test uses.
    ///
    /// # Panics
    /// When it runs on.
    pub fn kill_api_server(&self) {
        let server = self.daemons.iter().find(|daemon| daemon.name() == "kube-apiserver");
        let id = server.expect("a control plane has an API server").id();
        id.kill();
        assert!(!id.is_alive(), "the API server of {} survived SIGKILL", self.name);
    }
}

impl std::fmt::Debug for ControlPlane {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ControlPlane({}, {})", self.name, self.address)
    }
}

/// Calls `start` with 1, 2 and 3 until it fails for another reason than a port, or does not fail.
fn again_if_port_taken<T>(mut start: impl FnMut(u32) -> Result<T, StartError>) -> Result<T, StartError> {
    let mut attempt = 1;
    loop {
        match start(attempt) {
            Err(error) if attempt < 3 && error.port_taken => attempt += 1,
            result => return result,
        }
    }
}

fn uid_of(answer: &Response) -> String {
    answer.json()["metadata"]["uid"].as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_taken_port_leads_to_another_attempt() {
        let failing = |port_taken| {
            let mut attempts = 0;
            let result: Result<(), _> = again_if_port_taken(|attempt| {
                attempts = attempt;
                Err(StartError { plane: "p".into(), cause: "c".into(), logs: String::new(), port_taken })
            });
            assert!(result.is_err());
            attempts
        };
        assert_eq!((failing(true), failing(false)), (3, 1));
        assert_eq!(again_if_port_taken(Ok).unwrap(), 1);
    }
}
