//! What a values flag may name: a plain file, which helm reads itself, or an encrypted one, which is opened in memory.
//!
//! What lives here: telling the two apart and opening the second kind. What does not: helm's command line and the
//! memory files that hand the text over (`helm`), keys (`keys`), the format (`sops`), the environment.

use std::io;
use std::path::{Path, PathBuf};

use keys::{Keyring, NoKey};
use sops::{Document, Store};
use zeroize::Zeroizing;

/// Why a values file that exists could not be made readable. Never holds a value.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0}")]
    Read(#[source] io::Error),

    /// The file is encrypted, in a way that is not opened here; handing it to helm would deploy ciphertext.
    #[error("{path} is a SOPS file of the {store} store, which is not supported")]
    OtherStore { path: PathBuf, store: &'static str },

    /// There is ciphertext but no `sops` block: the file was cut or its block was deleted.
    #[error("{path} holds ciphertext, but its sops block is missing or damaged")]
    Damaged { path: PathBuf },

    #[error("failed to decrypt {path}")]
    Key { path: PathBuf, source: NoKey },

    #[error("failed to decrypt {path}")]
    Sops { path: PathBuf, source: Box<sops::Error> },
}

impl Error {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Read(_) => None,
            Self::OtherStore { path, .. } => {
                Some(format!("open it with sops: sops decrypt {}", path.display()))
            }
            Self::Damaged { path } => {
                Some(format!("get it back from git: git log --oneline -- {}", path.display()))
            }
            Self::Key { source, .. } => source.hint(),
            Self::Sops { source, .. } => source.hint(),
        }
    }
}

/// An encrypted file, opened.
#[derive(Debug)]
pub struct Opened {
    /// The plaintext, with the layout of the file.
    pub content: Zeroizing<Vec<u8>>,
    /// Every value that was encrypted, for masking output.
    pub secrets: Vec<Zeroizing<String>>,
}

/// Opens `path` if it is encrypted. `None` for anything else: a plain file, a file that does not exist or is no file;
/// helm reads those itself and says what is wrong with them in its own words.
pub fn open(path: &Path, keyring: &Keyring) -> Result<Option<Opened>, Error> {
    let Some(text) = read(path)? else { return Ok(None) };
    open_text(path, &text, keyring)
}

/// Whether `path` names something that can be read only once, such as a pipe: it is neither file nor folder.
pub fn is_stream(path: &Path) -> bool {
    fs_err::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

/// What helm is to get instead of a stream called `name` that `content` was read from: its plaintext if it is
/// encrypted, else the same bytes, which helm cannot read once more itself.
pub fn open_stream(
    name: &Path,
    content: Zeroizing<Vec<u8>>,
    keyring: &Keyring,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let Ok(text) = str::from_utf8(&content) else { return Ok(content) };
    let opened = open_text(name, text, keyring)?;
    Ok(opened.map_or(content, |opened| opened.content))
}

/// [`open`] for the content of `path`.
fn open_text(path: &Path, text: &str, keyring: &Keyring) -> Result<Option<Opened>, Error> {
    if let Some(store) = other_store(text) {
        return Err(Error::OtherStore { path: path.to_owned(), store });
    }
    let sops_error = |source| Error::Sops { path: path.to_owned(), source: Box::new(source) };
    let document = match Document::detect(text, Store::Yaml) {
        Ok(Some(document)) => document,
        Err(error) if sops::has_ciphertext(text) => return Err(sops_error(error)),
        Ok(None) if sops::has_ciphertext(text) => return Err(Error::Damaged { path: path.to_owned() }),
        Ok(None) | Err(_) => return Ok(None),
    };
    let data_key = keyring
        .data_key(document.metadata())
        .map_err(|source| Error::Key { path: path.to_owned(), source })?;
    let plain = document.decrypt(&data_key).map_err(sops_error)?;
    Ok(Some(Opened { content: plain.content, secrets: plain.secrets }))
}

/// The text of a regular file in UTF-8; `None` for everything that cannot be an encrypted YAML file.
fn read(path: &Path) -> Result<Option<Zeroizing<String>>, Error> {
    match fs_err::metadata(path) {
        Ok(found) if found.is_file() => {}
        _ => return Ok(None),
    }
    let bytes = fs_err::read(path).map_err(Error::Read)?;
    Ok(String::from_utf8(bytes).ok().map(Zeroizing::new))
}

/// The store of a SOPS file that is not YAML, by the marks that its writers leave.
fn other_store(text: &str) -> Option<&'static str> {
    let starts_line = |mark: &str| text.starts_with(mark) || text.contains(&format!("\n{mark}"));
    if text.trim_start().starts_with('{') && text.contains("\"mac\": \"ENC[") {
        let binary = text.contains("\"data\": \"ENC[") && text.matches("ENC[").count() == 2;
        return Some(if binary { "binary" } else { "JSON" });
    }
    if starts_line("sops_mac=ENC[") {
        return Some("dotenv");
    }
    (starts_line("[sops]") && text.contains("ENC[")).then_some("ini")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_stores_are_told_by_name() {
        assert_eq!(other_store("a=ENC[x]\nsops_mac=ENC[y]\n"), Some("dotenv"));
        assert_eq!(other_store("[s]\na = ENC[x]\n\n[sops]\nmac = ENC[y]\n"), Some("ini"));
        assert_eq!(
            other_store("{\n\t\"data\": \"ENC[x]\",\n\t\"sops\": {\"mac\": \"ENC[y]\"}}"),
            Some("binary")
        );
        assert_eq!(
            other_store("{\"a\": \"ENC[x]\", \"b\": 1, \"sops\": {\"mac\": \"ENC[y]\"}, \"c\": \"ENC[z]\"}"),
            Some("JSON")
        );
        assert_eq!(other_store("a: b\n"), None);
        assert_eq!(other_store("# [sops] is a section\na: ENC[x]\n"), None);
    }

    #[test]
    fn a_stream_that_is_not_encrypted_comes_back_as_it_is() {
        let keyring = Keyring::new(keys::AgeSources::default());
        for content in [&b"a: 1\n"[..], b"", b"\xff\x00 binary", b": no: yaml: ["] {
            let stream = Zeroizing::new(content.to_vec());
            assert_eq!(*open_stream(Path::new("pipe"), stream, &keyring).unwrap(), content);
        }
        let cut = Zeroizing::new(b"a: ENC[AES256_GCM,data:YQ==,iv:YQ==,tag:YQ==,type:str]\n".to_vec());
        let error = open_stream(Path::new("pipe"), cut, &keyring).unwrap_err();
        assert_eq!(error.to_string(), "pipe holds ciphertext, but its sops block is missing or damaged");
    }

    #[test]
    fn devices_and_pipes_are_streams() {
        assert!(is_stream(Path::new("/dev/null")));
        for path in
            [env!("CARGO_MANIFEST_DIR"), concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"), "/nowhere"]
        {
            assert!(!is_stream(Path::new(path)), "{path}");
        }
    }
}
