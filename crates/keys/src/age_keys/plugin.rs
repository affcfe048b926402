//! age plugins: programs `age-plugin-NAME` that hold a key where we cannot read it, such as in hardware.

mod connection;

use std::cell::RefCell;
use std::collections::HashSet;
use std::env::split_paths;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use age::{DecryptError, EncryptError};
use age_core::format::{FILE_KEY_BYTES, FileKey, Stanza};
use age_core::primitives::bech32_decode;
use age_core::secrecy::ExposeSecret;
use secrecy::SecretString;
use zeroize::Zeroizing;

use connection::Connection;

use crate::prompt::Prompt;
use crate::text::one_line;

/// `AGE-PLUGIN-NAME-1...`
#[derive(Clone)]
pub(crate) struct Identity {
    name: String,
    text: SecretString,
}

/// `age1NAME1...`
#[derive(Clone)]
pub(crate) struct Recipient {
    name: String,
    text: String,
}

/// Text that is no key of a plugin.
#[derive(Debug)]
pub(crate) struct NoPlugin;

/// What plugins need to run.
#[derive(Clone, Default)]
pub(crate) struct Host {
    /// Folders with programs, as `PATH` has them.
    pub path: Option<OsString>,
    pub prompt: Option<Arc<dyn Prompt>>,
}

impl FromStr for Identity {
    type Err = NoPlugin;

    fn from_str(text: &str) -> Result<Self, NoPlugin> {
        let name = named(text, |prefix| prefix.strip_prefix("AGE-PLUGIN-")?.strip_suffix('-'))?;
        Ok(Self { name: name.to_ascii_lowercase(), text: text.into() })
    }
}

impl FromStr for Recipient {
    type Err = NoPlugin;

    fn from_str(text: &str) -> Result<Self, NoPlugin> {
        Ok(Self { name: named(text, |prefix| prefix.strip_prefix("age1"))?, text: text.to_owned() })
    }
}

/// The name of the plugin in the prefix of a bech32 text. It becomes part of a file name, so it holds nothing that
/// leads elsewhere.
fn named(text: &str, name: impl Fn(&str) -> Option<&str>) -> Result<String, NoPlugin> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "+-._".contains(c);
    bech32_decode(
        text,
        |_| NoPlugin,
        |_| Ok(()),
        |prefix, _| {
            let name = name(prefix.as_str()).filter(|name| !name.is_empty() && name.chars().all(allowed));
            name.map(str::to_owned).ok_or(NoPlugin)
        },
    )
}

impl Identity {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Ready to open age files with the help of its program.
    pub(crate) fn ready<'a>(&'a self, host: &'a Host) -> Asked<'a, Self> {
        Asked { key: self, host, refused: RefCell::new(None) }
    }
}

impl Recipient {
    /// Ready to wrap keys with the help of its program.
    pub(crate) fn ready<'a>(&'a self, host: &'a Host) -> Asked<'a, Self> {
        Asked { key: self, host, refused: RefCell::new(None) }
    }
}

/// A key of a plugin, which its program is asked to use.
pub(crate) struct Asked<'a, K> {
    key: &'a K,
    host: &'a Host,
    refused: RefCell<Option<String>>,
}

impl<K> Asked<'_, K> {
    /// Why the program did not do it, if it ran or should have run.
    pub(crate) fn refused(self) -> Option<String> {
        self.refused.into_inner()
    }

    fn refuse(&self, words: String) {
        self.refused.replace(Some(words));
    }
}

impl age::Identity for Asked<'_, Identity> {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        self.unwrap_stanzas(std::slice::from_ref(stanza))
    }

    fn unwrap_stanzas(&self, stanzas: &[Stanza]) -> Option<Result<FileKey, DecryptError>> {
        match self.unwrap(stanzas) {
            Ok(key) => key.map(Ok),
            Err(words) => {
                self.refuse(words);
                None
            }
        }
    }
}

impl Asked<'_, Identity> {
    fn unwrap(&self, stanzas: &[Stanza]) -> Result<Option<FileKey>, String> {
        let program = self.host.program(&self.key.name)?;
        let dialogue = || {
            let mut plugin = Connection::open(&program, "identity-v1")?;
            plugin.send("add-identity", &[self.key.text.expose_secret()], &[])?;
            for stanza in stanzas {
                // There is one file, number 0.
                let words = ["0", &stanza.tag].into_iter().chain(stanza.args.iter().map(String::as_str));
                plugin.send("recipient-stanza", &words.collect::<Vec<_>>(), &stanza.body)?;
            }
            plugin.send("done", &[], &[])?;
            let mut key = None;
            let errors = self.host.listen(&mut plugin, |stanza| {
                if stanza.tag != "file-key" {
                    return false;
                }
                let bytes = Zeroizing::new(std::mem::take(&mut stanza.body));
                key = <[u8; FILE_KEY_BYTES]>::try_from(bytes.as_slice()).ok();
                true
            })?;
            Ok((key, errors))
        };
        let (key, errors) = dialogue().map_err(|error| broken(&self.key.name, &error))?;
        match key {
            Some(key) => Ok(Some(FileKey::new(Box::new(key)))),
            None if errors.is_empty() => Ok(None),
            None => Err(errors.join("; ")),
        }
    }
}

impl age::Recipient for Asked<'_, Recipient> {
    fn wrap_file_key(&self, file_key: &FileKey) -> Result<(Vec<Stanza>, HashSet<String>), EncryptError> {
        self.wrap(file_key).map_err(|words| {
            self.refuse(words);
            EncryptError::Io(io::ErrorKind::Other.into())
        })
    }
}

impl Asked<'_, Recipient> {
    fn wrap(&self, file_key: &FileKey) -> Result<(Vec<Stanza>, HashSet<String>), String> {
        let program = self.host.program(&self.key.name)?;
        let dialogue = || {
            let mut plugin = Connection::open(&program, "recipient-v1")?;
            plugin.send("add-recipient", &[&self.key.text], &[])?;
            plugin.send("wrap-file-key", &[], file_key.expose_secret())?;
            plugin.send("extension-labels", &[], &[])?;
            plugin.send("done", &[], &[])?;
            let (mut stanzas, mut labels) = (Vec::new(), HashSet::new());
            let errors = self.host.listen(&mut plugin, |stanza| {
                match stanza.tag.as_str() {
                    "recipient-stanza" if stanza.args.len() >= 2 => {
                        let mut words = std::mem::take(&mut stanza.args).into_iter().skip(1);
                        let tag = words.next().unwrap_or_default();
                        let body = std::mem::take(&mut stanza.body);
                        stanzas.push(Stanza { tag, args: words.collect(), body });
                    }
                    "labels" => labels.extend(std::mem::take(&mut stanza.args)),
                    _ => return false,
                }
                true
            })?;
            Ok((stanzas, labels, errors))
        };
        let (stanzas, labels, errors) = dialogue().map_err(|error| broken(&self.key.name, &error))?;
        if !errors.is_empty() {
            return Err(errors.join("; "));
        }
        if stanzas.is_empty() {
            return Err(format!("age-plugin-{} wrapped nothing", self.key.name));
        }
        Ok((stanzas, labels))
    }
}

impl Host {
    fn program(&self, name: &str) -> Result<PathBuf, String> {
        let program = format!("age-plugin-{name}");
        let folders = self.path.iter().flat_map(split_paths);
        let mut candidates =
            folders.filter(|folder| folder.is_absolute()).map(|folder| folder.join(&program));
        candidates.find(|path| path.is_file()).ok_or_else(|| format!("{program} is not in PATH"))
    }

    /// Answers the plugin until it is done; what `take` does not want goes to the person. Returns the errors it told of.
    fn listen(
        &self,
        plugin: &mut Connection,
        mut take: impl FnMut(&mut Stanza) -> bool,
    ) -> io::Result<Vec<String>> {
        let mut errors = Vec::new();
        loop {
            let mut stanza = plugin.receive()?;
            if stanza.tag == "done" {
                return Ok(errors);
            }
            if take(&mut stanza) {
                plugin.send("ok", &[], &[])?;
                continue;
            }
            let text = one_line(&String::from_utf8_lossy(&stanza.body));
            match (stanza.tag.as_str(), &self.prompt) {
                ("error", _) => {
                    errors.push(text);
                    plugin.send("ok", &[], &[])?;
                }
                ("msg", Some(prompt)) => {
                    prompt.show(&text);
                    plugin.send("ok", &[], &[])?;
                }
                ("request-secret", Some(prompt)) => match prompt.secret(text.trim_end_matches(':')) {
                    Some(secret) => plugin.send("ok", &[], secret.expose_secret().as_bytes())?,
                    None => plugin.send("fail", &[], &[])?,
                },
                ("msg" | "request-secret" | "request-public" | "confirm", _) => {
                    plugin.send("fail", &[], &[])?;
                }
                _ => plugin.send("unsupported", &[], &[])?,
            }
        }
    }
}

fn broken(name: &str, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe => {
            format!("age-plugin-{name} ended too early; run it by hand to see why")
        }
        io::ErrorKind::InvalidData => format!("age-plugin-{name} does not speak the age plugin protocol"),
        kind => format!("age-plugin-{name} does not run: {kind}"),
    }
}

#[cfg(test)]
mod tests;
