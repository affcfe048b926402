//! The Vault mapping: which Vault path and key each secret of a chart has in each context. Pure; no I/O.
//!
//! The list is written under `secrets:` in a file of its own or under `spec.secrets` of a Release. Values end up in
//! `.Values.secrets.<secret_id>`.

use std::collections::HashSet;
use std::num::NonZeroU64;

use config::{Place, Spanned};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::{JsonPath, KvPath};

/// The context name whose source every context without one of its own uses.
pub const DEFAULT_CONTEXT: &str = "default";

/// One secret of a chart, `.Values.secrets.<secret_id>`, and where each context finds it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub secret_id: Spanned<String>,
    pub contexts: Vec<Source>,
}

/// Where a secret is in Vault for one context, or for all that have no source of their own (`name: default`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// A context's name, or `default`.
    pub name: Spanned<String>,
    /// Mount and path in one, `/kv/prod/app1`; `/kv/data/prod/app1` means the same on a KV version 2 mount.
    #[serde(rename = "vaultPath")]
    pub vault_path: KvPath,
    /// The key inside the secret.
    #[serde(rename = "vaultKey")]
    pub vault_key: String,
    /// A version of a KV version 2 secret; the newest if absent.
    pub version: Option<NonZeroU64>,
    /// How the stored text is encoded.
    pub decode: Option<Encoding>,
    /// The value inside the JSON document stored under the key.
    #[serde(rename = "jsonPath")]
    pub json_path: Option<JsonPath>,
    /// Leave the secret out of the values if path or key is missing. A denied path is never missing.
    #[serde(default)]
    pub optional: bool,
    /// The value if path or key is missing, as text; `type` applies to it too.
    pub default: Option<String>,
    /// What the value is in the chart's values; a string if absent.
    #[serde(rename = "type")]
    pub value_type: Option<ValueType>,
}

/// `decode:` what the stored text is encoded with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    Base64,
}

/// `type:` what a secret is in the chart's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ValueType {
    #[default]
    String,
    Int,
    Bool,
    Json,
}

/// A checked list of entries and the file it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    file: String,
    entries: Vec<Entry>,
}

/// One secret to read for one context: an entry with its source chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub secret_id: String,
    /// The context the secret is for.
    pub context: String,
    pub source: Source,
    /// The mapping file and the place of the chosen source in it.
    pub file: String,
    pub place: Option<Place>,
}

/// Secrets that have neither a source for the context nor a default one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.describe())]
pub struct MissingEntry {
    pub file: String,
    pub context: String,
    /// Each secret_id with its place in the file; never empty.
    pub secrets: Vec<(String, Option<Place>)>,
    /// A context named in the mapping that the asked one may have been meant to be.
    pub nearest: Option<String>,
}

/// A mapping file, or a Release of which only the mapping is read here.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    secrets: Option<Vec<Entry>>,
    spec: Option<Spec>,
    kind: Option<Spanned<String>>,
    #[serde(rename = "apiVersion")]
    _api_version: Option<IgnoredAny>,
    #[serde(rename = "metadata")]
    _metadata: Option<IgnoredAny>,
}

/// The other fields of a Release are checked by whoever deploys it.
#[derive(Deserialize)]
struct Spec {
    #[serde(default)]
    secrets: Vec<Entry>,
}

impl Mapping {
    /// Reads a mapping file (`secrets:` at the top) or the mapping of a file of kind `Release` or
    /// `DailymotionRelease`. `file` is what errors call it.
    pub fn parse(text: &str, file: &str) -> Result<Self, config::Error> {
        let parsed: File = config::parse(text, file)?;
        let entries = match (parsed.kind, parsed.spec, parsed.secrets) {
            (None, None, Some(secrets)) => secrets,
            (Some(kind), spec, None) => match kind.value.as_str() {
                "Release" | "DailymotionRelease" => spec.map(|spec| spec.secrets).unwrap_or_default(),
                other => {
                    return Err(config::Error::new(file, format!("kind `{other}` has no Vault mapping"))
                        .at(config::place(&kind))
                        .with_hint("give a Release or a file with `secrets:` at the top"));
                }
            },
            (Some(_), _, Some(_)) | (None, Some(_), Some(_)) => {
                return Err(config::Error::new(
                    file,
                    "has both a `secrets` list and the fields of a Release",
                ));
            }
            (None, _, None) => {
                return Err(config::Error::new(file, "has no `secrets` list")
                    .with_hint("a mapping file begins with `secrets:`; a Release needs `kind: Release`"));
            }
        };
        Self::new(entries, file)
    }

    /// Checks entries that came with another file, a Release for instance.
    ///
    /// Refused: an empty `secret_id` or one a chart cannot print as a key, a `secret_id` or a context of an entry
    /// given twice, an entry without contexts.
    pub fn new(entries: Vec<Entry>, file: impl Into<String>) -> Result<Self, config::Error> {
        let file = file.into();
        let mut seen = HashSet::new();
        for entry in &entries {
            let id = entry.secret_id.value.as_str();
            let refuse =
                |message: String| Err(config::Error::new(&file, message).at(config::place(&entry.secret_id)));
            // Charts print keys unquoted; YAML would read this one as a merge of another mapping.
            if id == "<<" {
                return refuse("secret_id `<<` is not allowed: YAML reads it as a merge key".to_owned());
            }
            if id.is_empty() || id.chars().any(char::is_control) {
                return refuse("secret_id is empty or has a control character".to_owned());
            }
            if !seen.insert(id) {
                return refuse(format!("secret_id `{id}` is given twice"));
            }
            if entry.contexts.is_empty() {
                return refuse(format!("secret_id `{id}` has no contexts"));
            }
            entry.check_contexts(&file)?;
        }
        Ok(Self { file, entries })
    }

    /// What errors call the file of this mapping.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The entries in the order of the file.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The secrets of one context, in the order of the file. A source named like the context wins over `default`.
    pub fn for_context(&self, context: &str) -> Result<Vec<Request>, MissingEntry> {
        let mut requests = Vec::with_capacity(self.entries.len());
        let mut missing = Vec::new();
        for entry in &self.entries {
            match entry.source_for(context) {
                Some(source) => requests.push(Request {
                    secret_id: entry.secret_id.value.clone(),
                    context: context.to_owned(),
                    source: source.clone(),
                    file: self.file.clone(),
                    place: config::place(&source.name),
                }),
                None => missing.push((entry.secret_id.value.clone(), config::place(&entry.secret_id))),
            }
        }
        if missing.is_empty() {
            return Ok(requests);
        }
        let names =
            self.entries.iter().flat_map(|entry| &entry.contexts).map(|source| source.name.value.as_str());
        let nearest = config::nearest(context, names.filter(|name| *name != context)).map(str::to_owned);
        Err(MissingEntry { file: self.file.clone(), context: context.to_owned(), secrets: missing, nearest })
    }
}

impl Entry {
    /// The source of `context`, else the default one.
    pub fn source_for(&self, context: &str) -> Option<&Source> {
        let named = |name: &str| self.contexts.iter().find(|source| source.name.value == name);
        named(context).or_else(|| named(DEFAULT_CONTEXT))
    }

    fn check_contexts(&self, file: &str) -> Result<(), config::Error> {
        let id = &self.secret_id.value;
        let mut seen = HashSet::new();
        for source in &self.contexts {
            let name = source.name.value.as_str();
            let refuse =
                |message: String| Err(config::Error::new(file, message).at(config::place(&source.name)));
            if name.is_empty() {
                return refuse(format!("a context of secret_id `{id}` has no name"));
            }
            if !seen.insert(name) {
                return refuse(format!("context `{name}` is given twice for secret_id `{id}`"));
            }
            if source.vault_key.is_empty() {
                return refuse(format!("vaultKey of secret_id `{id}` in context `{name}` is empty"));
            }
        }
        Ok(())
    }
}

impl MissingEntry {
    fn describe(&self) -> String {
        let lines = self.secrets.iter().map(|(id, place)| {
            let line = place.map(|place| format!(":{}", place.line)).unwrap_or_default();
            format!(
                "{}{line}: secret_id `{id}` has no entry for context `{}` and no `default`",
                self.file, self.context
            )
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// What to write instead.
    pub fn hint(&self) -> Option<String> {
        Some(match &self.nearest {
            Some(name) => format!("did you mean context `{name}`?"),
            None => format!("add a context named `{}` or `{DEFAULT_CONTEXT}` to each", self.context),
        })
    }
}

#[cfg(test)]
mod tests;
