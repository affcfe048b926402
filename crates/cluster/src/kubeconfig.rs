//! Kubeconfigs, read and merged as kubectl does it.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};

use kube::config::{AuthInfo, Cluster, NamedContext};

use crate::Error;

/// One or several kubeconfig files, merged: of each name the first one counts.
pub struct Kubeconfig {
    merged: kube::config::Kubeconfig,
    paths: Vec<PathBuf>,
}

/// One context of a kubeconfig.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    pub name: String,
    /// Address of the API server, when the cluster the context names is there.
    pub server: Option<String>,
    pub namespace: Option<String>,
    /// Name of the user entry.
    pub user: Option<String>,
}

/// The entries of a kubeconfig that say how to reach a cluster, by their names. Contexts may share them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Entries {
    kubeconfigs: Vec<PathBuf>,
    cluster: String,
    user: Option<String>,
}

impl Kubeconfig {
    /// Where kubeconfigs are, given what `KUBECONFIG` says and the home directory.
    pub fn paths(variable: Option<&OsStr>, home: Option<&Path>) -> Vec<PathBuf> {
        let listed = std::env::split_paths(variable.unwrap_or_default());
        let listed: Vec<PathBuf> = listed.filter(|path| !path.as_os_str().is_empty()).collect();
        if listed.is_empty() {
            home.map(|home| home.join(".kube/config")).into_iter().collect()
        } else {
            listed
        }
    }

    /// Reads the files of `paths`. Those that do not exist are left out, but one has to.
    pub fn load(paths: &[PathBuf]) -> Result<Self, Error> {
        let mut merged: Option<kube::config::Kubeconfig> = None;
        for path in paths {
            let text = match fs_err::read_to_string(path) {
                Ok(text) => text,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(source) => return Err(Error::ReadKubeconfig { path: path.clone(), source }),
            };
            for mut next in config::parse_all(&text, &path.display().to_string())? {
                make_absolute(&mut next, path.parent().unwrap_or(Path::new("")));
                merged = Some(merged.unwrap_or_default().merge(next).map_err(|source| {
                    Error::MergeKubeconfig { path: path.clone(), source: Box::new(source) }
                })?);
            }
            merged.get_or_insert_default();
        }
        match merged {
            Some(merged) => Ok(Self { merged, paths: paths.to_vec() }),
            None => Err(Error::NoKubeconfig(paths.to_vec())),
        }
    }

    /// The contexts, in the order of the files.
    pub fn contexts(&self) -> impl Iterator<Item = Context> {
        self.merged.contexts.iter().map(|named| self.describe(named))
    }

    /// The context called `name`.
    pub fn context(&self, name: &str) -> Result<Context, Error> {
        self.find(name).map(|named| self.describe(named))
    }

    /// The name of the current context.
    pub fn current(&self) -> Option<&str> {
        self.merged.current_context.as_deref().filter(|name| !name.is_empty())
    }

    /// The cluster and the user of the context called `name`, and which entries they are. As in client-go a missing user
    /// is an anonymous one.
    pub(crate) fn parts(&self, name: &str) -> Result<(Entries, &Cluster, AuthInfo), Error> {
        let bad = |cause: String| Error::BadContext { context: name.to_owned(), cause };
        let context = self.find(name)?.context.as_ref().ok_or_else(|| bad("it is empty".into()))?;
        let cluster = self
            .cluster(&context.cluster)
            .ok_or_else(|| bad(format!("there is no cluster `{}`", context.cluster)))?;
        let user = context
            .user
            .as_ref()
            .and_then(|user| self.merged.auth_infos.iter().find(|named| named.name == *user));
        let entries = Entries {
            kubeconfigs: self.paths.clone(),
            cluster: context.cluster.clone(),
            user: context.user.clone(),
        };
        Ok((entries, cluster, user.and_then(|named| named.auth_info.clone()).unwrap_or_default()))
    }

    fn find(&self, name: &str) -> Result<&NamedContext, Error> {
        self.merged.contexts.iter().find(|named| named.name == name).ok_or_else(|| {
            let known = self.merged.contexts.iter().map(|named| named.name.as_str());
            Error::NoContext {
                context: name.to_owned(),
                nearest: config::nearest(name, known).map(str::to_owned),
                kubeconfigs: self.paths.clone(),
            }
        })
    }

    fn cluster(&self, name: &str) -> Option<&Cluster> {
        self.merged.clusters.iter().find(|named| named.name == name)?.cluster.as_ref()
    }

    fn describe(&self, named: &NamedContext) -> Context {
        let context = named.context.as_ref();
        Context {
            name: named.name.clone(),
            server: context.and_then(|context| self.cluster(&context.cluster)?.server.clone()),
            namespace: context.and_then(|context| context.namespace.clone()).filter(|name| !name.is_empty()),
            user: context.and_then(|context| context.user.clone()),
        }
    }
}

// Users hold tokens and keys.
impl fmt::Debug for Kubeconfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let contexts: Vec<&str> = self.merged.contexts.iter().map(|named| named.name.as_str()).collect();
        f.debug_struct("Kubeconfig")
            .field("paths", &self.paths)
            .field("contexts", &contexts)
            .finish_non_exhaustive()
    }
}

/// File names in a kubeconfig are relative to it; so is a credential plugin's that has a slash.
fn make_absolute(kubeconfig: &mut kube::config::Kubeconfig, dir: &Path) {
    let fix = |name: &mut Option<String>| {
        if let Some(name) = name.as_mut().filter(|name| !name.is_empty()) {
            *name = dir.join(&*name).to_string_lossy().into_owned();
        }
    };
    for cluster in kubeconfig.clusters.iter_mut().filter_map(|named| named.cluster.as_mut()) {
        fix(&mut cluster.certificate_authority);
    }
    for user in kubeconfig.auth_infos.iter_mut().filter_map(|named| named.auth_info.as_mut()) {
        fix(&mut user.client_certificate);
        fix(&mut user.client_key);
        fix(&mut user.token_file);
        if let Some(exec) =
            user.exec.as_mut().filter(|exec| exec.command.as_ref().is_some_and(|it| it.contains('/')))
        {
            fix(&mut exec.command);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "
apiVersion: v1
kind: Config
current-context: prod
clusters:
- {name: k, cluster: {server: 'https://one:6443', certificate-authority: ca.crt}}
users:
- {name: u, user: {token: hunter2, client-key: /abs/key, exec: {command: ./bin/login}}}
contexts:
- {name: prod, context: {cluster: k, user: u, namespace: apps}}
- {name: orphan, context: {cluster: gone, user: nobody}}
";
    const SECOND: &str = "
clusters:
- {name: k, cluster: {server: 'https://two:6443'}}
- {name: l, cluster: {server: 'https://three:6443'}}
contexts:
- {name: dev, context: {cluster: l, user: u}}
- {name: prod, context: {cluster: l, user: u}}
";

    fn load(texts: &[&str]) -> (tempfile::TempDir, Result<Kubeconfig, Error>) {
        let dir = tempfile::tempdir().unwrap();
        let mut paths = Vec::new();
        for (index, text) in texts.iter().enumerate() {
            paths.push(dir.path().join(format!("config-{index}")));
            fs_err::write(&paths[index], text).unwrap();
        }
        paths.push(dir.path().join("missing"));
        let loaded = Kubeconfig::load(&paths);
        (dir, loaded)
    }

    #[test]
    fn the_first_of_a_name_counts() {
        let (_dir, kubeconfig) = load(&[FIRST, SECOND]);
        let kubeconfig = kubeconfig.unwrap();
        let names: Vec<String> = kubeconfig.contexts().map(|context| context.name).collect();
        assert_eq!(names, ["prod", "orphan", "dev"]);
        assert_eq!(kubeconfig.current(), Some("prod"));
        let expected = Context {
            name: "prod".into(),
            server: Some("https://one:6443".into()),
            namespace: Some("apps".into()),
            user: Some("u".into()),
        };
        assert_eq!(kubeconfig.context("prod").unwrap(), expected);
        assert_eq!(kubeconfig.context("dev").unwrap().server.as_deref(), Some("https://three:6443"));
    }

    #[test]
    fn files_are_relative_to_the_kubeconfig() {
        let (dir, kubeconfig) = load(&[FIRST]);
        let kubeconfig = kubeconfig.unwrap();
        let (_, cluster, user) = kubeconfig.parts("prod").unwrap();
        let beside = |name: &str| Some(dir.path().join(name).to_string_lossy().into_owned());
        assert_eq!(cluster.certificate_authority, beside("ca.crt"));
        assert_eq!(user.exec.unwrap().command, beside("./bin/login"));
        assert_eq!(user.client_key.as_deref(), Some("/abs/key"));
    }

    #[test]
    fn an_unknown_context_suggests_one() {
        let (_dir, kubeconfig) = load(&[FIRST]);
        let error = kubeconfig.unwrap().context("prd").unwrap_err();
        assert_eq!(error.to_string(), "there is no kube context `prd`");
        assert_eq!(error.hint().as_deref(), Some("did you mean `prod`?"));
    }

    #[test]
    fn a_context_without_its_cluster_says_so() {
        let (_dir, kubeconfig) = load(&[FIRST]);
        let error = kubeconfig.unwrap().parts("orphan").unwrap_err();
        assert_eq!(error.to_string(), "kube context `orphan` cannot be used: there is no cluster `gone`");
    }

    #[test]
    fn hundred_comment_lines_are_no_error() {
        let text = FIRST.replace("users:\n", &format!("users:\n{}", "# note\n".repeat(100)));
        let (_dir, kubeconfig) = load(&[&text]);
        assert_eq!(kubeconfig.unwrap().contexts().count(), 2);
    }

    #[test]
    fn bad_files_are_named_with_the_place() {
        let (dir, kubeconfig) = load(&["contexts: [\n"]);
        let error = kubeconfig.unwrap_err().to_string();
        assert!(
            error.starts_with(&format!("failed to read kubeconfig {}/config-0:", dir.path().display())),
            "{error}"
        );
        let (_dir, kubeconfig) = load(&["users:\n- {name: u, user: {token: [hunter2]}}\n"]);
        let error = kubeconfig.unwrap_err().to_string();
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn no_file_at_all_is_an_error_an_empty_one_is_not() {
        let (_dir, kubeconfig) = load(&[]);
        assert!(matches!(kubeconfig.unwrap_err(), Error::NoKubeconfig(paths) if paths.len() == 1));
        let (_dir, kubeconfig) = load(&[""]);
        assert_eq!(kubeconfig.unwrap().contexts().count(), 0);
    }

    #[test]
    fn debug_hides_tokens() {
        let (_dir, kubeconfig) = load(&[FIRST]);
        assert!(!format!("{:?}", kubeconfig.unwrap()).contains("hunter2"));
    }

    #[test]
    fn paths_come_from_the_variable_or_the_home() {
        let home = Some(Path::new("/home/me"));
        assert_eq!(Kubeconfig::paths(Some(OsStr::new("a::b")), home), [Path::new("a"), Path::new("b")]);
        assert_eq!(Kubeconfig::paths(Some(OsStr::new("")), home), [Path::new("/home/me/.kube/config")]);
        assert_eq!(Kubeconfig::paths(None, home), [Path::new("/home/me/.kube/config")]);
        assert!(Kubeconfig::paths(None, None).is_empty());
    }
}
