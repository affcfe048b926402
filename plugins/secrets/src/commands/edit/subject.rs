//! What is edited.

use std::path::Path;
use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sops::{Changes, DataKey, Document, Selector, Settings, Store};
use ui::{CommandError, Printer, person};
use zeroize::Zeroizing;

use crate::keyring::keyring;
use crate::opened::{self, MacFlags};
use crate::rules::{NewFile, RuleFlags};
use crate::source::Source;

/// A file that is there, or one to be.
pub enum Subject {
    There { source: Source, plain: Zeroizing<Vec<u8>>, data_key: DataKey, verified: bool },
    New { settings: Settings, data_key: DataKey, store: Store },
}

/// How the plaintext of a rescued file begins; base64 and a quote follow.
const RESCUED: &str = "rescued_text_in_base64: \"";

impl Subject {
    pub fn open(
        path: &Path,
        declared: Option<Store>,
        mac: MacFlags,
        rules: &RuleFlags,
        printer: Printer,
    ) -> Result<Self, CommandError> {
        if !path.exists() {
            let data_key = DataKey::generate();
            let store = declared.unwrap_or_else(|| Store::of_path(path));
            let settings = NewFile::at(path, rules, printer)?.settings(&data_key, store, &keyring())?;
            return Ok(Self::New { settings, data_key, store });
        }
        let source = Source::read(path, None, declared)?;
        let opened = opened::open(&source, &keyring(), mac, printer)?;
        let (plain, data_key, verified) = (opened.plain.content, opened.data_key, opened.verified);
        Ok(Self::There { source, plain, data_key, verified })
    }

    /// The text that the editor shows first.
    pub fn plain(&self) -> &[u8] {
        match self {
            Self::There { plain, .. } => plain,
            // Nothing is no JSON.
            Self::New { store: Store::Json, .. } => b"{\n}\n",
            Self::New { .. } => b"",
        }
    }

    /// What the file held when it was read; `None` for a new one.
    pub fn before(&self) -> Option<&[u8]> {
        match self {
            Self::There { source, .. } => Some(source.content()),
            Self::New { .. } => None,
        }
    }

    /// The file with the new text, and what is to be said about it.
    pub fn encrypt(&self, path: &Path, edited: &[u8]) -> Result<(String, String), CommandError> {
        let failed =
            |error| CommandError::hinted(error, sops::Error::hint).context(path.display().to_string());
        let now = SystemTime::now();
        match self {
            Self::There { source, data_key, verified: true, .. } => {
                let (text, changes) = source.document()?.update(edited, data_key, now).map_err(failed)?;
                Ok((text, describe(&changes)))
            }
            // Ciphertext that may be somebody else's is not kept.
            Self::There { source, data_key, .. } => {
                let document = source.document()?;
                let metadata = document.metadata();
                let settings = Settings {
                    unknown: metadata.unknown.clone(),
                    ..settings_of(&document, metadata.selector.clone())
                };
                let text = sops::encrypt(edited, document.store(), data_key, &settings).map_err(failed)?;
                Ok((text, "encrypted anew, with a MAC that matches".to_owned()))
            }
            Self::New { settings, data_key, store } => {
                let text = sops::encrypt(edited, *store, data_key, settings).map_err(failed)?;
                Ok((text, "created".to_owned()))
            }
        }
    }

    /// An encrypted file that holds `text` whatever it is, openable by whoever can open the subject.
    pub fn rescue(&self, text: &[u8]) -> Result<String, CommandError> {
        let (settings, data_key) = match self {
            Self::There { source, data_key, .. } => {
                (settings_of(&source.document()?, Selector::default()), data_key)
            }
            Self::New { settings, data_key, .. } => {
                let selector = Selector::default();
                let settings =
                    Settings { selector, mac_only_encrypted: false, indent: None, ..settings.clone() };
                (settings, data_key)
            }
        };
        let content = Zeroizing::new(format!("{RESCUED}{}\"\n", STANDARD.encode(text)));
        Ok(sops::encrypt(content.as_bytes(), Store::Yaml, data_key, &settings)?)
    }
}

/// The text in a file that [`Subject::rescue`] made; `None` when it is another one.
pub fn rescued(path: &Path, printer: Printer) -> Result<Option<Zeroizing<Vec<u8>>>, CommandError> {
    let source = Source::read(path, None, Some(Store::Yaml))?;
    let opened = opened::open(&source, &keyring(), MacFlags::default(), printer)?;
    let encoded =
        opened.plain.text().and_then(|text| text.strip_prefix(RESCUED)?.trim_end().strip_suffix('"'));
    Ok(encoded.and_then(|encoded| STANDARD.decode(encoded).ok()).map(Zeroizing::new))
}

/// Settings under which `document` would have been encrypted for the same people.
fn settings_of(document: &Document<'_>, selector: Selector) -> Settings {
    let metadata = document.metadata();
    Settings {
        groups: metadata.groups.clone(),
        shamir_threshold: metadata.shamir_threshold,
        mac_only_encrypted: metadata.mac_only_encrypted,
        selector,
        now: SystemTime::now(),
        indent: None,
        unknown: Vec::new(),
    }
}

/// `1 value changed (db.password), 14 kept`.
pub fn describe(changes: &Changes) -> String {
    let mut parts = Vec::new();
    for (paths, what) in
        [(&changes.changed, "changed"), (&changes.added, "added"), (&changes.removed, "removed")]
    {
        if !paths.is_empty() {
            parts.push(format!(
                "{} {what} ({})",
                person::count(paths.len(), "value"),
                person::list(paths, 3)
            ));
        }
    }
    if parts.is_empty() {
        parts.push("no value changed".to_owned());
    }
    parts.push(format!("{} kept", changes.kept));
    parts.join(", ")
}
