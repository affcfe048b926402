//! What can go wrong between us and a cluster.

use std::error::Error as StdError;
use std::io;
use std::path::PathBuf;

/// Why a kubeconfig, a cluster or a release could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    #[error("there is no kubeconfig: {} does not exist", paths(.0))]
    NoKubeconfig(Vec<PathBuf>),
    #[error("failed to read kubeconfig {}", .path.display())]
    ReadKubeconfig { path: PathBuf, source: io::Error },
    #[error("failed to read kubeconfig {0}")]
    ParseKubeconfig(#[from] config::Error),
    #[error("kubeconfig {} does not go with the ones before it", .path.display())]
    MergeKubeconfig { path: PathBuf, source: Box<kube::config::KubeconfigError> },
    #[error("there is no kube context `{context}`")]
    NoContext {
        context: String,
        /// The name that was probably meant.
        nearest: Option<String>,
        /// The kubeconfigs that were read.
        kubeconfigs: Vec<PathBuf>,
    },
    #[error("kube context `{context}` cannot be used: {cause}")]
    BadContext { context: String, cause: String },
    #[error("credential plugin `{command}` of kube context `{context}` failed: {cause}")]
    Credentials { context: String, command: String, cause: String, install_hint: Option<String> },
    #[error("{reason} (kube context `{context}`): {cause}")]
    Request { context: String, reason: Reason, cause: String },
    #[error("stored release {name} cannot be read: {cause}")]
    Decode { name: String, cause: String },
    #[error("HELM_DRIVER={0} keeps releases where they cannot be read")]
    Driver(String),
}

/// Why a request to an API server failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// No connection, or it was lost.
    Unreachable,
    /// The server's certificate is not trusted.
    Untrusted,
    /// The server does not know these credentials.
    Unauthorized,
    /// The user may not do this.
    Forbidden,
    /// There is no such object.
    NotFound,
    /// No answer in time.
    Timeout,
    /// None of these.
    Other,
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Unreachable => "the cluster is unreachable",
            Self::Untrusted => "the cluster's certificate is not trusted",
            Self::Unauthorized => "the cluster does not accept the credentials",
            Self::Forbidden => "the cluster forbids it",
            Self::NotFound => "the cluster does not have it",
            Self::Timeout => "the cluster did not answer in time",
            Self::Other => "the cluster refused",
        })
    }
}

impl Error {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoKubeconfig(_) => Some("set KUBECONFIG, or name one with --kubeconfig".into()),
            Self::NoContext { nearest: Some(nearest), .. } => Some(format!("did you mean `{nearest}`?")),
            Self::NoContext { kubeconfigs, .. } => {
                Some(format!("`kubectl config get-contexts` lists those in {}", paths(kubeconfigs)))
            }
            Self::ParseKubeconfig(error) => error.hint.clone(),
            Self::Credentials { install_hint: Some(hint), .. } => Some(hint.clone()),
            Self::Credentials { context, .. } => {
                Some(format!("log in again; `kubectl --context {context} get ns` tries it"))
            }
            Self::Request { context, reason, .. } => reason.hint(context),
            Self::Driver(_) => Some("unset HELM_DRIVER; `secret` and `configmap` can be read".into()),
            Self::ReadKubeconfig { .. }
            | Self::MergeKubeconfig { .. }
            | Self::BadContext { .. }
            | Self::Decode { .. } => None,
        }
    }

    /// Why the request failed, where it is one.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            Self::Request { reason, .. } => Some(*reason),
            Self::Credentials { .. } => Some(Reason::Unauthorized),
            _ => None,
        }
    }

    pub(crate) fn request(context: &str, error: &kube::Error) -> Self {
        let (reason, cause) = explain(error);
        Self::Request { context: context.to_owned(), reason, cause }
    }
}

/// Why there is no client for an API server and user, which several contexts may share.
#[derive(Debug, Clone)]
pub(crate) enum Refused {
    /// What is wrong with the kubeconfig's entry.
    Entry(String),
    Credentials {
        command: String,
        cause: String,
        install_hint: Option<String>,
    },
}

impl Refused {
    /// The error for one of the contexts.
    pub(crate) fn of(self, context: &str) -> Error {
        let context = context.to_owned();
        match self {
            Self::Entry(cause) => Error::BadContext { context, cause },
            Self::Credentials { command, cause, install_hint } => {
                Error::Credentials { context, command, cause, install_hint }
            }
        }
    }
}

impl Reason {
    fn hint(self, context: &str) -> Option<String> {
        match self {
            Self::Unreachable | Self::Timeout => Some(format!(
                "check the address, the VPN and the proxy; `kubectl --context {context} version` tries it"
            )),
            Self::Untrusted => {
                Some("the kubeconfig's certificate-authority is not the one of this API server".into())
            }
            Self::Unauthorized => {
                Some(format!("log in again; `kubectl --context {context} get ns` tries it"))
            }
            Self::Forbidden => {
                Some(format!("`kubectl --context {context} auth can-i --list` shows what is allowed"))
            }
            Self::NotFound | Self::Other => None,
        }
    }
}

fn explain(error: &kube::Error) -> (Reason, String) {
    match error {
        kube::Error::Api(status) => {
            let reason = match status.code {
                401 => Reason::Unauthorized,
                403 => Reason::Forbidden,
                404 => Reason::NotFound,
                408 | 504 => Reason::Timeout,
                _ => Reason::Other,
            };
            (reason, if status.message.is_empty() { status.reason.clone() } else { status.message.clone() })
        }
        kube::Error::SerdeError(_) => {
            (Reason::Other, "the answer is not what a Kubernetes API server says".into())
        }
        kube::Error::Auth(error) => (Reason::Unauthorized, deepest(error)),
        kube::Error::Service(error) => connection(error.as_ref()),
        other => connection(other),
    }
}

/// Reads a failed connection off the tree of its causes.
fn connection(error: &(dyn StdError + 'static)) -> (Reason, String) {
    let mut reason = Reason::Unreachable;
    let mut causes = vec![error];
    while let Some(cause) = causes.pop() {
        if cause.is::<rustls::Error>() {
            return (Reason::Untrusted, cause.to_string());
        }
        if let Some(io) = cause.downcast_ref::<io::Error>() {
            if io.kind() == io::ErrorKind::TimedOut {
                reason = Reason::Timeout;
            }
            // The error it wraps is not its source.
            causes.extend(io.get_ref().map(|inner| inner as &(dyn StdError + 'static)));
        }
        causes.extend(cause.source());
    }
    (reason, deepest(error))
}

/// The last cause of all, which is the one that says something.
fn deepest(error: &dyn StdError) -> String {
    let mut deepest = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        deepest = error.to_string();
        next = error.source();
    }
    deepest
}

fn paths(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: u16, message: &str) -> Error {
        let status = kube::core::Status { code, message: message.into(), ..Default::default() };
        Error::request("prod", &kube::Error::Api(status.boxed()))
    }

    #[test]
    fn answers_of_the_api_server() {
        for (code, reason) in [
            (401, Reason::Unauthorized),
            (403, Reason::Forbidden),
            (404, Reason::NotFound),
            (504, Reason::Timeout),
            (500, Reason::Other),
        ] {
            assert_eq!(of(code, "x").reason(), Some(reason), "{code}");
        }
        let error = of(403, "secrets is forbidden: User \"v\" cannot list resource \"secrets\"");
        assert_eq!(
            error.to_string(),
            "the cluster forbids it (kube context `prod`): secrets is forbidden: User \"v\" cannot list resource \"secrets\""
        );
        assert!(error.hint().unwrap().contains("--context prod auth can-i"));
    }

    #[test]
    fn causes_are_found_inside_io_errors() {
        let tls = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        let service = |error: io::Error| Error::request("prod", &kube::Error::Service(Box::new(error)));
        let error = service(io::Error::other(io::Error::other(tls)));
        assert_eq!(error.reason(), Some(Reason::Untrusted));
        assert!(error.to_string().contains("UnknownIssuer"), "{error}");
        assert_eq!(service(io::ErrorKind::TimedOut.into()).reason(), Some(Reason::Timeout));
        assert_eq!(service(io::ErrorKind::ConnectionRefused.into()).reason(), Some(Reason::Unreachable));
    }
}
