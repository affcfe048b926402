//! A home, a `PATH` and a configuration that no other test and no user shares.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::Invocation;
use crate::cluster::{KubeContext, kubeconfig};
use crate::editor::{Edit, ScriptedEditor};
use crate::files::write_private;
use crate::leak::random_text;
use crate::{private_dir, tools};

/// A directory tree with `HOME`, the XDG directories, helm's, a kubeconfig, a git configuration and a `PATH`, and the
/// environment variables that point there. Nothing of the user's environment gets in. Removed when dropped.
#[derive(Debug)]
pub struct TestEnv {
    root: TempDir,
    vars: BTreeMap<OsString, OsString>,
    namespace: String,
}

/// An age key made for one test.
#[derive(Debug, Clone)]
pub struct AgeKey {
    /// The file that holds the identity.
    pub file: PathBuf,
    /// `age1...`, what `.sops.yaml` names.
    pub recipient: String,
    /// `AGE-SECRET-KEY-1...`, to be hunted as a planted secret.
    pub identity: String,
}

const DIRECTORIES: [&str; 12] = [
    "home",
    "cache",
    "config",
    "data",
    "state",
    "runtime",
    "tmp",
    "bin",
    "helm",
    "helm/plugins",
    "kube",
    "work",
];

impl TestEnv {
    /// An environment with the newest helm 4 and kubectl.
    ///
    /// # Panics
    /// When it cannot be set up.
    pub fn new() -> Self {
        Self::with_helm(tools::HELM_4)
    }

    /// An environment with another helm; see [`tools::HELM_VERSIONS`].
    ///
    /// # Panics
    /// When it cannot be set up.
    pub fn with_helm(version: &str) -> Self {
        let root = private_dir("env");
        for dir in DIRECTORIES {
            let dir = root.path().join(dir);
            fs_err::create_dir(&dir).expect("a directory of the environment");
            let private = std::fs::Permissions::from_mode(0o700);
            fs_err::set_permissions(dir, private).expect("its permissions");
        }
        let bin = root.path().join("bin");
        symlink(tools::helm(version), bin.join("helm")).expect("a link to helm");
        symlink(tools::kubectl(), bin.join("kubectl")).expect("a link to kubectl");
        let gitconfig = "[user]\n\tname = Test\n\temail = test@example.com\n[init]\n\tdefaultBranch = main\n";
        fs_err::write(root.path().join("home/.gitconfig"), gitconfig).expect("a git configuration");

        let below = |path: &str| root.path().join(path).into_os_string();
        let mut path = bin.into_os_string();
        path.push(":/usr/bin:/bin");
        let vars = [
            ("PATH", path),
            ("HOME", below("home")),
            ("TMPDIR", below("tmp")),
            ("XDG_CACHE_HOME", below("cache")),
            ("XDG_CONFIG_HOME", below("config")),
            ("XDG_DATA_HOME", below("data")),
            ("XDG_STATE_HOME", below("state")),
            ("XDG_RUNTIME_DIR", below("runtime")),
            ("HELM_CACHE_HOME", below("helm/cache")),
            ("HELM_CONFIG_HOME", below("helm/config")),
            ("HELM_DATA_HOME", below("helm/data")),
            ("HELM_PLUGINS", below("helm/plugins")),
            ("KUBECONFIG", below("kube/config")),
            ("GIT_CONFIG_GLOBAL", below("home/.gitconfig")),
            ("GIT_CONFIG_NOSYSTEM", "1".into()),
            ("GIT_CEILING_DIRECTORIES", below("")),
            ("SOPS_DISABLE_VERSION_CHECK", "1".into()),
            ("LANG", "C.UTF-8".into()),
            ("TZ", "UTC".into()),
            ("NO_COLOR", "1".into()),
        ];
        let vars = vars.into_iter().map(|(name, value)| (name.into(), value)).collect();
        Self { root, vars, namespace: format!("t-{}", random_text(10).to_lowercase()) }
    }

    /// The directory commands run in.
    pub fn dir(&self) -> PathBuf {
        self.root.path().join("work")
    }

    /// The directory that holds all of the environment, `HOME` and temporary files included.
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// A path below [`TestEnv::dir`].
    pub fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.dir().join(path)
    }

    /// Writes a file below [`TestEnv::dir`], with its directories, and returns its path.
    ///
    /// # Panics
    /// When it cannot be written.
    #[track_caller]
    pub fn write(&self, path: impl AsRef<Path>, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(path);
        fs_err::create_dir_all(path.parent().expect("a file is in a directory"))
            .expect("the directory of a file");
        fs_err::write(&path, text).expect("a file of the test");
        path
    }

    /// Reads a file below [`TestEnv::dir`].
    ///
    /// # Panics
    /// When it is not there or not text.
    #[track_caller]
    pub fn read(&self, path: impl AsRef<Path>) -> String {
        fs_err::read_to_string(self.path(path)).expect("a file of the test")
    }

    /// Sets a variable for the commands made from now on.
    pub fn set(&mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) {
        self.vars.insert(name.as_ref().to_owned(), value.as_ref().to_owned());
    }

    /// Takes a variable away from the commands made from now on.
    pub fn unset(&mut self, name: impl AsRef<OsStr>) {
        self.vars.remove(name.as_ref());
    }

    /// A name that no other environment has, for a namespace on a shared cluster.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Writes the kubeconfig that the commands use; the first context is the current one.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn kubeconfig<'a>(&self, contexts: impl IntoIterator<Item = impl Into<KubeContext<'a>>>) -> PathBuf {
        let path = self.root.path().join("kube/config");
        write_private(&path, &kubeconfig(contexts)).expect("a kubeconfig");
        path
    }

    /// Makes an age key and names its file in `SOPS_AGE_KEY_FILE`.
    ///
    /// # Panics
    /// When `age-keygen` does not do it.
    pub fn age_key(&mut self) -> AgeKey {
        let keygen = self.command(tools::age_keygen(), std::iter::empty::<&str>()).run();
        let text = keygen.assert_success().stdout();
        let line = |start: &str| {
            text.lines().find_map(|line| line.strip_prefix(start)).expect("a line of age-keygen")
        };
        let file = self.root.path().join(format!("home/age-{}.txt", random_text(6)));
        write_private(&file, text).expect("a key file");
        self.set("SOPS_AGE_KEY_FILE", &file);
        let identity = format!("AGE-SECRET-KEY-1{}", line("AGE-SECRET-KEY-1"));
        AgeKey { file, recipient: line("# public key: ").to_owned(), identity }
    }

    /// Makes `EDITOR` a program that does these edits, one list for each time it is opened.
    ///
    /// # Panics
    /// When the script cannot be written or the program not be built.
    pub fn editor(&mut self, openings: &[Vec<Edit>]) -> ScriptedEditor {
        let script = self.root.path().join(format!("home/editor-{}", random_text(6)));
        let editor = ScriptedEditor::write(script, openings);
        self.set("EDITOR", editor.command());
        editor
    }

    /// Makes both plugins known to helm: their descriptions as they are in the repository, and binaries that are up
    /// to date.
    ///
    /// # Panics
    /// When a binary does not build.
    pub fn install_plugins(&self) {
        for (plugin, binary) in [("secrets", "helm-secrets"), ("multi", "helm-multi")] {
            let source = tools::repository().join("plugins").join(plugin);
            let target = self.root.path().join("helm/plugins").join(plugin);
            fs_err::create_dir_all(target.join("bin")).expect("the directory of a plugin");
            symlink(tools::plugin_binary(binary), target.join("bin").join(binary))
                .expect("a link to a plugin");
            for file in ["plugin.yaml", "completion.yaml", "plugin.complete"] {
                if source.join(file).exists() {
                    symlink(source.join(file), target.join(file)).expect("a link to a plugin's file");
                }
            }
            assert!(target.join("plugin.yaml").exists(), "{} has no plugin.yaml", source.display());
        }
    }

    /// `helm ARGUMENTS`, found in the `PATH` as a user's shell would.
    pub fn helm<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Invocation {
        self.command("helm", arguments)
    }

    /// `kubectl ARGUMENTS`.
    pub fn kubectl<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Invocation {
        self.command("kubectl", arguments)
    }

    /// `git ARGUMENTS`.
    pub fn git<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Invocation {
        self.command("git", arguments)
    }

    /// `sops ARGUMENTS`: the reference implementation.
    pub fn sops<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Invocation {
        self.command(tools::sops(), arguments)
    }

    /// Any program, by path or found in the `PATH` of the environment.
    pub fn command<S: AsRef<OsStr>>(
        &self,
        program: impl AsRef<OsStr>,
        arguments: impl IntoIterator<Item = S>,
    ) -> Invocation {
        Invocation::new(program.as_ref(), arguments, self.dir(), self.vars.clone())
    }
}

impl Default for TestEnv {
    fn default() -> Self {
        Self::new()
    }
}
