//! The files that `status` looks at.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A file to look at; one that was found in a folder counts only if it is encrypted.
pub struct Candidate {
    pub path: PathBuf,
    pub named: bool,
}

/// What `places` stand for: files as they are, folders with all in them.
pub fn find(places: &[PathBuf]) -> io::Result<Vec<Candidate>> {
    let mut found = Vec::new();
    for place in places {
        if !place.is_dir() {
            found.push(Candidate { path: place.clone(), named: true });
            continue;
        }
        let mut paths = match listed_by_git(place) {
            Some(paths) => paths,
            None => {
                let mut paths = Vec::new();
                walk(place, &mut paths)?;
                paths
            }
        };
        paths.sort_unstable();
        // git lists a file in conflict once for each side.
        paths.dedup();
        found.extend(paths.into_iter().map(|path| Candidate { path, named: false }));
    }
    Ok(found)
}

/// Files that git tracks or would add, so that what `.gitignore` names is left out; `None` where git cannot tell.
fn listed_by_git(folder: &Path) -> Option<Vec<PathBuf>> {
    let output = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let names = output.stdout.split(|&byte| byte == 0).filter(|name| !name.is_empty());
    let path = |name: &[u8]| {
        let name: &std::ffi::OsStr = std::os::unix::ffi::OsStrExt::from_bytes(name);
        below(folder, Path::new(name))
    };
    Some(names.map(path).filter(|path| is_plain_file(path)).collect())
}

/// All files below `folder` but git's own; links are not followed, so that nothing comes twice.
fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs_err::read_dir(folder)? {
        let entry = entry?;
        let (kind, path) = (entry.file_type()?, below(folder, Path::new(&entry.file_name())));
        if kind.is_dir() && entry.file_name() != ".git" {
            walk(&path, found)?;
        } else if kind.is_file() {
            found.push(path);
        }
    }
    Ok(())
}

/// `folder/name`, without a leading `./`.
fn below(folder: &Path, name: &Path) -> PathBuf {
    if folder == Path::new(".") { name.to_owned() } else { folder.join(name) }
}

fn is_plain_file(path: &Path) -> bool {
    fs_err::symlink_metadata(path).is_ok_and(|found| found.is_file())
}
