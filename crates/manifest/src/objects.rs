//! The Kubernetes objects of a rendered manifest.

use serde_yaml::Value;

use crate::diff::secret;

mod split;

/// The objects of a manifest, in its order.
#[derive(Debug, Clone, Default)]
pub struct Objects {
    objects: Vec<Object>,
}

/// One object.
#[derive(Clone)]
pub struct Object {
    pub key: Key,
    /// The template it comes from, as helm says in `# Source:`.
    pub source: Option<String>,
    /// The events it is a hook of (`helm.sh/hook`); empty for what belongs to the release.
    pub hooks: Vec<String>,
    /// Whether it stays in the cluster when the release drops it (`helm.sh/resource-policy: keep`).
    pub keep: bool,
    pub(crate) body: Body,
}

/// What makes an object the same in two manifests.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The API group, empty for the core group. The version is not part of it: an object moves between versions.
    pub group: String,
    pub kind: String,
    /// None for the release's own namespace, so that the same release in two namespaces has the same keys.
    pub namespace: Option<String>,
    pub name: String,
}

#[derive(Clone)]
pub(crate) enum Body {
    Fields(Value),
    /// A document that is no YAML, or no object.
    Text(String),
}

impl Objects {
    /// Reads a manifest of a release in `namespace`. Documents that are no objects are kept as text; nothing fails.
    pub fn parse(manifest: &str, namespace: &str) -> Self {
        let mut objects = Vec::new();
        for document in split::documents(manifest) {
            match split::fields(document.text) {
                Some(fields) => unpack(fields, document.source, namespace, &mut objects),
                None => objects.push(Object::from_text(&document, objects.len())),
            }
        }
        Self { objects }
    }

    /// The objects in the order of the manifest.
    pub fn iter(&self) -> impl Iterator<Item = &Object> {
        self.objects.iter()
    }

    /// The values of all Secrets that are text, decoded: for a [`Masker`](crate::Masker), since the values that a stored
    /// release was made with are known from nowhere else once they were changed.
    ///
    /// A value that is also the name of an object is left out: it is public, and to mask it would hide which objects
    /// a diff is about.
    pub fn secret_values(&self) -> Vec<String> {
        let is_name = |value: &String| self.objects.iter().any(|object| object.key.name == *value);
        let secrets = self.objects.iter().filter(|object| object.key.kind == "Secret");
        let fields = secrets.filter_map(|object| match &object.body {
            Body::Fields(fields) => Some(fields),
            Body::Text(_) => None,
        });
        fields.flat_map(secret::texts).filter(|value| !is_name(value)).collect()
    }

    pub fn len(&self) -> usize {
        self.objects.len()
    }

    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }
}

/// Adds an object, or the items of a `kind: List`.
fn unpack(fields: Value, source: Option<&str>, namespace: &str, objects: &mut Vec<Object>) {
    let is_list = fields.get("kind").and_then(Value::as_str) == Some("List");
    match fields.get("items") {
        Some(Value::Sequence(items)) if is_list => {
            for item in items {
                unpack(item.clone(), source, namespace, objects);
            }
        }
        _ => objects.push(Object::new(fields, source, namespace)),
    }
}

impl Object {
    fn new(mut fields: Value, source: Option<&str>, namespace: &str) -> Self {
        if let Some(Value::Mapping(metadata)) = fields.get_mut("metadata")
            && metadata.get("namespace").and_then(Value::as_str) == Some(namespace)
        {
            metadata.shift_remove("namespace");
        }
        let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
        let metadata = |field: &str| fields.get("metadata").and_then(|metadata| metadata.get(field));
        let annotation = |name: &str| metadata("annotations").and_then(|annotations| annotations.get(name));
        let api_version = text(fields.get("apiVersion"));
        let hooks = text(annotation("helm.sh/hook"));
        let hooks =
            hooks.split(',').map(str::trim).filter(|hook| !hook.is_empty()).map(str::to_owned).collect();
        Self {
            key: Key {
                group: api_version.rsplit_once('/').map_or("", |(group, _)| group).to_owned(),
                kind: text(fields.get("kind")),
                namespace: metadata("namespace").and_then(Value::as_str).map(str::to_owned),
                name: text(metadata("name")),
            },
            source: source.map(str::to_owned),
            hooks,
            keep: annotation("helm.sh/resource-policy").and_then(Value::as_str).map(str::trim)
                == Some("keep"),
            body: Body::Fields(fields),
        }
    }

    fn from_text(document: &split::Document<'_>, position: usize) -> Self {
        let name = document.source.map_or_else(|| format!("#{}", position + 1), str::to_owned);
        Self {
            key: Key { group: String::new(), kind: "document".to_owned(), namespace: None, name },
            source: document.source.map(str::to_owned),
            hooks: Vec::new(),
            keep: false,
            body: Body::Text(document.text.trim().to_owned()),
        }
    }

    /// Whether it only runs with `helm test`.
    pub fn is_test(&self) -> bool {
        let is_test = |hook: &String| matches!(hook.as_str(), "test" | "test-success" | "test-failure");
        !self.hooks.is_empty() && self.hooks.iter().all(is_test)
    }

    /// Whether it may hold secrets beyond the known ones. A document that could not be read is taken for a Secret if
    /// the word is in it.
    pub(crate) fn is_secret(&self) -> bool {
        match &self.body {
            Body::Fields(_) => self.key.kind == "Secret",
            Body::Text(text) => text.contains("Secret"),
        }
    }
}

impl std::fmt::Debug for Object {
    /// Without the body, which may hold secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Object").field("key", &self.key).field("source", &self.source).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
