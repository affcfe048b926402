//! Where age identities may be, as sops has it; all places count.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::identities::Identities;
use crate::no_key::Looked;

/// Where to look for age identities. The default looks nowhere.
#[derive(Debug, Clone, Default)]
pub struct AgeSources {
    /// `SOPS_AGE_KEY`: identities, separated by line breaks or blanks.
    pub key: Option<SecretString>,
    /// `SOPS_AGE_KEY_FILE`: a file of identities.
    pub key_file: Option<PathBuf>,
    /// `SOPS_AGE_KEY_CMD`: a command that prints identities.
    pub key_command: Option<String>,
    /// `sops/age/keys.txt` below the user's configuration directories; a missing file is no error.
    pub key_files: Vec<PathBuf>,
    /// `SOPS_AGE_SSH_PRIVATE_KEY_FILE`: a private SSH key.
    pub ssh_key_file: Option<PathBuf>,
    /// `SOPS_AGE_SSH_PRIVATE_KEY_CMD`: a command that prints a private SSH key.
    pub ssh_key_command: Option<String>,
    /// `.ssh/id_ed25519` and `.ssh/id_rsa` below the home folder; a missing file is no error.
    pub ssh_key_files: Vec<PathBuf>,
    /// `PATH`: where the programs of age plugins are.
    pub path: Option<OsString>,
}

pub(crate) const KEY_COMMAND: &str = "SOPS_AGE_KEY_CMD";
pub(crate) const SSH_KEY_COMMAND: &str = "SOPS_AGE_SSH_PRIVATE_KEY_CMD";

/// One place, read.
pub(crate) struct Source {
    /// The variable, the file, or both.
    pub place: String,
    /// What a person is asked if it is encrypted.
    pub question: String,
    /// What is there, or why there is nothing.
    pub found: Result<Identities, String>,
    /// Why an SSH key in it could not be unlocked, once it was tried.
    pub refused: Option<&'static str>,
}

impl Source {
    fn new(place: impl Into<String>, found: Result<Identities, String>) -> Self {
        let place = place.into();
        Self { question: format!("passphrase of {place}"), place, found, refused: None }
    }

    pub fn looked(&self) -> Looked {
        let found = match (&self.found, self.refused) {
            (Ok(found), None) => found.describe(),
            (Ok(found), Some(refused)) => format!("{}, {refused}", found.describe()),
            (Err(words), _) => words.clone(),
        };
        Looked { place: self.place.clone(), found }
    }
}

impl AgeSources {
    /// The places that sops reads: the `SOPS_AGE_...` variables as `lookup` gives them, `sops/age/keys.txt` below the
    /// user's configuration folder and the default SSH keys below the home folder.
    pub fn from_env(
        lookup: &dyn Fn(&str) -> Option<String>,
        home: Option<&Path>,
        config_dir: Option<&Path>,
    ) -> Self {
        let ssh_keys = |home: &Path| ["id_ed25519", "id_rsa"].map(|name| home.join(".ssh").join(name));
        Self {
            key: lookup("SOPS_AGE_KEY").map(Into::into),
            key_file: lookup("SOPS_AGE_KEY_FILE").map(PathBuf::from),
            key_command: lookup(KEY_COMMAND),
            key_files: config_dir.map(|folder| folder.join("sops/age/keys.txt")).into_iter().collect(),
            ssh_key_file: lookup("SOPS_AGE_SSH_PRIVATE_KEY_FILE").map(PathBuf::from),
            ssh_key_command: lookup(SSH_KEY_COMMAND),
            ssh_key_files: home.map(ssh_keys).into_iter().flatten().collect(),
            path: lookup("PATH").map(OsString::from),
        }
    }

    /// Reads every place of age identities but the command, in the order of sops.
    pub(crate) fn load(&self) -> Vec<Source> {
        let key = self.key.as_ref().map(|text| Identities::parse(text.expose_secret()));
        let mut all = vec![
            Source::new("SOPS_AGE_KEY", key.ok_or_else(not_set)),
            named_file("SOPS_AGE_KEY_FILE", self.key_file.as_deref()),
        ];
        all.extend(self.key_files.iter().map(|path| file(path)));
        all
    }

    /// Reads every place of SSH keys but the command.
    pub(crate) fn load_ssh(&self) -> Vec<Source> {
        let mut all = vec![named_file("SOPS_AGE_SSH_PRIVATE_KEY_FILE", self.ssh_key_file.as_deref())];
        all.extend(self.ssh_key_files.iter().map(|path| file(path)));
        all
    }
}

fn not_set() -> String {
    "not set".to_owned()
}

fn named_file(variable: &str, path: Option<&Path>) -> Source {
    match path {
        Some(path) => Source { place: format!("{variable} {}", path.display()), ..file(path) },
        None => Source::new(variable, Err(not_set())),
    }
}

fn file(path: &Path) -> Source {
    let found = match fs_err::read(path).map(Zeroizing::new) {
        Ok(bytes) => Ok(Identities::parse_bytes(&bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err("not there".to_owned()),
        Err(error) => Err(error.kind().to_string()),
    };
    Source::new(path.display().to_string(), found)
}

/// Asks a command for the identities of `recipient`; `variable` is where it came from.
///
/// It is split into words as a shell would and run without one. Its output goes nowhere but here; it gets no input,
/// and does not get `SOPS_AGE_KEY`. Everything else of the environment it may need to reach a password manager.
pub(crate) fn ask_command(variable: &str, line: &str, recipient: &str) -> Source {
    Source::new(variable, run(line, recipient))
}

fn run(line: &str, recipient: &str) -> Result<Identities, String> {
    let words = shlex::split(line).ok_or("a quote in it does not end")?;
    let (program, arguments) = words.split_first().ok_or("it is empty")?;
    let output = Command::new(program)
        .args(arguments)
        .env("SOPS_AGE_RECIPIENT", recipient)
        .env_remove("SOPS_AGE_KEY")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .map_err(|error| format!("{program} does not start: {}", error.kind()))?;
    let printed = Zeroizing::new(output.stdout);
    if !output.status.success() {
        return Err(format!("{program} failed: {}; run it by hand to see why", output.status));
    }
    Ok(Identities::parse_bytes(&printed))
}
