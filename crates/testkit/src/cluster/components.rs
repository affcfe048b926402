//! How each component is started.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use crate::net::free_port;
use crate::process::{Daemon, Lifetime};
use crate::tools;

/// Decides the fate of simulated pods by their label `testenv/outcome`.
const STAGES: &str = include_str!("../../../../scripts/tools/kwok-stages.yaml");

/// Those that templates of charts and `helm --wait` need, and no more: each controller costs memory.
const CONTROLLERS: [&str; 12] = [
    "cronjob-controller",
    "daemonset-controller",
    "deployment-controller",
    "endpointslice-controller",
    "garbage-collector-controller",
    "job-controller",
    "namespace-controller",
    "replicaset-controller",
    "resourcequota-controller",
    "serviceaccount-controller",
    "serviceaccount-token-controller",
    "statefulset-controller",
];

const HOST: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// Starts the components of one control plane in its directory, which holds certificates and a kubeconfig.
pub(super) struct Components<'a> {
    pub(super) dir: &'a Path,
    pub(super) lifetime: Lifetime,
}

impl Components<'_> {
    /// etcd and the API server, which waits for etcd by itself.
    pub(super) fn api(&self, address: SocketAddr) -> io::Result<[Daemon; 2]> {
        let (client, peer) = (url(), url());
        let etcd = self.start(
            "etcd",
            "etcd",
            &[
                "--data-dir=etcd".to_owned(),
                "--unsafe-no-fsync".to_owned(),
                "--log-level=error".to_owned(),
                format!("--listen-client-urls={client}"),
                format!("--advertise-client-urls={client}"),
                format!("--listen-peer-urls={peer}"),
                format!("--initial-advertise-peer-urls={peer}"),
                format!("--initial-cluster=default={peer}"),
            ],
        )?;
        let api_server = self.start(
            "kubernetes",
            "kube-apiserver",
            &[
                format!("--etcd-servers={client}"),
                format!("--bind-address={HOST}"),
                format!("--advertise-address={HOST}"),
                format!("--secure-port={}", address.port()),
                "--endpoint-reconciler-type=none".to_owned(),
                "--tls-cert-file=server.crt".to_owned(),
                "--tls-private-key-file=server.key".to_owned(),
                "--client-ca-file=ca.crt".to_owned(),
                "--service-account-key-file=service-accounts.pub".to_owned(),
                "--service-account-signing-key-file=service-accounts.key".to_owned(),
                "--service-account-issuer=https://kubernetes.default.svc".to_owned(),
                "--service-cluster-ip-range=10.96.0.0/16".to_owned(),
                "--authorization-mode=Node,RBAC".to_owned(),
                // It taints new nodes until a node controller, which does not run here, takes the taint away.
                "--disable-admission-plugins=TaintNodesByCondition".to_owned(),
                "--allow-privileged=true".to_owned(),
            ],
        )?;
        Ok([etcd, api_server])
    }

    /// What makes workloads run, once the API server answers.
    pub(super) fn controllers(&self) -> io::Result<[Daemon; 3]> {
        let controllers = self.start(
            "kubernetes",
            "kube-controller-manager",
            &[
                "--kubeconfig=kubeconfig".to_owned(),
                "--leader-elect=false".to_owned(),
                "--service-account-private-key-file=service-accounts.key".to_owned(),
                "--root-ca-file=ca.crt".to_owned(),
                "--cert-dir=controllers".to_owned(),
                format!("--bind-address={HOST}"),
                format!("--secure-port={}", free_port()),
                format!("--controllers={}", CONTROLLERS.join(",")),
            ],
        )?;
        let scheduler = self.start(
            "kubernetes",
            "kube-scheduler",
            &[
                "--kubeconfig=kubeconfig".to_owned(),
                "--leader-elect=false".to_owned(),
                format!("--bind-address={HOST}"),
                format!("--secure-port={}", free_port()),
            ],
        )?;
        fs_err::write(self.dir.join("stages.yaml"), STAGES)?;
        let kubelet = self.start(
            "kwok",
            "kwok",
            &[
                "--kubeconfig=kubeconfig".to_owned(),
                "--manage-all-nodes=true".to_owned(),
                "--config=stages.yaml".to_owned(),
                format!("--server-address={HOST}:{}", free_port()),
            ],
        )?;
        Ok([controllers, scheduler, kubelet])
    }

    fn start(&self, tool: &str, program: &str, arguments: &[String]) -> io::Result<Daemon> {
        Daemon::start(program, &tools::pinned(tool, program), arguments, self.dir, self.lifetime)
    }
}

fn url() -> String {
    format!("http://{HOST}:{}", free_port())
}
