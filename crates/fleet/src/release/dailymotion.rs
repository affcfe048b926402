//! `kind: DailymotionRelease`, the older object form.

use config::Spanned;
use serde::Deserialize;
use serde::de::IgnoredAny;
use vault::mapping::{Entry, Mapping};

use super::convoy::{ScalingFields, default_scaling_path, scaling};
use super::{Contexts, Release, split_name};
use crate::Chart;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReleaseFile {
    #[serde(rename = "apiVersion")]
    _api_version: IgnoredAny,
    #[serde(rename = "kind")]
    _kind: String,
    metadata: Metadata,
    spec: Spec,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Metadata {
    /// `APP.NAMESPACE`.
    name: Spanned<String>,
    /// The contexts whose global `env` is this.
    environment: Option<Spanned<String>>,
    /// For people: where the application was built from.
    #[serde(rename = "branch")]
    _branch: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Spec {
    /// For people: whom to tell.
    #[serde(rename = "slack_channel")]
    _slack_channel: Option<String>,
    chart_name: Spanned<String>,
    #[serde(default)]
    scaling: Vec<ScalingFields>,
    #[serde(default)]
    secrets: Vec<Entry>,
}

pub(super) fn parse(document: &str, file: &str) -> Result<Release, config::Error> {
    let ReleaseFile { metadata, spec, .. } = config::parse(document, file)?;
    let (name, namespace) = split_name(&metadata.name, file)?;
    Ok(Release {
        name,
        namespace,
        labels: Default::default(),
        chart: named_chart(spec.chart_name, file)?,
        contexts: match metadata.environment {
            Some(environment) => Contexts::Environment(environment),
            None => Contexts::All,
        },
        values: Vec::new(),
        image: None,
        scaling: scaling(spec.scaling, &default_scaling_path(), file)?,
        secrets: Mapping::new(spec.secrets, file)?,
        file: file.to_owned(),
        place: config::place(&metadata.name),
    })
}

/// A chart by name alone. It becomes a directory, so it must not lead elsewhere.
pub(super) fn named_chart(name: Spanned<String>, file: &str) -> Result<Chart, config::Error> {
    let bad = name.value.is_empty() || name.value.starts_with('.') || name.value.contains(['/', '\\']);
    if bad {
        let message = format!("`{}` is no name of a chart", name.value);
        return Err(config::Error::new(file, message).at(config::place(&name)));
    }
    Ok(Chart::Named(name.value))
}
