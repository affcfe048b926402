//! Kubeconfig files over one or many control planes.

use std::fmt::Write as _;
use std::net::SocketAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::ControlPlane;

/// One context of a kubeconfig.
#[derive(Debug, Clone)]
pub struct KubeContext<'a> {
    name: &'a str,
    plane: &'a ControlPlane,
    namespace: &'a str,
    server: SocketAddr,
}

impl<'a> KubeContext<'a> {
    /// The administrator of `plane`, in `namespace`.
    pub fn new(name: &'a str, plane: &'a ControlPlane, namespace: &'a str) -> Self {
        Self { name, plane, namespace, server: plane.address() }
    }

    /// Connects to this address instead, for example that of a [`crate::Proxy`].
    pub fn through(self, server: SocketAddr) -> Self {
        Self { server, ..self }
    }
}

impl<'a> From<(&'a str, &'a ControlPlane, &'a str)> for KubeContext<'a> {
    fn from((name, plane, namespace): (&'a str, &'a ControlPlane, &'a str)) -> Self {
        Self::new(name, plane, namespace)
    }
}

/// The text of a kubeconfig with these contexts, certificates inline; the first one is the current context.
pub fn kubeconfig<'a>(contexts: impl IntoIterator<Item = impl Into<KubeContext<'a>>>) -> String {
    let contexts: Vec<KubeContext<'_>> = contexts.into_iter().map(Into::into).collect();
    let current = contexts.first().map_or("", |context| context.name);
    let (mut clusters, mut users, mut list) = (String::new(), String::new(), String::new());
    for KubeContext { name, plane, namespace, server } in &contexts {
        let [ca, certificate, key] = plane.identity().map(|pem| STANDARD.encode(pem));
        let _ = writeln!(
            clusters,
            "- name: '{name}'\n  cluster: {{server: 'https://{server}', certificate-authority-data: {ca}}}"
        );
        let _ = writeln!(
            users,
            "- name: '{name}'\n  user: {{client-certificate-data: {certificate}, client-key-data: {key}}}"
        );
        let _ = writeln!(
            list,
            "- name: '{name}'\n  context: {{cluster: '{name}', user: '{name}', namespace: '{namespace}'}}"
        );
    }
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: '{current}'\nclusters:\n{clusters}users:\n{users}contexts:\n{list}"
    )
}
