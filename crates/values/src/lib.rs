//! What a values flag may name: a plain file, which helm reads itself, or an encrypted one, which is opened in memory.
//!
//! What lives here: telling the two apart and opening the second kind. What does not: helm's command line and the
//! memory files that hand the text over (`helm`), keys (`keys`), the format (`sops`), the environment.

use std::io;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use keys::{Keyring, NoKey};
use sops::{Document, Store};
use zeroize::Zeroizing;

/// Why a values file that exists could not be made readable. Never holds a value.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0}")]
    Read(#[source] io::Error),

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

/// Opens `path` if it is encrypted, whatever its store. `None` for anything else: a plain file, a file that does not
/// exist or is no file; helm reads those itself and says what is wrong with them in its own words.
pub fn open(path: &Path, keyring: &Keyring) -> Result<Option<Opened>, Error> {
    let Some(text) = read(path)? else { return Ok(None) };
    open_text(path, &text, Store::of_path(path), keyring)
}

/// [`open`] for several files, side by side on as many processors as there are; results in the order of `paths`.
pub fn open_all(paths: &[&Path], keyring: &Keyring) -> Vec<Result<Option<Opened>, Error>> {
    let workers = thread::available_parallelism().map_or(1, NonZero::get).min(paths.len());
    let next = AtomicUsize::new(0);
    let work = || {
        let numbers = std::iter::from_fn(|| Some(next.fetch_add(1, Ordering::Relaxed)));
        let paths = numbers.map_while(|number| Some((number, paths.get(number)?)));
        paths.map(|(number, path)| (number, open(path, keyring))).collect::<Vec<_>>()
    };
    let mut opened = thread::scope(|scope| {
        let others: Vec<_> = (1..workers).map(|_| scope.spawn(work)).collect();
        let mut opened = work();
        for other in others {
            opened.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        opened
    });
    opened.sort_unstable_by_key(|(number, _)| *number);
    opened.into_iter().map(|(_, opened)| opened).collect()
}

/// The encrypted file that `text` is; `None` for a plain text. `named` is the store that its name stands for; `path`
/// is for messages.
///
/// # Errors
/// [`Error::Damaged`] and [`Error::Sops`]: ciphertext that must not be taken for a plain text.
pub fn document<'a>(path: &Path, text: &'a str, named: Store) -> Result<Option<Document<'a>>, Error> {
    match Document::detect(text, named) {
        Ok(Some(document)) => Ok(Some(document)),
        Err(source) if sops::has_ciphertext(text) => {
            Err(Error::Sops { path: path.to_owned(), source: Box::new(source) })
        }
        Ok(None) if sops::has_ciphertext(text) => Err(Error::Damaged { path: path.to_owned() }),
        Ok(None) | Err(_) => Ok(None),
    }
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
    let opened = open_text(name, text, store_of_stream(text), keyring)?;
    Ok(opened.map_or(content, |opened| opened.content))
}

/// The store to look for first in a text without a name.
#[must_use]
pub fn store_of_stream(text: &str) -> Store {
    // A binary file is JSON, and JSON is YAML.
    if text.trim_start().starts_with('{') { Store::Binary } else { Store::Yaml }
}

/// [`open`] for the content of `path`.
fn open_text(path: &Path, text: &str, named: Store, keyring: &Keyring) -> Result<Option<Opened>, Error> {
    let Some(document) = document(path, text, named)? else { return Ok(None) };
    let data_key = keyring
        .data_key(document.metadata())
        .map_err(|source| Error::Key { path: path.to_owned(), source })?;
    let plain = document
        .decrypt(&data_key)
        .map_err(|source| Error::Sops { path: path.to_owned(), source: Box::new(source) })?;
    Ok(Some(Opened { content: plain.content, secrets: plain.secrets }))
}

/// The text of a regular file in UTF-8; `None` for everything that cannot be an encrypted file.
fn read(path: &Path) -> Result<Option<Zeroizing<String>>, Error> {
    match fs_err::metadata(path) {
        Ok(found) if found.is_file() => {}
        _ => return Ok(None),
    }
    let bytes = fs_err::read(path).map_err(Error::Read)?;
    Ok(String::from_utf8(bytes).ok().map(Zeroizing::new))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_that_is_not_encrypted_comes_back_as_it_is() {
        let keyring = Keyring::new(keys::Sources::default());
        for content in [&b"a: 1\n"[..], b"", b"\xff\x00 binary", b": no: yaml: ["] {
            let stream = Zeroizing::new(content.to_vec());
            assert_eq!(*open_stream(Path::new("pipe"), stream, &keyring).unwrap(), content);
        }
        let cut = Zeroizing::new(b"a: ENC[AES256_GCM,data:YQ==,iv:YQ==,tag:YQ==,type:str]\n".to_vec());
        let error = open_stream(Path::new("pipe"), cut, &keyring).unwrap_err();
        assert_eq!(error.to_string(), "pipe holds ciphertext, but its sops block is missing or damaged");
    }

    const TEXTS: [(&str, &[u8]); 5] = [
        ("a.yaml", b"a: secret # why\n"),
        ("a.json", b"{\"a\": \"secret\"}\n"),
        ("a.env", b"A=secret\n"),
        ("a.ini", b"[a]\nb = secret\n"),
        ("a.pem", b"secret \xff\n"),
    ];

    /// Name, plaintext and ciphertext of a file.
    type Sample = (&'static str, &'static [u8], String);

    /// A key of its own, and texts encrypted for it.
    fn encrypted() -> (Keyring, Vec<Sample>) {
        let new = keys::generate(jiff::Timestamp::UNIX_EPOCH);
        let mut sources = keys::Sources::default();
        sources.age.key = Some(new.file);
        let keyring = Keyring::new(sources);
        let key = sops::DataKey::generate();
        let groups = [vec![sops::MasterKey::Age { recipient: new.recipient }]];
        let settings = sops::Settings {
            groups: keyring.wrap(&key, &groups, None).unwrap(),
            shamir_threshold: None,
            selector: sops::Selector::default(),
            mac_only_encrypted: false,
            now: std::time::SystemTime::UNIX_EPOCH,
            indent: None,
            unknown: Vec::new(),
        };
        let encrypt = |(name, text): (&'static str, &'static [u8])| {
            let store = Store::of_path(Path::new(name));
            (name, text, sops::encrypt(text, store, &key, &settings).unwrap())
        };
        (keyring, TEXTS.into_iter().map(encrypt).collect())
    }

    #[test]
    fn every_store_opens_by_name_by_content_and_from_a_stream() {
        let (keyring, files) = encrypted();
        let folder = tempfile::tempdir().unwrap();
        for (name, text, encrypted) in files {
            for name in [name, "renamed.txt"] {
                let path = folder.path().join(name);
                fs_err::write(&path, &encrypted).unwrap();
                let opened = open(&path, &keyring).unwrap().unwrap();
                assert_eq!(*opened.content, text, "{name}");
            }
            let stream = Zeroizing::new(encrypted.into_bytes());
            assert_eq!(*open_stream(Path::new("pipe"), stream, &keyring).unwrap(), text, "{name}");
        }
    }

    #[test]
    fn several_files_open_in_their_order() {
        let (keyring, files) = encrypted();
        let folder = tempfile::tempdir().unwrap();
        let mut paths = vec![folder.path().join("missing.yaml")];
        for (name, _, encrypted) in files.iter().cycle().take(40) {
            paths.push(folder.path().join(format!("{}-{name}", paths.len())));
            fs_err::write(&paths[paths.len() - 1], encrypted).unwrap();
        }
        let paths: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
        let mut opened = open_all(&paths, &keyring).into_iter();
        assert!(opened.next().unwrap().unwrap().is_none());
        let contents: Vec<_> = opened.map(|opened| opened.unwrap().unwrap().content.to_vec()).collect();
        let expected: Vec<_> = files.iter().cycle().take(40).map(|(_, text, _)| text.to_vec()).collect();
        assert_eq!(contents, expected);
        assert!(open_all(&[], &keyring).is_empty());
    }

    #[test]
    fn what_is_cut_is_never_taken_for_plain() {
        let (keyring, files) = encrypted();
        let folder = tempfile::tempdir().unwrap();
        for (name, _, encrypted) in files {
            let path = folder.path().join(name);
            let end = encrypted.rfind("sops").unwrap_or_default();
            fs_err::write(&path, &encrypted[..end]).unwrap();
            let error = open(&path, &keyring).unwrap_err();
            assert!(matches!(error, Error::Damaged { .. } | Error::Sops { .. }), "{name}: {error}");
        }
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
