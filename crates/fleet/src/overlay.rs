//! The values a run lays over the values files: image tag, replica counts, globals.

use serde_json::{Map, Value};

use crate::fleet::Target;
use crate::release::{Image, Release, Replica};
use crate::{Error, ValuePath};

/// The key under which helm hands values to a chart and all its subcharts.
const GLOBAL: &str = "global";

/// One document for one context, to be written with [`to_json`](crate::to_json) and given to helm after the values
/// files. Where two of them meet, globals win over replica counts and those over the image tag.
///
/// Secrets are not in it: they are a document of their own. Err if one value would have to go through or replace
/// another (`image` and `image.tag`), which helm would resolve by losing one of them.
pub fn overlay(release: Option<&Release>, target: &Target) -> Result<Map<String, Value>, Error> {
    let mut root = Map::new();
    if let Some(release) = release {
        if let Some(Image { tag, path, place }) = &release.image {
            path.set(&mut root, Value::from(tag.as_str()))
                .map_err(|at| conflict(release, *place, "the image tag", path, &at))?;
        }
        let scaling = release.scaling.iter().filter(|scaling| scaling.context.value == target.name);
        for Replica { name, count, path, place } in scaling.flat_map(|scaling| &scaling.replicas) {
            path.set(&mut root, Value::from(*count)).map_err(|at| {
                conflict(release, *place, &format!("the replica count of `{name}`"), path, &at)
            })?;
        }
    }
    if target.globals.is_empty() {
        return Ok(root);
    }
    let global = root.entry(GLOBAL).or_insert_with(|| Value::Object(Map::new()));
    let under =
        |keys: &[String]| ValuePath::from_keys([GLOBAL.to_owned()].into_iter().chain(keys.iter().cloned()));
    let merged = match global {
        Value::Object(global) => merge(global, &target.globals).map_err(|keys| under(&keys)),
        _ => Err(under(&[])),
    };
    match (merged, release) {
        (Err(at), Some(release)) => {
            let what = format!("the globals of context `{}`", target.name);
            Err(conflict(release, release.place, &what, &ValuePath::from_keys([GLOBAL]), &at))
        }
        // Without a release nothing was there that the globals could meet.
        (Err(_) | Ok(()), _) => Ok(root),
    }
}

/// Lays `over` over `map`; Err is the path of a map that meets something else.
fn merge(map: &mut Map<String, Value>, over: &Map<String, Value>) -> Result<(), Vec<String>> {
    for (key, value) in over {
        match (map.get_mut(key), value) {
            (Some(Value::Object(below)), Value::Object(value)) => {
                merge(below, value).map_err(|mut keys| {
                    keys.insert(0, key.clone());
                    keys
                })?;
            }
            (Some(Value::Object(_)), _) | (Some(_), Value::Object(_)) => return Err(vec![key.clone()]),
            (Some(_) | None, value) => {
                map.insert(key.clone(), value.clone());
            }
        }
    }
    Ok(())
}

fn conflict(
    release: &Release,
    place: Option<config::Place>,
    what: &str,
    path: &ValuePath,
    at: &ValuePath,
) -> Error {
    let message = format!("{what} goes to `{path}`, but `{at}` is taken by another value");
    config::Error::new(&release.file, message).at(place).into()
}

#[cfg(test)]
mod tests;
