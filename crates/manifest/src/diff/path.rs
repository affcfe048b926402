//! Paths of fields as people write them.

use std::fmt::Write;

/// A path of a field: `spec.containers[api].image`, `metadata.annotations["a.b/c"]`.
#[derive(Clone)]
pub(super) struct Path(String);

impl Path {
    pub(super) fn root() -> Self {
        Self(String::new())
    }

    /// The path of a key below this one; keys that would read as a path are quoted.
    pub(super) fn key(&self, key: &str) -> Self {
        let plain = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'));
        match (plain, self.0.is_empty()) {
            (true, true) => Self(key.to_owned()),
            (true, false) => Self(format!("{}.{key}", self.0)),
            (false, _) => Self(format!("{}[{}]", self.0, serde_json::Value::from(key))),
        }
    }

    /// The path of a list item, by its name or number.
    pub(super) fn item(&self, item: &str) -> Self {
        let mut path = self.0.clone();
        // Writing to a String cannot fail.
        let _ = write!(path, "[{item}]");
        Self(path)
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}
