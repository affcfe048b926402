//! Private directories that do not pile up.
//!
//! A directory that lives as long as the test process cannot be removed by a destructor: statics are never dropped,
//! and a killed process runs nothing. So each process keeps its directories under one that carries its identity, and
//! removes those whose process is gone.

use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use tempfile::TempDir;

use crate::process::ProcessId;

const PREFIX: &str = "convoy-testkit";

/// A new empty directory, readable by the user alone and removed when the returned guard is dropped.
///
/// # Panics
/// When it cannot be created.
pub fn private_dir(purpose: &str) -> TempDir {
    tempfile::Builder::new()
        .prefix(&format!("{purpose}-"))
        .tempdir_in(process_dir())
        .expect("a directory in the system's temporary directory")
}

/// The directory of this process; its contents stay until a later test process finds this one gone.
pub(crate) fn process_dir() -> &'static Path {
    static DIR: OnceLock<PathBuf> = OnceLock::new();
    DIR.get_or_init(|| {
        let root = std::env::temp_dir();
        remove_abandoned(&root);
        let dir = root.join(dir_name(ProcessId::own()));
        std::fs::DirBuilder::new().mode(0o700).create(&dir).expect("a directory for this test process");
        dir
    })
}

fn dir_name(owner: ProcessId) -> String {
    format!("{PREFIX}-{}-{}", owner.pid, owner.started)
}

fn owner(name: &str) -> Option<ProcessId> {
    let (pid, started) = name.strip_prefix(PREFIX)?.strip_prefix('-')?.split_once('-')?;
    Some(ProcessId { pid: pid.parse().ok()?, started: started.parse().ok()? })
}

fn remove_abandoned(root: &Path) {
    let Ok(entries) = fs_err::read_dir(root) else { return };
    for entry in entries.flatten() {
        if entry.file_name().to_str().and_then(owner).is_some_and(|owner| !owner.is_alive()) {
            // Another process may be removing it at the same time, and it may belong to another user.
            let _ = fs_err::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_of_ended_processes_are_removed_and_others_stay() {
        let root = tempfile::tempdir().unwrap();
        let own = root.path().join(dir_name(ProcessId::own()));
        let abandoned = root.path().join(dir_name(ProcessId { started: 1, ..ProcessId::own() }));
        let foreign = root.path().join("convoy-testkit-notes");
        for dir in [&own, &abandoned, &foreign] {
            fs_err::create_dir(dir).unwrap();
        }
        remove_abandoned(root.path());
        assert!(own.exists());
        assert!(foreign.exists());
        assert!(!abandoned.exists());
    }
}
