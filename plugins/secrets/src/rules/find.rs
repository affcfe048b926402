//! Which `.sops.yaml` counts for a file.

use std::path::{Component, Path, PathBuf};

use ui::{CommandError, env};

/// What a file of rules is called.
pub const FILE: &str = ".sops.yaml";
/// What sops does not read either, and says so.
const MISNAMED: &str = ".sops.yml";

/// A file of rules, and why it is this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    pub path: PathBuf,
    pub reason: Reason,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// `--config` names it.
    Flag,
    /// SOPS_CONFIG names it.
    Environment,
    /// The first one from the file's folder upwards.
    AboveFile,
    /// The first one from the current folder upwards.
    AboveHere,
}

impl Reason {
    pub fn text(self) -> &'static str {
        match self {
            Self::Flag => "named by --config",
            Self::Environment => "named by SOPS_CONFIG",
            Self::AboveFile => "the first one from the folder of the file upwards",
            Self::AboveHere => "the first one from here upwards; there is none above the file",
        }
    }
}

/// The rules for `path`, an absolute one. `named` is what `--config` says.
///
/// Looked for from the file's folder upwards, so that the result does not depend on where one stands, then from the
/// current folder upwards, as sops does.
pub fn locate(path: &Path, named: Option<&Path>) -> Option<Located> {
    if let Some(named) = named {
        return Some(Located { path: named.to_owned(), reason: Reason::Flag });
    }
    if let Some(named) = env::SOPS_CONFIG.os() {
        return Some(Located { path: named.into(), reason: Reason::Environment });
    }
    search(path, FILE)
}

fn search(path: &Path, name: &str) -> Option<Located> {
    let path = clean(path);
    let first =
        |folder: &Path| folder.ancestors().map(|folder| folder.join(name)).find(|file| file.is_file());
    let above_file = path.parent().and_then(first);
    let located = above_file.map(|path| Located { path, reason: Reason::AboveFile });
    located.or_else(|| {
        let path = first(&std::env::current_dir().ok()?)?;
        Some(Located { path, reason: Reason::AboveHere })
    })
}

/// The `.sops.yaml` for `path`, an absolute one.
pub fn config_file(path: &Path) -> Option<PathBuf> {
    locate(path, None).map(|located| located.path)
}

/// A file with the wrong name that stands nearer to `path` than the rules that were found.
pub fn misnamed(path: &Path, found: Option<&Located>) -> Option<PathBuf> {
    let misnamed = search(path, MISNAMED)?;
    let nearer = match found {
        None => true,
        Some(Located { reason: Reason::Flag | Reason::Environment, .. }) => false,
        Some(found) if found.reason == misnamed.reason => {
            misnamed.path.components().count() > found.path.components().count()
        }
        Some(found) => found.reason == Reason::AboveHere,
    };
    nearer.then_some(misnamed.path)
}

/// There is no `.sops.yaml` for `path`.
pub fn no_rules(path: &Path) -> CommandError {
    let error = CommandError::new(format!("no {FILE} says who can read {}", path.display()));
    match misnamed(path, None) {
        Some(file) => error.hint(format!("{} is not read: call it {FILE}", file.display())),
        None => error
            .hint(format!("create {FILE} in the root of the repository, with a line such as"))
            .hint("creation_rules: [{path_regex: secrets, age: AGE-RECIPIENT}]")
            .hint("a recipient is what age-keygen prints as the public key"),
    }
}

/// `path` without `.` and `..`, by its text alone: symbolic links are not followed, as in sops.
pub fn clean(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                clean.pop();
            }
            Component::CurDir => {}
            part => clean.push(part),
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_go() {
        for (path, expected) in [("/a/./b/../c", "/a/c"), ("/../a/", "/a"), ("/a/b/../../..", "/")] {
            assert_eq!(clean(Path::new(path)), Path::new(expected), "{path}");
        }
    }
}
