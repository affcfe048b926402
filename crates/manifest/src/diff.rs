//! What changes between two manifests: which objects, and which of their fields.

use std::collections::HashMap;

use serde::Serialize;

use crate::masker::Masker;
use crate::objects::{Body, Key, Object, Objects};
use crate::render::Line;

mod compare;
mod lists;
mod path;
mod scalar;
pub(crate) mod secret;
mod text;

use compare::Compare;

/// How to compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Unchanged lines shown around changes inside multi-line values.
    pub context: usize,
    /// Also compare what only runs with `helm test`.
    pub include_tests: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { context: 3, include_tests: false }
    }
}

/// The differences between two manifests, without any secret: what is the same here is shown the same.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Diff {
    /// Added and changed objects in the order of the new manifest, then removed ones.
    pub objects: Vec<ObjectDiff>,
}

/// One object that is not the same in both manifests.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct ObjectDiff {
    pub change: Change,
    /// The API group, empty for the core group.
    pub group: String,
    pub kind: String,
    /// None for the release's own namespace.
    pub namespace: Option<String>,
    pub name: String,
    /// The template it comes from.
    pub source: Option<String>,
    pub hook: bool,
    /// The release drops it, but it stays in the cluster (`helm.sh/resource-policy: keep`).
    pub kept: bool,
    /// The changed fields of a changed object.
    pub fields: Vec<FieldDiff>,
    /// An added object as YAML.
    pub body: Vec<String>,
}

/// What happens to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    Added,
    Changed,
    Removed,
}

/// One field of a changed object.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct FieldDiff {
    /// `spec.template.spec.containers[api].image`; `content` for a document that is no object.
    pub path: String,
    #[serde(flatten)]
    pub change: FieldChange,
}

/// What happens to a field.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "change", rename_all = "camelCase")]
pub enum FieldChange {
    /// It is new: its value as lines of YAML.
    Added { new: Vec<String> },
    /// It is gone: its value as lines of YAML.
    Removed { old: Vec<String> },
    /// Another value.
    Changed { old: String, new: String },
    /// A text of several lines or a list: its changed lines with some unchanged ones around.
    Lines { lines: Vec<Line> },
    /// The items of a list are in another order.
    Reordered { old: Vec<String>, new: Vec<String> },
    /// A value that must not be shown: its length in bytes before and after, None where there is none.
    Hidden { old: Option<usize>, new: Option<usize> },
}

/// How many objects change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    pub add: usize,
    pub change: usize,
    pub remove: usize,
}

impl Diff {
    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// How many objects are to be added, changed and removed; kept ones are not removed.
    pub fn summary(&self) -> Summary {
        let count = |change: Change| {
            self.objects.iter().filter(|object| object.change == change && !object.kept).count()
        };
        Summary { add: count(Change::Added), change: count(Change::Changed), remove: count(Change::Removed) }
    }
}

/// The path of a document that has no fields.
const CONTENT: &str = "content";

/// What changes from `old` to `new`. The order of keys, quotes and comments are no change; values of Secrets are never
/// shown, and what `masker` knows is masked everywhere.
pub fn diff(old: &Objects, new: &Objects, masker: &Masker, options: &Options) -> Diff {
    let compare = Compare { masker, options };
    let olds = keyed(old, options);
    let news = keyed(new, options);
    let before: HashMap<&(&Key, usize), &Object> = olds.iter().map(|(key, object)| (key, *object)).collect();
    let after: HashMap<&(&Key, usize), &Object> = news.iter().map(|(key, object)| (key, *object)).collect();
    let mut objects = Vec::new();
    for (key, object) in &news {
        let (change, fields, body) = match before.get(key) {
            None => (Change::Added, Vec::new(), compare.body(object)),
            Some(old) => match compare.objects(old, object) {
                fields if fields.is_empty() => continue,
                fields => (Change::Changed, fields, Vec::new()),
            },
        };
        objects.push(describe(object, change, fields, body, masker));
    }
    for (key, object) in &olds {
        if !after.contains_key(key) {
            objects.push(describe(object, Change::Removed, Vec::new(), Vec::new(), masker));
        }
    }
    Diff { objects }
}

/// The objects to compare, each with its key and how many of that key came before: nothing stops a chart from
/// rendering an object twice.
fn keyed<'a>(objects: &'a Objects, options: &Options) -> Vec<((&'a Key, usize), &'a Object)> {
    let mut seen: HashMap<&Key, usize> = HashMap::new();
    let compared = objects.iter().filter(|object| options.include_tests || !object.is_test());
    compared
        .map(|object| {
            let count = seen.entry(&object.key).or_default();
            *count += 1;
            ((&object.key, *count), object)
        })
        .collect()
}

fn describe(
    object: &Object,
    change: Change,
    fields: Vec<FieldDiff>,
    body: Vec<String>,
    masker: &Masker,
) -> ObjectDiff {
    let masked = |text: &str| masker.mask(text).into_owned();
    ObjectDiff {
        change,
        group: masked(&object.key.group),
        kind: masked(&object.key.kind),
        namespace: object.key.namespace.as_deref().map(masked),
        name: masked(&object.key.name),
        source: object.source.as_deref().map(masked),
        hook: !object.hooks.is_empty(),
        kept: change == Change::Removed && object.keep,
        fields,
        body,
    }
}

impl Compare<'_> {
    /// The changed fields of an object that is in both manifests.
    fn objects(&self, old: &Object, new: &Object) -> Vec<FieldDiff> {
        match (&old.body, &new.body) {
            (Body::Fields(old_fields), Body::Fields(new_fields)) => {
                if old.is_secret() || new.is_secret() {
                    return self.secrets(old_fields, new_fields);
                }
                let mut found = Vec::new();
                self.values(&path::Path::root(), old_fields, new_fields, &mut found);
                found
            }
            (Body::Text(old_text), Body::Text(new_text)) if old_text == new_text => Vec::new(),
            (Body::Text(old_text), Body::Text(new_text)) => {
                let change = if old.is_secret() || new.is_secret() {
                    FieldChange::Hidden { old: Some(old_text.len()), new: Some(new_text.len()) }
                } else {
                    self.text(old_text, new_text)
                };
                vec![FieldDiff { path: CONTENT.to_owned(), change }]
            }
            // Only documents have the kind `document`; an object that calls itself so is not worth comparing.
            (Body::Fields(_), Body::Text(_)) | (Body::Text(_), Body::Fields(_)) => {
                vec![FieldDiff {
                    path: CONTENT.to_owned(),
                    change: FieldChange::Hidden { old: None, new: None },
                }]
            }
        }
    }

    /// An added object as lines of YAML.
    fn body(&self, object: &Object) -> Vec<String> {
        match &object.body {
            Body::Fields(fields) if object.is_secret() => self.yaml(&secret::hidden(fields)),
            Body::Fields(fields) => self.yaml(fields),
            Body::Text(text) if object.is_secret() => vec![format!("<{} bytes>", text.len())],
            Body::Text(text) => self.masker.mask_lines(text).into_iter().map(Into::into).collect(),
        }
    }
}

#[cfg(test)]
mod tests;
