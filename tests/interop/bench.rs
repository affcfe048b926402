//! A folder in which both tools read and write the same files for the same key.

use std::ffi::OsStr;
use std::fs::Permissions;
use std::ops::{Deref, DerefMut};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;
use testkit::{AgeKey, Invocation, Run, TestEnv, tools};

use crate::keys::PGP;

/// A release of sops.
#[derive(Debug, Clone, Copy)]
pub enum Sops {
    /// 3.13.3.
    Newest,
    /// Called 3.11.0; the last one in which JSON has no integers and age no `SOPS_AGE_SSH_PRIVATE_KEY_CMD`.
    Older,
}

impl Sops {
    /// The name of the check with it in the table of exceptions.
    pub fn check(self) -> &'static str {
        match self {
            Self::Newest => "matrix 3.13.3",
            Self::Older => "matrix 3.11.0",
        }
    }

    fn program(self) -> PathBuf {
        match self {
            Self::Newest => tools::sops(),
            Self::Older => tools::tool("sops", "3.11.0"),
        }
    }
}

/// The environment shows through.
pub struct Bench {
    env: TestEnv,
    pub key: AgeKey,
    keyring: Option<Keyring>,
}

/// A gpg home whose agent ends with it.
struct Keyring(TempDir);

impl Drop for Keyring {
    fn drop(&mut self) {
        let kill = std::process::Command::new("gpgconf")
            .args(["--kill", "all"])
            .env("GNUPGHOME", self.0.path())
            .status();
        drop(kill);
    }
}

impl Bench {
    /// Every file is for the age key.
    pub fn new() -> Self {
        let mut env = TestEnv::new();
        let key = env.age_key();
        let bench = Self { env, key, keyring: None };
        bench.rule("");
        bench
    }

    /// Writes a creation rule for every file with these further fields (`, encrypted_regex: x`).
    pub fn rule(&self, fields: &str) {
        self.write(".sops.yaml", format!("creation_rules: [{{age: {}{fields}}}]\n", self.key.recipient));
    }

    /// `helm-secrets ARGUMENTS`.
    pub fn ours(&self, arguments: &[&str]) -> Run {
        self.plugin(arguments).run()
    }

    /// `helm-secrets ARGUMENTS`, to be run.
    pub fn plugin<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Invocation {
        self.command(tools::plugin_binary("helm-secrets"), arguments)
    }

    /// `sops ARGUMENTS`.
    pub fn theirs(&self, arguments: &[&str]) -> Run {
        self.sops(arguments).run()
    }

    /// `sops ARGUMENTS` of a release.
    pub fn release(&self, sops: Sops, arguments: &[&str]) -> Invocation {
        self.command(sops.program(), arguments)
    }

    /// A gpg home that holds the OpenPGP test keys.
    pub fn keyring(&mut self) -> PathBuf {
        if let Some(keyring) = &self.keyring {
            return keyring.0.path().to_owned();
        }
        // Not below the environment: gpg's sockets are in it, and their paths must be short.
        let keyring = self.keyring.insert(Keyring(testkit::private_dir("gpg")));
        let home = keyring.0.path().to_owned();
        let gpg =
            |arguments: &[&str]| self.env.command("gpg", arguments).arg("--batch").env("GNUPGHOME", &home);
        let file = data().join("sops/keys/pgp_test_secret.asc");
        gpg(&["--quiet", "--import"]).arg(file).run().assert_success();
        let trust = PGP.map(|fingerprint| format!("{fingerprint}:6:\n")).concat();
        gpg(&["--import-ownertrust"]).stdin(trust).run().assert_success();
        home
    }

    /// Writes a file with mode 0600 into the home directory.
    pub fn private_file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.root().join("home").join(name);
        fs_err::write(&path, text).unwrap();
        fs_err::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        path
    }

    /// `text` as sops writes it after it encrypted and decrypted it: two texts that mean the same come out the same.
    ///
    /// sops cannot verify what it wrote itself where a list has a comment (getsops/sops#2243); that is its affair here.
    pub fn meaning(&self, text: &str) -> Result<String, Run> {
        let bytes = self.meaning_as("yaml", text.as_bytes())?;
        Ok(String::from_utf8(bytes).unwrap())
    }

    /// [`Bench::meaning`] of a text of the store that this end of a file name stands for.
    pub fn meaning_as(&self, extension: &str, text: &[u8]) -> Result<Vec<u8>, Run> {
        let path = format!("meaning.{extension}");
        self.write(&path, text);
        succeeded(self.theirs(&["encrypt", "-i", &path]))?;
        succeeded(self.theirs(&["decrypt", "--ignore-mac", &path])).map(|run| run.stdout_bytes().to_owned())
    }

    /// The values in the encrypted file `path` as sops reads them.
    #[track_caller]
    pub fn values(&self, path: &str) -> Value {
        self.theirs(&["decrypt", "--output-type", "json", path]).assert_success().json()
    }

    /// The values of a plain text as sops reads them.
    #[track_caller]
    pub fn values_of(&self, text: &str) -> Value {
        self.write("plain.yaml", text);
        self.theirs(&["encrypt", "-i", "plain.yaml"]).assert_success();
        self.values("plain.yaml")
    }
}

/// The run if its exit code is 0.
pub fn succeeded(run: Run) -> Result<Run, Run> {
    if run.code() == Some(0) { Ok(run) } else { Err(run) }
}

impl Deref for Bench {
    type Target = TestEnv;

    fn deref(&self) -> &TestEnv {
        &self.env
    }
}

impl DerefMut for Bench {
    fn deref_mut(&mut self) -> &mut TestEnv {
        &mut self.env
    }
}

/// The folder of test data.
pub fn data() -> PathBuf {
    tools::repository().join("tests/data")
}
