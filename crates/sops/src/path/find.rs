//! A path in a tree.

use yamldoc::{Kind, NodeId, Step, Stream};

use crate::path::{Part, PathError, ValuePath, kind};

/// How far a path goes.
pub(crate) struct Reach {
    /// From the root to `node`.
    pub(crate) steps: Vec<Step>,
    /// The last node on the path that is there: the value, if `rest` is 0. `None` in a text without documents.
    pub(crate) node: Option<NodeId>,
    /// How many of the path's steps lead nowhere.
    pub(crate) rest: usize,
    /// The first alias that the path goes through, and the number of steps to it.
    pub(crate) through: Option<(NodeId, usize)>,
}

/// Follows `path` from the root of the first document.
pub(crate) fn find(stream: &Stream<'_>, path: &ValuePath) -> Reach {
    let root = stream.documents.first().map(|document| document.root);
    let mut found = Reach { steps: Vec::new(), node: root, rest: path.parts.len(), through: None };
    for part in &path.parts {
        let Some(at) = found.node else { break };
        let collection = stream.resolved(at);
        let next = match (&stream.node(collection).kind, part) {
            (Kind::Mapping { entries, .. }, Part::Key(name)) => {
                let entry = entries.iter().position(|&(key, _)| stream.key(key).is_ok_and(|key| key == name));
                entry.map(|entry| (entry, entries[entry].1))
            }
            (Kind::Sequence { items, .. }, &Part::Index(index)) => {
                items.get(index).map(|&item| (index, item))
            }
            _ => None,
        };
        let Some((entry, next)) = next else { break };
        if collection != at && found.through.is_none() {
            found.through = Some((at, found.steps.len()));
        }
        found.steps.push(Step { collection, entry });
        found.node = Some(next);
        found.rest -= 1;
    }
    found
}

impl Reach {
    /// Why the path ends where it does.
    pub(crate) fn error(&self, stream: &Stream<'_>, path: &ValuePath) -> PathError {
        let reached = path.parts.len() - self.rest;
        let shown = path.shown(reached + 1);
        let missing = |near| PathError::Missing { path: shown.clone(), near };
        let Some((node, part)) = self.node.zip(path.parts.get(reached)) else { return missing(None) };
        let at = if reached == 0 { "the root".to_owned() } else { path.shown(reached) };
        match (&stream.node(stream.resolved(node)).kind, part) {
            (Kind::Mapping { entries, .. }, Part::Key(key)) => {
                let mut near = path.clone();
                near.parts.truncate(reached + 1);
                let names = entries.iter().filter_map(|&(key, _)| stream.key(key).ok());
                if merges(stream, entries, key) {
                    near.parts.insert(reached, Part::Key("<<".to_owned()));
                    return missing(Some(near.to_string()));
                }
                let name = nearest(key, names).map(str::to_owned);
                missing(name.map(|name| {
                    near.parts[reached] = Part::Key(name);
                    near.to_string()
                }))
            }
            (Kind::Sequence { items, .. }, Part::Index(_)) => {
                PathError::OutOfRange { path: shown, length: items.len() }
            }
            // Null is what a map or list without entries may be.
            (_, Part::Key(_)) if kind(stream, node) == "null" => missing(None),
            (_, Part::Index(_)) if kind(stream, node) == "null" => {
                PathError::OutOfRange { path: shown, length: 0 }
            }
            (_, Part::Key(key)) => {
                PathError::NotAMap { path: at, found: kind(stream, node), key: key.clone() }
            }
            (_, &Part::Index(index)) => PathError::NotAList { path: at, found: kind(stream, node), index },
        }
    }
}

/// Whether a merge key brings `name` into a map with these entries.
fn merges(stream: &Stream<'_>, entries: &[(NodeId, NodeId)], name: &str) -> bool {
    let merge = entries.iter().find(|&&(key, _)| stream.key(key) == Ok("<<"));
    merge.is_some_and(|&(_, source)| stream.get(source, name).is_some())
}

/// The key that `word` was most likely meant to be: at most a third of its letters differ.
pub(crate) fn nearest<'k>(word: &str, keys: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let limit = (word.chars().count() / 3).max(1);
    let distance = |key: &str| strsim::damerau_levenshtein(&word.to_lowercase(), &key.to_lowercase());
    let keys = keys.filter(|key| key.len().abs_diff(word.len()) <= 4 * limit);
    keys.map(|key| (distance(key), key)).filter(|&(distance, _)| distance <= limit).min().map(|(_, key)| key)
}
