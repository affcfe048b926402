//! The older list form: `releases: [APP.NAMESPACE]` and, under each name, the services of that release.

use std::fmt;

use config::Spanned;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use vault::mapping::Mapping;

use super::convoy::default_scaling_path;
use super::dailymotion::named_chart;
use super::{Contexts, Release, Replica, Scaling, split_name};
use crate::pairs::Pairs;
use crate::{Chart, ValuePath, names};

/// The whole document: `releases` and the entries it names.
struct ListFile {
    releases: Vec<Spanned<String>>,
    entries: Vec<(Spanned<String>, Entry)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    services: Pairs<Service>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Service {
    /// A chart of its own; else the service is a subchart of the chart named like the application.
    chart_name: Option<Spanned<String>>,
    /// For people: where the source is.
    #[serde(rename = "repo")]
    _repo: Option<IgnoredAny>,
    contexts: Pairs<ContextFields>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ContextFields {
    #[serde(default)]
    deployments: Vec<Deployment>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Deployment {
    name: Spanned<String>,
    replicas: u32,
}

impl<'de> Deserialize<'de> for ListFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListVisitor;

        impl<'de> Visitor<'de> for ListVisitor {
            type Value = ListFile;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of releases")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ListFile, A::Error> {
                let mut list = ListFile { releases: Vec::new(), entries: Vec::new() };
                while let Some(key) = map.next_key::<Spanned<String>>()? {
                    if key.value == "releases" {
                        list.releases = map.next_value()?;
                    } else {
                        list.entries.push((key, map.next_value()?));
                    }
                }
                Ok(list)
            }
        }

        deserializer.deserialize_map(ListVisitor)
    }
}

/// The releases that `releases` names, in its order. Entries it does not name are not deployed.
pub(super) fn parse(document: &str, file: &str) -> Result<Vec<Release>, config::Error> {
    let ListFile { releases, mut entries } = config::parse(document, file)?;
    let mut found = Vec::with_capacity(releases.len());
    for name in releases {
        let Some(index) = entries.iter().position(|(key, _)| key.value == name.value) else {
            let known: Vec<&str> = entries.iter().map(|(key, _)| key.value.as_str()).collect();
            return Err(config::Error::new(file, format!("`{}` is not described in this file", name.value))
                .at(config::place(&name))
                .with_hint(names::suggestion("described", &name.value, &known)));
        };
        let (key, entry) = entries.remove(index);
        found.push(release(&key, entry, file)?);
    }
    Ok(found)
}

fn release(key: &Spanned<String>, entry: Entry, file: &str) -> Result<Release, config::Error> {
    let (name, namespace) = split_name(key, file)?;
    let services = entry.services.0;
    let own_chart = match services.as_slice() {
        [] => {
            return Err(
                config::Error::new(file, format!("`{}` has no services", key.value)).at(config::place(key))
            );
        }
        [(_, service)] => service.chart_name.clone(),
        _ => None,
    };
    let is_own_chart = own_chart.is_some();
    let chart = match own_chart {
        Some(chart) => named_chart(chart, file)?,
        None => Chart::Named(name.clone()),
    };
    let mut contexts: Vec<Spanned<String>> = Vec::new();
    let mut scaling: Vec<Scaling> = Vec::new();
    for (index, (service_name, service)) in services.into_iter().enumerate() {
        let refuse = |message: String, hint: &str| {
            Err(config::Error::new(file, message).at(config::place(&service_name)).with_hint(hint))
        };
        if service.chart_name.is_some() && !is_own_chart {
            return refuse(
                format!(
                    "service `{}` has a chart of its own, and one release has one chart",
                    service_name.value
                ),
                "describe it under a name of its own, APP.NAMESPACE",
            );
        }
        let path = if is_own_chart { default_scaling_path() } else { in_subchart(&service_name.value) };
        let named: Vec<Spanned<String>> =
            service.contexts.0.iter().map(|(context, _)| context.clone()).collect();
        if index == 0 {
            contexts = named;
        } else if !same_names(&contexts, &named) {
            return refuse(
                format!("service `{}` names other contexts than those before it", service_name.value),
                "services of one chart go to the same contexts: split the release",
            );
        }
        for (context, fields) in service.contexts.0 {
            let replicas = replicas(fields.deployments, &path, file)?;
            match scaling.iter_mut().find(|known| known.context.value == context.value) {
                Some(known) => known.replicas.extend(replicas),
                None => scaling.push(Scaling { context, replicas }),
            }
        }
    }
    if contexts.is_empty() {
        return Err(
            config::Error::new(file, format!("`{}` names no contexts", key.value)).at(config::place(key))
        );
    }
    Ok(Release {
        name,
        namespace,
        labels: Default::default(),
        chart,
        contexts: Contexts::Listed(contexts),
        values: Vec::new(),
        image: None,
        scaling,
        secrets: Mapping::new(Vec::new(), file)?,
        file: file.to_owned(),
        place: config::place(key),
    })
}

fn in_subchart(service: &str) -> ValuePath {
    let keys = default_scaling_path();
    ValuePath::from_keys([service].into_iter().chain(keys.keys().iter().map(String::as_str)))
}

fn replicas(
    deployments: Vec<Deployment>,
    path: &ValuePath,
    file: &str,
) -> Result<Vec<Replica>, config::Error> {
    let mut replicas: Vec<Replica> = Vec::with_capacity(deployments.len());
    for Deployment { name, replicas: count } in deployments {
        let place = config::place(&name);
        if replicas.iter().any(|earlier| earlier.name == name.value) {
            let message = format!("deployment `{}` is listed twice", name.value);
            return Err(config::Error::new(file, message).at(place));
        }
        replicas.push(Replica { path: path.replace("{name}", &name.value), name: name.value, count, place });
    }
    Ok(replicas)
}

fn same_names(a: &[Spanned<String>], b: &[Spanned<String>]) -> bool {
    let sorted = |names: &[Spanned<String>]| {
        let mut names: Vec<String> = names.iter().map(|name| name.value.clone()).collect();
        names.sort();
        names
    };
    sorted(a) == sorted(b)
}
