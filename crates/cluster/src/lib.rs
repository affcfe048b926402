//! One kube context: connect, identify the cluster, read the releases Helm stored there.
//!
//! What lives here: reading kubeconfigs, a client per context, and what Helm keeps in a cluster ([`Revision`],
//! [`Release`]) with the rules which of its revisions were good.
//! What does not: writing to releases (Helm does that), rollout decisions, printing. It runs one kind of program: the
//! credential plugins that kubeconfigs name. The rustls provider is installed by the binary.

mod connect;
mod credentials;
mod error;
mod kubeconfig;
mod proxy;
mod release;
mod releases;

pub use connect::{Cluster, Clusters, Settings};
pub use error::{Error, Reason};
pub use kubeconfig::{Context, Kubeconfig};
pub use release::history::{
    Answer, Before, Detail, LastWrite, RUN_LABEL, Revision, Status, good_before, last_write, latest,
    latest_deployed, revision_before_run,
};
pub use release::{ApplyMethod, Chart, Hook, Release};
pub use releases::Driver;
