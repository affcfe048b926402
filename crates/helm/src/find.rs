//! Where helm is.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::OnceCell;

use crate::{Call, Environment, Error, Version};

/// A helm program.
#[derive(Debug)]
pub struct Helm {
    program: PathBuf,
    version: OnceCell<Version>,
}

impl Helm {
    /// The helm to use: `helm_bin` (what `HELM_BIN` says: a path, or a name to look up), else `helm` in `path` (what
    /// `PATH` says).
    ///
    /// Helm sets `HELM_BIN` for its plugins to its own `argv[0]`, which may be `helm` or `./helm`, and leaves it empty for
    /// install hooks.
    pub fn find(helm_bin: Option<&OsStr>, path: &OsStr) -> Result<Self, Error> {
        let look_up =
            |name: &OsStr| which::which_in_global(name, Some(path)).ok().and_then(|mut found| found.next());
        let program = match helm_bin.filter(|name| !name.is_empty()) {
            Some(name) if Path::new(name).components().nth(1).is_some() => {
                std::path::absolute(name).ok().filter(|program| program.is_file())
            }
            Some(name) => look_up(name),
            None => return Ok(Self::at(look_up(OsStr::new("helm")).ok_or(Error::NotInPath)?)),
        };
        program.map(Self::at).ok_or_else(|| Error::NotAtHelmBin(helm_bin.unwrap_or_default().into()))
    }

    /// The helm at `program`.
    pub fn at(program: impl Into<PathBuf>) -> Self {
        Self { program: program.into(), version: OnceCell::new() }
    }

    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Its version; asked once (some 30 ms), and refused when too old.
    pub async fn version(&self, environment: &Environment) -> Result<Version, Error> {
        self.version.get_or_try_init(|| self.ask_version(environment)).await.copied()
    }

    async fn ask_version(&self, environment: &Environment) -> Result<Version, Error> {
        let args = ["version", "--template", "{{.Version}}"];
        let call = Call::new(args, environment.clone());
        let output = self.run(call, tokio::time::sleep(Duration::from_secs(30))).await?;
        match Version::parse(&output.stdout.text()) {
            Some(found) if found < Version::OLDEST => {
                Err(Error::TooOld { program: self.program.clone(), found })
            }
            Some(found) => Ok(found),
            None => Err(Error::NoVersion { program: self.program.clone() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn script(dir: &Path, name: &str, text: &str) -> PathBuf {
        let path = dir.join(name);
        fs_err::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    #[test]
    fn helm_bin_goes_before_path() {
        let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let first = script(a.path(), "helm", "");
        let other = script(b.path(), "helm4", "");
        let path = std::env::join_paths([b.path(), a.path()]).unwrap();
        let found = |bin: Option<&OsStr>| Helm::find(bin, &path).unwrap().program().to_owned();
        assert_eq!(found(None), first);
        assert_eq!(found(Some(OsStr::new(""))), first);
        assert_eq!(found(Some(OsStr::new("helm"))), first);
        assert_eq!(found(Some(OsStr::new("helm4"))), other);
        assert_eq!(found(Some(other.as_os_str())), other);
    }

    #[test]
    fn a_relative_helm_bin_becomes_absolute() {
        let here = std::env::current_dir().unwrap();
        let dir = tempfile::tempdir_in(&here).unwrap();
        let program = script(dir.path(), "helm", "");
        let relative = Path::new(".").join(program.strip_prefix(&here).unwrap());
        let found = Helm::find(Some(relative.as_os_str()), OsStr::new("")).unwrap();
        assert_eq!(found.program(), program);
    }

    #[test]
    fn missing_helm_says_where_it_was_looked_for() {
        let error = Helm::find(None, OsStr::new("/nonexistent")).unwrap_err();
        assert_eq!(error.to_string(), "helm is not in PATH");
        assert!(error.hint().unwrap().contains("HELM_BIN"));
        let error = Helm::find(Some(OsStr::new("./nowhere/helm")), OsStr::new("/bin")).unwrap_err();
        assert_eq!(error.to_string(), "helm is not at ./nowhere/helm, which HELM_BIN names");
    }

    async fn version_of(text: &str) -> Result<Version, Error> {
        let dir = tempfile::tempdir().unwrap();
        let helm = Helm::at(script(dir.path(), "helm", text));
        let first = helm.version(&Environment::default()).await;
        fs_err::remove_file(helm.program()).unwrap();
        if let Ok(first) = first {
            assert_eq!(helm.version(&Environment::default()).await.unwrap(), first, "asked again");
        }
        first
    }

    #[tokio::test(flavor = "current_thread")]
    async fn version_is_asked_once_and_checked() {
        assert_eq!(version_of("printf v4.3.1").await.unwrap().to_string(), "4.3.1");
        let error = version_of("printf v3.14.4").await.unwrap_err();
        assert_eq!(error.to_string(), "helm 3.14.4 is too old, 3.15.0 or newer is needed");
        assert!(error.hint().unwrap().starts_with("update /"));
        let error = version_of("echo unknown flag >&2; exit 1").await.unwrap_err();
        assert!(error.to_string().ends_with("does not tell its version"), "{error}");
    }
}
