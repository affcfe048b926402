//! A folder in which both tools read and write the same files for the same key.

use std::ops::{Deref, DerefMut};
use std::path::PathBuf;

use serde_json::Value;
use testkit::{AgeKey, Run, TestEnv, tools};

/// The environment shows through.
pub struct Bench {
    env: TestEnv,
    pub key: AgeKey,
}

impl Bench {
    /// Every file is for the age key.
    pub fn new() -> Self {
        let mut env = TestEnv::new();
        let key = env.age_key();
        let bench = Self { env, key };
        bench.rule("");
        bench
    }

    /// Writes a creation rule for every file with these further fields (`, encrypted_regex: x`).
    pub fn rule(&self, fields: &str) {
        self.write(".sops.yaml", format!("creation_rules: [{{age: {}{fields}}}]\n", self.key.recipient));
    }

    /// `helm-secrets ARGUMENTS`.
    pub fn ours(&self, arguments: &[&str]) -> Run {
        self.command(tools::plugin_binary("helm-secrets"), arguments).run()
    }

    /// `sops ARGUMENTS`.
    pub fn theirs(&self, arguments: &[&str]) -> Run {
        self.sops(arguments).run()
    }

    /// `text` as sops writes it after it encrypted and decrypted it: two texts that mean the same come out the same.
    ///
    /// sops cannot verify what it wrote itself where a list has a comment (getsops/sops#2243); that is its affair here.
    pub fn meaning(&self, text: &str) -> Result<String, Run> {
        self.write("meaning.yaml", text);
        succeeded(self.theirs(&["encrypt", "-i", "meaning.yaml"]))?;
        succeeded(self.theirs(&["decrypt", "--ignore-mac", "meaning.yaml"]))
            .map(|run| run.stdout().to_owned())
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
