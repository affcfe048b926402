//! The path of a secret as a mapping writes it: mount and path in one, `/kv/dev/app1`.

use std::fmt;

use serde::Deserialize;

/// A Vault path without leading or trailing slash: at least a mount and one segment below it.
///
/// Where the mount ends is not known here: a mount may have several segments, only Vault can tell. The `data/` that
/// KV version 2 puts behind the mount may be written or left out.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct KvPath(String);

impl KvPath {
    /// `kv/dev/app1`, without slashes at its ends.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KvPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for KvPath {
    type Error = String;

    /// Refuses what a URL would silently resolve or cut (`..`, empty segments) and control characters, so that a
    /// mapping cannot leave the mount it names.
    fn try_from(text: String) -> Result<Self, String> {
        let path = text.strip_prefix('/').unwrap_or(&text);
        let path = path.strip_suffix('/').unwrap_or(path);
        if path.chars().any(char::is_control) {
            return Err("vaultPath has a control character".to_owned());
        }
        if path.trim() != path {
            return Err(format!("vaultPath `{text}` begins or ends with a blank"));
        }
        let mut segments = 0;
        for segment in path.split('/') {
            match segment {
                "" if path.is_empty() => return Err("vaultPath is empty".to_owned()),
                "" => return Err(format!("vaultPath `{text}` has an empty segment (`//`)")),
                "." | ".." => return Err(format!("vaultPath `{text}` has the segment `{segment}`")),
                _ => segments += 1,
            }
        }
        if segments < 2 {
            return Err(format!("vaultPath `{text}` names a mount only; write /MOUNT/PATH"));
        }
        Ok(Self(path.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<String, String> {
        KvPath::try_from(text.to_owned()).map(|path| path.to_string())
    }

    #[test]
    fn slashes_at_the_ends_do_not_matter() {
        for text in ["/kv/dev/a", "kv/dev/a", "kv/dev/a/", "/kv/dev/a/"] {
            assert_eq!(parse(text).as_deref(), Ok("kv/dev/a"));
        }
    }

    #[test]
    fn odd_but_legal_names_are_kept() {
        assert_eq!(parse("/kv/a b/c#d?e").as_deref(), Ok("kv/a b/c#d?e"));
    }

    #[test]
    fn paths_a_url_would_change_are_refused() {
        for text in
            ["", "/", "//", "kv", "/kv/", "kv//a", "kv/../sys/raw", "kv/./a", "kv/a\nb", " kv/a", "kv/a "]
        {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }
}
