//! Where age identities may be, as sops has it; all places count.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::identities::Identities;
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
}

const COMMAND: &str = "SOPS_AGE_KEY_CMD";

impl AgeSources {
    /// The places that sops reads: SOPS_AGE_KEY, SOPS_AGE_KEY_FILE and SOPS_AGE_KEY_CMD as `lookup` gives them, and
    /// `sops/age/keys.txt` below the user's configuration folder.
    pub fn from_env(lookup: &dyn Fn(&str) -> Option<String>, config_dir: Option<&Path>) -> Self {
        Self {
            key: lookup("SOPS_AGE_KEY").map(Into::into),
            key_file: lookup("SOPS_AGE_KEY_FILE").map(PathBuf::from),
            key_command: lookup(COMMAND),
            key_files: config_dir.map(|folder| folder.join("sops/age/keys.txt")).into_iter().collect(),
        }
    }

    /// Reads every source but the command; what was found in each, in the order of sops.
    pub(crate) fn load(&self) -> (Identities, Vec<Looked>) {
        let mut all = Identities::default();
        let mut looked = Vec::new();
        let mut add = |place: String, found: Result<Identities, String>| match found {
            Ok(found) => {
                looked.push(Looked { place, found: found.describe() });
                all.usable.extend(found.usable);
            }
            Err(found) => looked.push(Looked { place, found }),
        };
        let not_set = || Err("not set".to_owned());
        let key = self.key.as_ref().map(|text| Ok(Identities::parse(text.expose_secret())));
        add("SOPS_AGE_KEY".to_owned(), key.unwrap_or_else(not_set));
        match &self.key_file {
            Some(path) => add(format!("SOPS_AGE_KEY_FILE {}", path.display()), read(path)),
            None => add("SOPS_AGE_KEY_FILE".to_owned(), not_set()),
        }
        for path in &self.key_files {
            add(path.display().to_string(), read(path));
        }
        (all, looked)
    }

    /// Asks the command, if there is one, for the identities of `recipient`.
    ///
    /// It is split into words as a shell would and run without one. Its output goes nowhere but here; it gets no
    /// input, and does not get `SOPS_AGE_KEY`.
    pub(crate) fn ask_command(&self, recipient: &str) -> Option<(Identities, Looked)> {
        let line = self.key_command.as_deref()?;
        let (identities, found) = match run(line, recipient) {
            Ok(identities) => {
                let found = identities.describe();
                (identities, found)
            }
            Err(found) => (Identities::default(), found),
        };
        Some((identities, Looked { place: COMMAND.to_owned(), found }))
    }
}

fn read(path: &Path) -> Result<Identities, String> {
    match fs_err::read(path).map(Zeroizing::new) {
        Ok(bytes) => Ok(Identities::parse_bytes(&bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err("not there".to_owned()),
        Err(error) => Err(error.kind().to_string()),
    }
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
