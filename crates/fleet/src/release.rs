//! A release: a chart, the contexts it goes to, and what its values are there.

use std::collections::BTreeMap;
use std::path::Path;

use config::{Place, Spanned};
use vault::mapping::Mapping;

use crate::fleet::Target;
use crate::{Chart, Error, ValuePath, ValuesFile, ValuesTemplate, names};

mod convoy;
mod dailymotion;
mod documents;
mod list;

/// A release as its file says, whichever form the file has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    pub name: String,
    /// Its namespace in every context; else the context's.
    pub namespace: Option<String>,
    /// What the file says about the release, for people and tools.
    pub labels: BTreeMap<String, String>,
    pub chart: Chart,
    pub contexts: Contexts,
    /// Values files, lowest precedence first.
    pub values: Vec<ValuesTemplate>,
    pub image: Option<Image>,
    pub scaling: Vec<Scaling>,
    /// The Vault mapping; empty if the release has none.
    pub secrets: Mapping,
    /// The release file, as given to [`Release::parse_all`].
    pub file: String,
    /// Where the file names the release.
    pub place: Option<Place>,
}

/// The contexts a release goes to, before any flag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contexts {
    /// Every context of the fleet.
    All,
    /// Names and patterns of names.
    Listed(Vec<Spanned<String>>),
    /// Labels or globals that must all have these values (or match them as patterns).
    Select(Vec<(String, Spanned<String>)>),
    /// The contexts whose global `env` is exactly this.
    Environment(Spanned<String>),
}

/// The image tag of a release and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    pub tag: String,
    pub path: ValuePath,
    pub place: Option<Place>,
}

/// Replica counts of one context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scaling {
    pub context: Spanned<String>,
    pub replicas: Vec<Replica>,
}

/// One replica count and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replica {
    pub name: String,
    pub count: u32,
    pub path: ValuePath,
    pub place: Option<Place>,
}

impl Release {
    /// Reads every release of a file: any number of documents, each of kind `Release` or `DailymotionRelease`, or in
    /// the list form. `file` is the path of the file: errors show it and paths in it are relative to its directory.
    pub fn parse_all(text: &str, file: &str) -> Result<Vec<Self>, Error> {
        let mut releases: Vec<Self> = Vec::new();
        for document in documents::split(text) {
            releases.extend(documents::parse(&document, file)?);
        }
        for (index, release) in releases.iter().enumerate() {
            let same = |other: &&Self| (&other.name, &other.namespace) == (&release.name, &release.namespace);
            if let Some(first) = releases[..index].iter().find(same) {
                let line = first.place.map_or(0, |place| place.line);
                let message =
                    format!("release `{}` is in this file twice (first in line {line})", release.name);
                return Err(config::Error::new(file, message).at(release.place).into());
            }
        }
        Ok(releases)
    }

    /// The values files for one context, lowest precedence first.
    pub fn values_files(&self, target: &Target) -> Result<Vec<ValuesFile>, Error> {
        self.values.iter().map(|template| template.file_for(target)).collect()
    }

    /// The namespace in one context; None means the kubeconfig's.
    pub fn namespace_in<'a>(&'a self, target: &'a Target) -> Option<&'a str> {
        self.namespace.as_deref().or(target.namespace.as_deref())
    }

    /// Where a chart that is only named (see [`Chart::Named`]) is looked for, best first; empty for other charts.
    pub fn chart_directories(&self, fleet_file: Option<&Path>) -> Vec<std::path::PathBuf> {
        match &self.chart {
            Chart::Named(name) => Chart::directories(name, Path::new(&self.file), fleet_file),
            Chart::Path(_) | Chart::Oci { .. } | Chart::Repo { .. } => Vec::new(),
        }
    }
}

/// Where a replica count goes if the release does not say: the value of the same name as the workload.
const REPLICA_COUNT: &str = "{name}.replicaCount";

fn check_name(name: &Spanned<String>, file: &str) -> Result<(), config::Error> {
    if names::is_release_name(&name.value) {
        return Ok(());
    }
    let message = format!("`{}` is no name of a release", name.value);
    Err(config::Error::new(file, message)
        .at(config::place(name))
        .with_hint("lower case letters, digits, `-` and `.`, at most 53 characters"))
}

fn check_namespace(namespace: &str, file: &str, place: Option<Place>) -> Result<(), config::Error> {
    if names::is_dns_label(namespace) {
        return Ok(());
    }
    Err(config::Error::new(file, format!("`{namespace}` is no name of a namespace")).at(place))
}

/// Splits `APP.NAMESPACE` of the older forms: the release's name before the first dot, its namespace after it.
fn split_name(name: &Spanned<String>, file: &str) -> Result<(String, Option<String>), config::Error> {
    let place = config::place(name);
    let (app, namespace) = match name.value.split_once('.') {
        Some((app, namespace)) => (app, Some(namespace)),
        None => (name.value.as_str(), None),
    };
    if !names::is_release_name(app) {
        let message = format!("`{}` does not begin with the name of a release", name.value);
        return Err(config::Error::new(file, message).at(place).with_hint("write APP.NAMESPACE"));
    }
    if let Some(namespace) = namespace {
        check_namespace(namespace, file, place)?;
    }
    Ok((app.to_owned(), namespace.map(str::to_owned)))
}

#[cfg(test)]
mod tests;
