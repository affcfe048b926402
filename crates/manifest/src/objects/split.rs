//! From the text of a manifest to its documents.

use serde_yaml::Value;

/// One document of a manifest.
pub(super) struct Document<'a> {
    pub(super) text: &'a str,
    /// What helm's comment `# Source:` says.
    pub(super) source: Option<&'a str>,
}

/// The documents that have any content. A line beginning with `---` ends a document even inside a block scalar
/// (YAML 1.2, 9.1.2), so that lines are all that has to be looked at.
pub(super) fn documents(manifest: &str) -> Vec<Document<'_>> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut at = 0;
    for line in manifest.split_inclusive('\n') {
        let is_marker = line
            .strip_prefix("---")
            .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']));
        if is_marker {
            found.extend(document(&manifest[start..at]));
            start = at + "---".len();
        }
        at += line.len();
    }
    found.extend(document(&manifest[start..]));
    found
}

fn document(text: &str) -> Option<Document<'_>> {
    let has_content = text.lines().map(str::trim).any(|line| !line.is_empty() && !line.starts_with('#'));
    let source = text.lines().find_map(|line| line.strip_prefix("# Source:")).map(str::trim);
    has_content.then_some(Document { text, source })
}

/// The document's fields, aliases and merge keys resolved; None if it is no mapping with a kind.
pub(super) fn fields(text: &str) -> Option<Value> {
    let mut value: Value = serde_yaml::from_str(text).ok()?;
    value.apply_merge().ok()?;
    value.get("kind").and_then(Value::as_str)?;
    Some(value)
}
