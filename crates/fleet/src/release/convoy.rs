//! `kind: Release`.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use config::Spanned;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use vault::mapping::{Entry, Mapping};

use super::{Contexts, Image, REPLICA_COUNT, Release, Replica, Scaling, check_name, check_namespace};
use crate::chart::ChartFields;
use crate::fleet::check_version;
use crate::{ValuePath, ValuesTemplate, names};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReleaseFile {
    #[serde(rename = "apiVersion")]
    api_version: Spanned<String>,
    #[serde(rename = "kind")]
    _kind: String,
    metadata: Metadata,
    spec: Spec,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Metadata {
    name: Spanned<String>,
    namespace: Option<Spanned<String>>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Spec {
    chart: Spanned<ChartFields>,
    #[serde(default)]
    contexts: ContextsField,
    #[serde(default)]
    values: Vec<Spanned<String>>,
    image: Option<ImageFields>,
    #[serde(default)]
    scaling: Vec<ScalingFields>,
    scaling_path: Option<Spanned<String>>,
    #[serde(default)]
    secrets: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ImageFields {
    tag: Spanned<String>,
    value_path: Option<Spanned<String>>,
}

/// `scaling` has the same shape in the older object form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScalingFields {
    context: Spanned<String>,
    replicas: Vec<ReplicaFields>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReplicaFields {
    name: Spanned<String>,
    count: u32,
}

/// `contexts`: a list of names or `{select: {...}}`.
#[derive(Default)]
struct ContextsField(Option<Contexts>);

impl<'de> Deserialize<'de> for ContextsField {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListOrSelect;

        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Select {
            select: BTreeMap<String, Spanned<String>>,
        }

        impl<'de> Visitor<'de> for ListOrSelect {
            type Value = Contexts;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of context names or {select: {LABEL: VALUE}}")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Contexts, A::Error> {
                let mut listed = Vec::new();
                while let Some(name) = seq.next_element()? {
                    listed.push(name);
                }
                Ok(Contexts::Listed(listed))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Contexts, A::Error> {
                let fields = Select::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Contexts::Select(fields.select.into_iter().collect()))
            }
        }

        deserializer.deserialize_any(ListOrSelect).map(|contexts| Self(Some(contexts)))
    }
}

pub(super) fn parse(document: &str, file: &str) -> Result<Release, config::Error> {
    let ReleaseFile { api_version, metadata, spec, .. } = config::parse(document, file)?;
    check_version(&api_version, file)?;
    check_name(&metadata.name, file)?;
    if let Some(namespace) = &metadata.namespace {
        check_namespace(&namespace.value, file, config::place(namespace))?;
    }
    let chart_place = config::place(&spec.chart);
    let values =
        spec.values.iter().map(|item| ValuesTemplate::parse(item, file)).collect::<Result<_, _>>()?;
    let scaling_path = match &spec.scaling_path {
        Some(path) => value_path(path, file)?,
        None => default_scaling_path(),
    };
    if let Some(path) = &spec.scaling_path
        && scaling_path.replace("{name}", "") == scaling_path
    {
        let message = format!("scalingPath `{}` has no `{{name}}`", path.value);
        return Err(config::Error::new(file, message).at(config::place(path)).with_hint(format!(
            "the count of each workload needs a place of its own, such as {REPLICA_COUNT}"
        )));
    }
    Ok(Release {
        chart: spec.chart.value.check(file, chart_place)?,
        contexts: check_contexts(spec.contexts.0.unwrap_or(Contexts::All), file)?,
        values,
        image: spec.image.map(|image| image.check(file)).transpose()?,
        scaling: scaling(spec.scaling, &scaling_path, file)?,
        secrets: Mapping::new(spec.secrets, file)?,
        file: file.to_owned(),
        place: config::place(&metadata.name),
        name: metadata.name.value,
        namespace: metadata.namespace.map(|namespace| namespace.value),
        labels: metadata.labels,
    })
}

impl ImageFields {
    fn check(self, file: &str) -> Result<Image, config::Error> {
        if self.tag.value.is_empty() {
            return Err(config::Error::new(file, "the image tag is empty").at(config::place(&self.tag)));
        }
        let path = match &self.value_path {
            Some(path) => value_path(path, file)?,
            None => ValuePath::from_keys(["image", "tag"]),
        };
        Ok(Image { place: config::place(&self.tag), tag: self.tag.value, path })
    }
}

pub(super) fn default_scaling_path() -> ValuePath {
    ValuePath::from_keys(REPLICA_COUNT.split('.'))
}

fn value_path(text: &Spanned<String>, file: &str) -> Result<ValuePath, config::Error> {
    ValuePath::parse(&text.value).map_err(|message| config::Error::new(file, message).at(config::place(text)))
}

/// Refuses names given twice, empty lists and bad patterns; names are looked up when contexts are selected.
fn check_contexts(contexts: Contexts, file: &str) -> Result<Contexts, config::Error> {
    let refuse =
        |at: &Spanned<String>, message: String| Err(config::Error::new(file, message).at(config::place(at)));
    match &contexts {
        Contexts::All | Contexts::Environment(_) => {}
        Contexts::Listed(listed) => {
            if listed.is_empty() {
                return Err(config::Error::new(file, "`contexts` is an empty list")
                    .with_hint("leave `contexts` out for every context of the fleet"));
            }
            let mut seen: HashMap<&str, u64> = HashMap::new();
            for name in listed {
                if names::is_glob(&name.value)
                    && let Err(message) = names::glob(&name.value)
                {
                    return refuse(name, message);
                }
                let line = config::place(name).map_or(0, |place| place.line);
                if let Some(first) = seen.insert(&name.value, line) {
                    return refuse(
                        name,
                        format!("context `{}` is listed twice (first in line {first})", name.value),
                    );
                }
            }
        }
        Contexts::Select(terms) => {
            if terms.is_empty() {
                return Err(config::Error::new(file, "`select` has no labels")
                    .with_hint("leave `contexts` out for every context of the fleet"));
            }
            for (_, value) in terms {
                if let Err(message) = names::glob(&value.value) {
                    return refuse(value, message);
                }
            }
        }
    }
    Ok(contexts)
}

/// Replica counts with their places in the values. Refused: a context or, in one context, a name given twice.
pub(super) fn scaling(
    fields: Vec<ScalingFields>,
    path: &ValuePath,
    file: &str,
) -> Result<Vec<Scaling>, config::Error> {
    let mut scaling: Vec<Scaling> = Vec::with_capacity(fields.len());
    for ScalingFields { context, replicas: counts } in fields {
        let refuse = |at: &Spanned<String>, message: String| {
            Err(config::Error::new(file, message).at(config::place(at)))
        };
        if let Some(first) = scaling.iter().find(|earlier| earlier.context.value == context.value) {
            let line = config::place(&first.context).map_or(0, |place| place.line);
            return refuse(
                &context,
                format!("scaling of context `{}` is given twice (first in line {line})", context.value),
            );
        }
        let mut replicas: Vec<Replica> = Vec::with_capacity(counts.len());
        for ReplicaFields { name, count } in counts {
            if name.value.is_empty() {
                return refuse(&name, "the name of a replica count is empty".to_owned());
            }
            if replicas.iter().any(|earlier| earlier.name == name.value) {
                let message =
                    format!("`{}` has two replica counts in context `{}`", name.value, context.value);
                return refuse(&name, message);
            }
            let place = config::place(&name);
            replicas.push(Replica {
                path: path.replace("{name}", &name.value),
                name: name.value,
                count,
                place,
            });
        }
        scaling.push(Scaling { context, replicas });
    }
    Ok(scaling)
}
