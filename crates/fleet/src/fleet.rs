//! `convoy.yaml`: the contexts of a fleet, what is said about each, and where its releases are.

use std::collections::BTreeMap;
use std::path::PathBuf;

use config::Place;
use serde_json::{Map, Value};

use crate::Error;

mod file;
mod vault;

pub(crate) use file::check_version;
pub use vault::{AuthMethod, Vault};

/// The contexts a release can go to.
#[derive(Debug, Clone, PartialEq)]
pub struct Fleet {
    /// The fleet file; None for the contexts of a kubeconfig.
    pub file: Option<String>,
    /// Every context, in the order of the file.
    pub contexts: Vec<Target>,
    /// Patterns of release files, relative to the directory [`Fleet::file`] is relative to.
    pub releases: Vec<PathBuf>,
    /// The Vault of contexts that say nothing else; its role may still hold placeholders, so ask [`Target::vault`]
    /// for a context's own.
    pub vault: Option<Vault>,
}

/// One context with everything the fleet file says about it, its defaults filled in.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// What mappings, scaling and selectors refer to.
    pub name: String,
    /// What the kubeconfig calls it.
    pub kube_context: String,
    /// A kubeconfig of its own; else the usual lookup.
    pub kubeconfig: Option<PathBuf>,
    /// The UID that namespace `kube-system` of the cluster must have.
    pub cluster_uid: Option<String>,
    /// The namespace of releases that name none; else the kubeconfig's.
    pub namespace: Option<String>,
    /// What charts see as `.Values.global`: the fleet's below the context's own, with `clusterName`.
    pub globals: Map<String, Value>,
    pub labels: BTreeMap<String, String>,
    /// Vault as seen from this context, without placeholders; None if the fleet says nothing about Vault.
    pub vault: Option<Vault>,
    pub place: Option<Place>,
}

impl Fleet {
    /// Reads a fleet file. `file` is its path: errors show it and paths in it are relative to its directory.
    pub fn parse(text: &str, file: &str) -> Result<Self, Error> {
        Ok(file::FleetFile::parse(text, file)?)
    }

    /// The fleet of a kubeconfig, for runs without a fleet file: each of its contexts by its own name.
    pub fn of_kubeconfig(contexts: impl IntoIterator<Item = String>) -> Self {
        let contexts = contexts.into_iter().map(|name| Target::named(&name)).collect();
        Self { file: None, contexts, releases: Vec::new(), vault: None }
    }

    /// Where its contexts come from, for messages.
    pub(crate) fn source(&self) -> &str {
        self.file.as_deref().unwrap_or("the kubeconfig")
    }

    pub(crate) fn find(&self, name: &str) -> Option<&Target> {
        self.contexts.iter().find(|context| context.name == name)
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.contexts.iter().map(|context| context.name.as_str()).collect()
    }
}

impl Target {
    /// A context about which nothing is known but its name, which is the kubeconfig's too.
    pub fn named(name: &str) -> Self {
        let mut globals = Map::new();
        globals.insert(CLUSTER_NAME.to_owned(), Value::from(name));
        Self {
            name: name.to_owned(),
            kube_context: name.to_owned(),
            kubeconfig: None,
            cluster_uid: None,
            namespace: None,
            globals,
            labels: BTreeMap::new(),
            vault: None,
            place: None,
        }
    }

    /// The label `key`, else the global `key` if it is a plain value: what `--select` and `select:` compare.
    pub(crate) fn attribute(&self, key: &str) -> Option<String> {
        self.labels.get(key).cloned().or_else(|| self.globals.get(key).and_then(crate::template::plain))
    }

    pub(crate) fn attribute_names(&self) -> impl Iterator<Item = &str> {
        let globals = self.globals.iter().filter(|(_, value)| crate::template::plain(value).is_some());
        self.labels.keys().map(String::as_str).chain(globals.map(|(key, _)| key.as_str()))
    }
}

/// The global every context has; its name unless the fleet says otherwise.
const CLUSTER_NAME: &str = "clusterName";

#[cfg(test)]
mod tests;
