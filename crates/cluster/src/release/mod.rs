//! What Helm keeps of a release.

pub(crate) mod decode;
pub(crate) mod history;
#[cfg(test)]
mod rules_tests;

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;

use history::Status;

/// One revision of a release with what it installed. Values, templates and files of the chart are not read.
#[derive(Clone)]
pub struct Release {
    pub name: String,
    pub namespace: String,
    pub revision: u32,
    pub status: Status,
    /// What Helm, or `--description`, says about this revision.
    pub description: String,
    pub first_deployed: Option<Timestamp>,
    pub last_deployed: Option<Timestamp>,
    /// The revision this one is a rollback to.
    pub rollback_to: Option<u32>,
    pub chart: Chart,
    /// The rendered objects but hooks, as YAML documents. Holds every injected secret in clear.
    pub manifest: String,
    pub hooks: Vec<Hook>,
    pub apply_method: ApplyMethod,
    /// The labels given with `--labels`.
    pub labels: BTreeMap<String, String>,
}

/// The chart of a revision.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chart {
    pub name: String,
    pub version: String,
    pub app_version: Option<String>,
}

/// A hook of a revision.
#[derive(Clone, PartialEq, Eq)]
pub struct Hook {
    pub name: String,
    pub kind: String,
    /// The template it comes from.
    pub path: String,
    /// When it runs: `pre-upgrade`, `test`, ...
    pub events: Vec<String>,
    /// The rendered object. Holds every injected secret in clear.
    pub manifest: String,
}

/// How Helm brought a revision into the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApplyMethod {
    /// A three-way merge on the client: Helm 3, and what Helm 4 keeps for releases that began so.
    Client,
    /// Server-side apply.
    Server,
}

impl Release {
    /// The run that wrote this revision: the one its description names; where Helm replaced that by a failure, the one
    /// of its label. None for what Helm did without a run, although it may have handed on the label of one.
    pub fn run(&self) -> Option<&str> {
        let failed = history::tells_failure(&self.description) && self.rollback_to.is_none();
        let labelled = self.labels.get(history::RUN_LABEL).map(String::as_str);
        history::described_run(&self.description).or(labelled.filter(|_| failed))
    }
}

// Manifests hold secrets.
impl fmt::Debug for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Release")
            .field("name", &self.name)
            .field("namespace", &self.namespace)
            .field("revision", &self.revision)
            .field("status", &self.status)
            .field("chart", &self.chart)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hook").field("name", &self.name).field("kind", &self.kind).finish_non_exhaustive()
    }
}
