//! Where the pinned tools and our own programs are.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

const VERSIONS: &str = include_str!("../../../scripts/tools/versions.tsv");

/// The newest helm 4 that tests run against.
pub const HELM_4: &str = "4.3.1";
/// The newest helm 3 that tests run against.
pub const HELM_3: &str = "3.22.0";
/// Every pinned helm, oldest first.
pub const HELM_VERSIONS: [&str; 5] = ["3.15.3", "3.17.3", HELM_3, "4.1.4", HELM_4];

/// The root of the repository.
pub fn repository() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    fs_err::canonicalize(root).expect("the repository this crate was built from")
}

/// The program called as the tool, in the given version.
///
/// # Panics
/// When the version is not pinned in `scripts/tools/versions.tsv`, or not installed.
pub fn tool(name: &str, version: &str) -> PathBuf {
    program(name, version, name)
}

/// The helm binary of a pinned version.
///
/// # Panics
/// As [`tool`].
pub fn helm(version: &str) -> PathBuf {
    tool("helm", version)
}

/// kubectl, which comes with the newest helm.
///
/// # Panics
/// As [`tool`].
pub fn kubectl() -> PathBuf {
    program("helm", HELM_4, "kubectl")
}

/// Mozilla SOPS, the reference for the file format.
///
/// # Panics
/// As [`tool`].
pub fn sops() -> PathBuf {
    pinned("sops", "sops")
}

/// `age-keygen` of the Go implementation of age.
///
/// # Panics
/// As [`tool`].
pub fn age_keygen() -> PathBuf {
    pinned("age", "age-keygen")
}

/// `age` of the same.
///
/// # Panics
/// As [`tool`].
pub fn age() -> PathBuf {
    pinned("age", "age")
}

/// The plugin `age-plugin-NAME` of the same.
///
/// # Panics
/// As [`tool`].
pub fn age_plugin(name: &str) -> PathBuf {
    pinned("age-plugins", &format!("age-plugin-{name}"))
}

/// The OpenBao command, server included.
///
/// # Panics
/// As [`tool`].
pub fn bao() -> PathBuf {
    pinned("openbao", "bao")
}

/// moto's server, which plays the APIs of AWS.
///
/// # Panics
/// As [`tool`].
pub(crate) fn moto_server() -> PathBuf {
    pinned("moto", "moto_server")
}

/// A program of a tool that is pinned in one version only.
pub(crate) fn pinned(name: &str, file: &str) -> PathBuf {
    let version =
        versions(name).next().unwrap_or_else(|| panic!("scripts/tools/versions.tsv pins no {name}"));
    program(name, version, file)
}

/// A program that the operating system has: found in the `PATH` of the test process.
pub(crate) fn system(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|dir| dir.join(name))
        .find(|file| file.is_file())
        .unwrap_or_else(|| panic!("{name} is not installed; run scripts/test-tools"))
}

fn program(name: &str, version: &str, file: &str) -> PathBuf {
    assert!(
        versions(name).any(|pinned| pinned == version),
        "scripts/tools/versions.tsv does not pin {name} {version}"
    );
    let path = cache().join(name).join(version).join(file);
    assert!(path.is_file(), "{} is not installed; run scripts/test-tools", path.display());
    path
}

fn versions(name: &str) -> impl Iterator<Item = &'static str> {
    VERSIONS.lines().filter_map(move |line| {
        let mut columns = line.split('\t');
        (columns.next() == Some(name)).then(|| columns.next()).flatten()
    })
}

/// The same rule as in `scripts/test-tools`.
fn cache() -> PathBuf {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("CONVOY_TOOLS").unwrap_or_else(|| {
        set("XDG_CACHE_HOME")
            .unwrap_or_else(|| set("HOME").expect("HOME is set").join(".cache"))
            .join("convoy/tools")
    })
}

/// The binary of one of our plugins, up to date: `helm-secrets` or `helm-multi`.
///
/// Under `cargo test` cargo builds it, once per test process and in the test's own profile, because cargo does not
/// build the programs of other packages before it runs a test. Elsewhere it must have been built.
///
/// # Panics
/// When it does not build, or is not there.
pub fn plugin_binary(name: &str) -> PathBuf {
    own_binary(name, name)
}

/// The scripted editor, up to date; see [`crate::TestEnv::editor`].
pub(crate) fn fake_editor() -> PathBuf {
    own_binary("testkit", "fake-editor")
}

pub(crate) fn own_binary(package: &str, name: &str) -> PathBuf {
    static BUILT: Mutex<Option<HashSet<String>>> = Mutex::new(None);
    // Held while cargo builds, so that the tests of a process wait for one build instead of starting many.
    let mut built = BUILT.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let built = built.get_or_insert_default();
    let output = output_dir();
    if !built.contains(name) {
        if let Some(cargo) = std::env::var_os("CARGO") {
            build(Path::new(&cargo), name, &output);
        }
        built.insert(name.to_owned());
    }
    let path = output.join(name);
    assert!(path.is_file(), "{} is not there; run cargo build -p {package}", path.display());
    path
}

/// `target/PROFILE`: a test runs from `deps` below it, a program from it.
fn output_dir() -> PathBuf {
    let test = std::env::current_exe().expect("the path of this test");
    let dir = test.parent().expect("a program is in a directory");
    if dir.ends_with("deps") {
        dir.parent().expect("deps is in target/PROFILE").to_owned()
    } else {
        dir.to_owned()
    }
}

fn build(cargo: &Path, name: &str, output: &Path) {
    let mut command = Command::new(cargo);
    // The whole workspace is selected, as by scripts/test: another selection has other features and builds all anew.
    command.current_dir(repository()).args(["build", "--quiet", "--workspace", "--bin", name]);
    command.arg("--target-dir").arg(output.parent().expect("target/PROFILE is in target"));
    match output.file_name().and_then(|profile| profile.to_str()) {
        Some("debug") | None => {}
        Some(profile) => {
            command.args(["--profile", profile]);
        }
    }
    // What cargo tells this test about its own package would make the build scripts that watch it run again.
    for (key, _) in std::env::vars_os() {
        let about_this_package = [
            "CARGO_PKG_",
            "CARGO_MANIFEST_",
            "CARGO_BIN_",
            "CARGO_CRATE_",
            "CARGO_PRIMARY_",
            "LD_LIBRARY_PATH",
        ];
        if key.to_str().is_some_and(|key| about_this_package.iter().any(|prefix| key.starts_with(prefix))) {
            command.env_remove(key);
        }
    }
    let output = command.output().unwrap_or_else(|error| panic!("{}: {error}", cargo.display()));
    assert!(output.status.success(), "{name} does not build:\n{}", String::from_utf8_lossy(&output.stderr));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_helm_named_here_is_pinned() {
        let mut pinned: Vec<_> = versions("helm").collect();
        pinned.sort_unstable();
        let mut named = HELM_VERSIONS.to_vec();
        named.sort_unstable();
        assert_eq!(pinned, named);
    }

    #[test]
    #[should_panic(expected = "does not pin helm 0.0.1")]
    fn a_version_that_is_not_pinned_is_refused() {
        tool("helm", "0.0.1");
    }
}
