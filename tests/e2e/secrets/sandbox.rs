//! An environment with the plugin, an age key, a creation rule and a chart that shows its values.

use std::ffi::OsStr;
use std::ops::{Deref, DerefMut};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;

use serde_json::Value;
use testkit::{AgeKey, Invocation, Run, TestEnv, tools};

/// The text of most tests: four values and two comments.
pub const SECRETS: &str = "\
# for the database
db:
  user: app
  password: correct-horse  # rotated in May
list: [one, two]
";

/// What the test of a command needs; the environment itself shows through.
pub struct Sandbox {
    env: TestEnv,
    pub key: AgeKey,
}

impl Sandbox {
    /// With the newest helm 4.
    pub fn new() -> Self {
        Self::with_helm(tools::HELM_4)
    }

    /// With another helm. Files whose path holds `secret` are for the age key.
    pub fn with_helm(version: &str) -> Self {
        let mut env = TestEnv::with_helm(version);
        let key = env.age_key();
        let plugin = env.root().join("helm/plugins/secrets");
        fs_err::create_dir_all(plugin.join("bin")).unwrap();
        symlink(tools::plugin_binary("helm-secrets"), plugin.join("bin/helm-secrets")).unwrap();
        symlink(tools::repository().join("plugins/secrets/plugin.yaml"), plugin.join("plugin.yaml")).unwrap();
        let rule = format!("creation_rules: [{{path_regex: secret, age: {}}}]\n", key.recipient);
        env.write(".sops.yaml", rule);
        Self { env, key }
    }

    /// `helm secrets ARGUMENTS`.
    pub fn secrets<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Invocation {
        arguments.into_iter().fold(self.helm(["secrets"]), Invocation::arg)
    }

    /// The plugin without helm around it: signals and limits meet it alone.
    pub fn plugin<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Invocation {
        self.command(tools::plugin_binary("helm-secrets"), arguments)
    }

    /// Writes `text` encrypted to `path` and returns the file's content.
    #[track_caller]
    pub fn encrypted(&self, path: &str, text: &str) -> String {
        self.write(path, text);
        self.plugin(["encrypt", "-i", path]).run().assert_success();
        self.read(path)
    }

    /// What `path` holds, decrypted.
    #[track_caller]
    pub fn decrypted(&self, path: &str) -> String {
        self.plugin(["decrypt", path]).run().assert_success().stdout().to_owned()
    }

    /// Writes the chart `chart`: one template that shows all values as JSON.
    pub fn chart(&self) {
        self.write("chart/Chart.yaml", "apiVersion: v2\nname: chart\nversion: 0.1.0\n");
        self.write("chart/templates/values.yaml", "values: {{ omit .Values \"global\" | toJson }}\n");
    }

    /// Makes an executable script below the working directory.
    pub fn script(&self, path: &str, text: &str) -> PathBuf {
        let path = self.write(path, format!("#!/bin/sh\n{text}\n"));
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// Puts a script in helm's place for [`Sandbox::plugin`].
    pub fn helm_script(&mut self, text: &str) {
        let script = self.script("helm-script", text);
        self.set("HELM_BIN", script);
    }
}

impl Deref for Sandbox {
    type Target = TestEnv;

    fn deref(&self) -> &TestEnv {
        &self.env
    }
}

impl DerefMut for Sandbox {
    fn deref_mut(&mut self) -> &mut TestEnv {
        &mut self.env
    }
}

/// The values that [`Sandbox::chart`] was rendered with.
#[track_caller]
pub fn rendered(run: &Run) -> Value {
    let stdout = run.assert_success().stdout();
    let json = stdout.lines().find_map(|line| line.strip_prefix("values: "));
    serde_json::from_str(json.unwrap_or_else(|| panic!("no values:\n{run}"))).unwrap()
}

/// Standard error of a plugin that failed, without what helm adds to it.
#[track_caller]
pub fn failure(run: &Run) -> &str {
    run.assert_code(1);
    let stderr = run.stderr();
    stderr.strip_suffix("Error: plugin \"secrets\" exited with error\n").unwrap_or(stderr)
}
