//! Field by field comparison.

use serde_yaml::{Mapping, Value};

use super::path::Path;
use super::{FieldChange, FieldDiff, Options, scalar};
use crate::masker::Masker;

pub(super) struct Compare<'a> {
    pub(super) masker: &'a Masker,
    pub(super) options: &'a Options,
}

impl Compare<'_> {
    pub(super) fn values(&self, path: &Path, old: &Value, new: &Value, found: &mut Vec<FieldDiff>) {
        if scalar::same(old, new) {
            return;
        }
        match (old, new) {
            (Value::Mapping(old), Value::Mapping(new)) => self.maps(path, old, new, found),
            (Value::Sequence(old), Value::Sequence(new)) => self.lists(path, old, new, found),
            (Value::String(old), Value::String(new)) if old.contains('\n') || new.contains('\n') => {
                found.push(self.field(path, self.text(old, new)));
            }
            (Value::Mapping(_) | Value::Sequence(_) | Value::Tagged(_), _)
            | (_, Value::Mapping(_) | Value::Sequence(_) | Value::Tagged(_)) => {
                found.push(self.removed(path, old));
                found.push(self.added(path, new));
            }
            (old, new) => {
                let shown = |value: &Value| scalar::inline(&self.masked(value));
                found.push(self.field(path, FieldChange::Changed { old: shown(old), new: shown(new) }));
            }
        }
    }

    /// A key with the value null is a key that is not there.
    fn maps(&self, path: &Path, old: &Mapping, new: &Mapping, found: &mut Vec<FieldDiff>) {
        fn get<'v>(map: &'v Mapping, key: &Value) -> Option<&'v Value> {
            map.get(key).filter(|value| !value.is_null())
        }
        let new_keys = new.keys().filter(|key| !old.contains_key(*key));
        for key in old.keys().chain(new_keys) {
            let below = path.key(&scalar::name(key).unwrap_or_else(|| scalar::inline(key)));
            match (get(old, key), get(new, key)) {
                (Some(old), Some(new)) => self.values(&below, old, new, found),
                (Some(old), None) => found.push(self.removed(&below, old)),
                (None, Some(new)) => found.push(self.added(&below, new)),
                (None, None) => {}
            }
        }
    }

    pub(super) fn added(&self, path: &Path, new: &Value) -> FieldDiff {
        self.field(path, FieldChange::Added { new: self.yaml(new) })
    }

    pub(super) fn removed(&self, path: &Path, old: &Value) -> FieldDiff {
        self.field(path, FieldChange::Removed { old: self.yaml(old) })
    }

    pub(super) fn field(&self, path: &Path, change: FieldChange) -> FieldDiff {
        FieldDiff { path: self.masker.mask(path.as_str()).into_owned(), change }
    }

    /// A value as lines of YAML, masked.
    pub(super) fn yaml(&self, value: &Value) -> Vec<String> {
        let text = serde_yaml::to_string(&self.masked(value)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// The value with every known secret in its keys and texts masked. A number may be a secret as well.
    pub(super) fn masked(&self, value: &Value) -> Value {
        let text = |text: &str| self.masker.mask(text).into_owned();
        match value {
            Value::String(value) => Value::String(text(value)),
            Value::Number(number) => {
                let shown = number.to_string();
                match self.masker.mask(&shown) {
                    std::borrow::Cow::Borrowed(_) => value.clone(),
                    std::borrow::Cow::Owned(masked) => Value::String(masked),
                }
            }
            Value::Sequence(items) => Value::Sequence(items.iter().map(|item| self.masked(item)).collect()),
            Value::Mapping(map) => Value::Mapping(
                map.iter().map(|(key, value)| (self.masked(key), self.masked(value))).collect(),
            ),
            Value::Tagged(tagged) => self.masked(&tagged.value),
            Value::Null | Value::Bool(_) => value.clone(),
        }
    }
}
