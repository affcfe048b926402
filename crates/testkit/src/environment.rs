//! A set of servers that several processes use: what `testenv up` leaves running and `testenv down` ends.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::cluster::{ControlPlane, KubeContext, kubeconfig};
use crate::files::write_private;
use crate::openbao::{OpenBao, ROOT_TOKEN, Scheme};
use crate::process::{Daemon, Lifetime, ProcessId};

const STATE: &str = "state.json";

/// Running control planes and, if wanted, OpenBao.
#[derive(Debug)]
pub struct Environment {
    clusters: Vec<ControlPlane>,
    openbao: Option<OpenBao>,
}

/// What is written down to find the servers again.
#[derive(Debug, Serialize, Deserialize)]
struct State {
    clusters: Vec<Cluster>,
    openbao: Option<Bao>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Cluster {
    name: String,
    address: SocketAddr,
    dir: PathBuf,
    processes: Vec<(String, ProcessId)>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Bao {
    address: SocketAddr,
    process: ProcessId,
}

impl Environment {
    /// Starts one control plane for each name, and OpenBao if `openbao`, all at the same time; their files go to
    /// `dir`. Detached servers are written down there, with a kubeconfig and a file of `export` lines.
    ///
    /// # Errors
    /// A text that names what did not come up; nothing is left running then.
    pub fn start(dir: &Path, clusters: &[&str], openbao: bool, lifetime: Lifetime) -> Result<Self, String> {
        fs_err::create_dir_all(dir).map_err(|error| error.to_string())?;
        // The servers run with their own directory as the current one.
        let dir = &fs_err::canonicalize(dir).map_err(|error| error.to_string())?;
        let (planes, bao) = std::thread::scope(|scope| {
            let planes: Vec<_> = clusters
                .iter()
                .map(|name| scope.spawn(move || ControlPlane::start_in(name, dir, lifetime)))
                .collect();
            let bao = openbao.then(|| OpenBao::start_in(dir, Scheme::Http, lifetime)).transpose();
            let planes: Vec<_> =
                planes.into_iter().map(|plane| plane.join().expect("start_in returns")).collect();
            (planes, bao)
        });
        let (mut started, mut failures) = (Vec::new(), Vec::new());
        for plane in planes {
            match plane {
                Ok(plane) => started.push(plane),
                Err(error) => failures.push(error.to_string()),
            }
        }
        let bao = bao.unwrap_or_else(|failure| {
            failures.push(failure);
            None
        });
        let environment = Self { clusters: started, openbao: bao };
        let written = if failures.is_empty() { environment.write(dir) } else { Err(failures.join("\n")) };
        written.inspect_err(|_| environment.processes().for_each(ProcessId::kill))?;
        Ok(environment)
    }

    /// What runs in `dir`, if all of it is healthy.
    pub fn attach(dir: &Path) -> Option<Self> {
        let state = State::read(dir)?;
        let clusters = state.clusters.into_iter().map(|cluster| {
            let daemon = |(name, id): &(String, ProcessId)| Daemon::attach(name, *id, &cluster.dir);
            let daemons = cluster.processes.iter().map(daemon).collect();
            ControlPlane::attach(&cluster.name, cluster.address, &cluster.dir, daemons)
        });
        let clusters = clusters.collect::<Option<Vec<_>>>()?;
        let openbao = state.openbao.map(|bao| OpenBao::attach(bao.address, bao.process, dir));
        let healthy = openbao.as_ref().is_none_or(OpenBao::is_healthy);
        healthy.then_some(Self { clusters, openbao })
    }

    /// Whether it has exactly these servers.
    pub fn matches(&self, clusters: &[&str], openbao: bool) -> bool {
        let names: Vec<&str> = self.clusters.iter().map(ControlPlane::name).collect();
        names == clusters && self.openbao.is_some() == openbao
    }

    /// The control planes, in the order they were named.
    pub fn into_clusters(self) -> Vec<ControlPlane> {
        self.clusters
    }

    /// Ends every process that was started in `dir` and is still the one that was; false when there was none.
    pub fn stop(dir: &Path) -> bool {
        let Some(state) = State::read(dir) else { return false };
        let processes: Vec<ProcessId> = state.processes().filter(|process| process.is_alive()).collect();
        processes.iter().for_each(|process| process.kill());
        let _ = fs_err::remove_file(dir.join(STATE));
        !processes.is_empty()
    }

    fn processes(&self) -> impl Iterator<Item = ProcessId> {
        let clusters = self.clusters.iter().flat_map(|plane| plane.processes().map(|(_, id)| id));
        clusters.chain(self.openbao.iter().map(OpenBao::id))
    }

    fn write(&self, dir: &Path) -> Result<(), String> {
        let state = State {
            clusters: self.clusters.iter().map(Cluster::of).collect(),
            openbao: self.openbao.as_ref().map(|bao| Bao { address: bao.address(), process: bao.id() }),
        };
        let contexts = self.clusters.iter().map(|plane| KubeContext::new(plane.name(), plane, "default"));
        let state = serde_json::to_string_pretty(&state).map_err(|error| error.to_string())?;
        let files = [(STATE, state), ("kubeconfig", kubeconfig(contexts)), ("env", self.exports(dir))];
        files
            .into_iter()
            .try_for_each(|(file, text)| write_private(&dir.join(file), &text))
            .map_err(|error| error.to_string())
    }

    /// Lines for a POSIX shell.
    fn exports(&self, dir: &Path) -> String {
        let mut lines =
            format!("export KUBECONFIG={}\n", shell_word(&dir.join("kubeconfig").to_string_lossy()));
        if let Some(bao) = &self.openbao {
            lines.push_str(&format!("export VAULT_ADDR={}\nexport VAULT_TOKEN={ROOT_TOKEN}\n", bao.url()));
        }
        lines
    }
}

impl State {
    fn read(dir: &Path) -> Option<Self> {
        serde_json::from_str(&fs_err::read_to_string(dir.join(STATE)).ok()?).ok()
    }

    fn processes(&self) -> impl Iterator<Item = ProcessId> {
        let clusters = self.clusters.iter().flat_map(|cluster| cluster.processes.iter().map(|(_, id)| *id));
        clusters.chain(self.openbao.iter().map(|bao| bao.process))
    }
}

impl Cluster {
    fn of(plane: &ControlPlane) -> Self {
        Self {
            name: plane.name().to_owned(),
            address: plane.address(),
            dir: plane.kubeconfig().parent().expect("a kubeconfig is in a directory").to_owned(),
            processes: plane.processes().map(|(name, id)| (name.to_owned(), id)).collect(),
        }
    }
}

fn shell_word(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_a_quote_is_one_shell_word() {
        assert_eq!(shell_word("/tmp/it's"), r"'/tmp/it'\''s'");
    }
}
