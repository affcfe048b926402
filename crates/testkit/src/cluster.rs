//! Kubernetes control planes: real etcd, API server, controller manager and scheduler, and a simulated kubelet.

mod certificates;
mod components;
mod control_plane;
mod kubeconfig;
mod shared;

pub use control_plane::{ControlPlane, StartError};
pub use kubeconfig::KubeContext;
pub(crate) use kubeconfig::kubeconfig;
pub use shared::{NAMES, shared_clusters};
