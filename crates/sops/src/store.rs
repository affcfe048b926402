//! Stores: the formats of a file.

use std::path::Path;

/// The format of a file, named as `--input-type` of sops names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Store {
    /// `yaml`
    Yaml,
    /// `json`
    Json,
    /// `dotenv`: lines of `KEY=value`.
    Dotenv,
    /// `ini`
    Ini,
    /// `binary`: any bytes; encrypted as the one value of a JSON file.
    Binary,
}

impl Store {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Yaml, Self::Json, Self::Dotenv, Self::Ini, Self::Binary];

    /// The store of a file by the end of its name, as sops has it: what is not `.yaml`, `.yml`, `.json`, `.env` or
    /// `.ini` is binary.
    #[must_use]
    pub fn of_path(path: &Path) -> Self {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("yaml" | "yml") => Self::Yaml,
            Some("json") => Self::Json,
            Some("env") => Self::Dotenv,
            Some("ini") => Self::Ini,
            // A file called just `.env` has no extension.
            _ if path.file_name().is_some_and(|name| name == ".env") => Self::Dotenv,
            _ => Self::Binary,
        }
    }

    /// The store that the text of an encrypted file looks like, by the marks other readers go by; `None` where there
    /// are none. Says nothing about whether it is encrypted.
    pub(crate) fn of_content(text: &str) -> Option<Self> {
        if text.trim_start().starts_with('{') {
            return Some(Self::Json);
        }
        text.lines().find_map(|line| match line.trim_end() {
            "sops:" => Some(Self::Yaml),
            "[sops]" => Some(Self::Ini),
            line if line.starts_with("sops_mac=") => Some(Self::Dotenv),
            _ => None,
        })
    }

    /// The store a type word names; `None` for any other word, which sops would take for the store of the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|store| store.name() == name)
    }

    /// The type word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Yaml => "yaml",
            Self::Json => "json",
            Self::Dotenv => "dotenv",
            Self::Ini => "ini",
            Self::Binary => "binary",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (path, name) in [
            ("a/b.yaml", "yaml"),
            ("b.yml", "yaml"),
            ("b.json", "json"),
            (".env", "dotenv"),
            ("prod.env", "dotenv"),
            ("b.ini", "ini"),
            ("b.YAML", "binary"),
            ("key.pem", "binary"),
            ("yaml", "binary"),
        ] {
            assert_eq!(Store::of_path(Path::new(path)).name(), name, "{path}");
        }
        for store in Store::ALL {
            assert_eq!(Store::from_name(store.name()), Some(store));
        }
        assert_eq!(Store::from_name("env"), None);
    }
}
