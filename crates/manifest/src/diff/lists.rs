//! Lists: items are matched by what names them, else by position or content.

use serde_yaml::Value;

use super::compare::Compare;
use super::path::Path;
use super::{FieldChange, FieldDiff, scalar};

/// What names the items of a list, best first. The first that all items of both lists have, each another, is taken;
/// these are the merge keys of the Kubernetes API and the keys of its map-like lists.
const NAMES: [&str; 11] = [
    "name",
    "key",
    "containerPort",
    "port",
    "mountPath",
    "devicePath",
    "topologyKey",
    "host",
    "path",
    "type",
    "ip",
];

impl Compare<'_> {
    pub(super) fn lists(&self, path: &Path, old: &[Value], new: &[Value], found: &mut Vec<FieldDiff>) {
        let all = || old.iter().chain(new);
        let is_maps = all().all(|item| matches!(item, Value::Mapping(_)));
        if is_maps
            && let Some((olds, news)) =
                NAMES.iter().find_map(|key| Some((named(old, key)?, named(new, key)?)))
        {
            self.named_lists(path, &olds, &news, found);
        } else if old.len() == new.len()
            && all().any(|item| matches!(item, Value::Mapping(_) | Value::Sequence(_)))
        {
            for (index, (old, new)) in old.iter().zip(new).enumerate() {
                self.values(&path.item(&index.to_string()), old, new, found);
            }
        } else {
            let texts = |items: &[Value]| items.iter().map(scalar::inline).collect::<Vec<_>>();
            let shown = |items: &[Value]| {
                items.iter().map(|item| scalar::inline(&self.masked(item))).collect::<Vec<_>>()
            };
            let lines = self.changed_lines(&texts(old), &texts(new), &shown(old), &shown(new));
            if !lines.is_empty() {
                found.push(self.field(path, FieldChange::Lines { lines }));
            }
        }
    }

    fn named_lists(
        &self,
        path: &Path,
        old: &[(String, &Value)],
        new: &[(String, &Value)],
        found: &mut Vec<FieldDiff>,
    ) {
        let find = |items: &[(String, &Value)], name: &str| items.iter().position(|(other, _)| other == name);
        for (name, old_item) in old {
            let path = path.item(name);
            match find(new, name) {
                Some(index) => self.values(&path, old_item, new[index].1, found),
                None => found.push(self.removed(&path, old_item)),
            }
        }
        for (name, item) in new.iter().filter(|(name, _)| find(old, name).is_none()) {
            found.push(self.added(&path.item(name), item));
        }
        // The order counts: init containers run in it, and environment variables refer to earlier ones.
        let common = |of: &[(String, &Value)], other: &[(String, &Value)]| -> Vec<String> {
            of.iter().filter(|(name, _)| find(other, name).is_some()).map(|(name, _)| name.clone()).collect()
        };
        let (old_order, new_order) = (common(old, new), common(new, old));
        if old_order != new_order {
            let masked =
                |names: Vec<String>| names.iter().map(|name| self.masker.mask(name).into_owned()).collect();
            let change = FieldChange::Reordered { old: masked(old_order), new: masked(new_order) };
            found.push(self.field(path, change));
        }
    }
}

/// The items with the text of their `key`; None unless every item has one of its own.
fn named<'a>(items: &'a [Value], key: &str) -> Option<Vec<(String, &'a Value)>> {
    let mut names = Vec::with_capacity(items.len());
    for item in items {
        let name = item.get(key).filter(|name| !name.is_null()).and_then(scalar::name)?;
        names.push((name, item));
    }
    let mut sorted: Vec<&str> = names.iter().map(|(name, _)| name.as_str()).collect();
    sorted.sort_unstable();
    sorted.windows(2).all(|pair| pair[0] != pair[1]).then_some(names)
}
