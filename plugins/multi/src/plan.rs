//! What a run is to do, as plain data: no cluster was asked, nothing was read but the user's files.

use std::path::PathBuf;

use serde::Serialize;

use crate::run_id::RunId;

/// What a run does to each context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    Install,
    Upgrade,
    Rollback,
    Uninstall,
}

impl Operation {
    /// `upgrade`, as typed.
    pub fn word(self) -> &'static str {
        match self {
            Operation::Install => "install",
            Operation::Upgrade => "upgrade",
            Operation::Rollback => "rollback",
            Operation::Uninstall => "uninstall",
        }
    }

    /// `upgrading`, while it goes on.
    pub fn going_on(self) -> &'static str {
        match self {
            Operation::Install => "installing",
            Operation::Upgrade => "upgrading",
            Operation::Rollback => "rolling back",
            Operation::Uninstall => "uninstalling",
        }
    }
}

/// One run: an operation on one release in several contexts, in the order of the steps.
#[derive(Debug)]
pub struct Plan {
    pub run: RunId,
    pub operation: Operation,
    pub release: String,
    pub steps: Vec<Step>,
}

impl Plan {
    pub fn new(operation: Operation, release: &str, steps: Vec<Step>) -> Self {
        Self { run: RunId::now(), operation, release: release.to_owned(), steps }
    }

    /// The width of the longest context name, for aligned lines.
    pub fn width(&self) -> usize {
        self.steps.iter().map(|step| step.context.chars().count()).max().unwrap_or(0)
    }
}

/// One release in one context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its position in the plan.
    pub index: usize,
    /// What the user calls the context.
    pub context: String,
    /// What the kubeconfig calls it.
    pub kube_context: String,
    /// A kubeconfig of its own; else the usual lookup.
    pub kubeconfig: Option<PathBuf>,
    pub namespace: String,
    /// The UID that namespace `kube-system` must have.
    pub cluster_uid: Option<String>,
}
