//! Reading and replacing the user's files.

use std::fs::{File, Metadata};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// Replaces the content of `path` at once: readers see the old file or the new one, never a part. Mode and owner stay,
/// a symbolic link keeps pointing where it did. A new file gets mode 0600.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let target = real_path(path)?;
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut new = NamedTempFile::with_prefix_in(".convoy-", folder)?;
    new.write_all(content)?;
    if let Ok(old) = fs_err::metadata(&target) {
        keep_mode_and_owner(new.as_file(), &old)?;
    }
    new.as_file().sync_all()?;
    new.persist(&target).map_err(|error| error.error)?;
    File::open(folder)?.sync_all()
}

fn keep_mode_and_owner(new: &File, old: &Metadata) -> io::Result<()> {
    let made = new.metadata()?;
    if (made.uid(), made.gid()) != (old.uid(), old.gid()) {
        let owner = rustix::fs::Uid::from_raw(old.uid());
        let group = rustix::fs::Gid::from_raw(old.gid());
        rustix::fs::fchown(new, Some(owner), Some(group))?;
    }
    new.set_permissions(std::fs::Permissions::from_mode(old.mode() & 0o7777))
}

/// Where `path` leads, through links; a path that does not exist yet stays as it is.
fn real_path(path: &Path) -> io::Result<PathBuf> {
    match fs_err::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(path.to_owned()),
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_mode_and_link() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs_err::write(&file, "old").unwrap();
        fs_err::set_permissions(&file, PermissionsExt::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        replace(&link, b"new").unwrap();
        assert_eq!(fs_err::read_to_string(&file).unwrap(), "new");
        assert_eq!(fs_err::metadata(&file).unwrap().mode() & 0o777, 0o640);
        assert!(fs_err::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 2, "no temporary file is left");
    }

    #[test]
    fn a_failure_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("no").join("such").join("folder");
        assert!(replace(&missing, b"x").is_err());
    }
}
