//! Reading and replacing the user's files.

use std::fs::{File, Metadata, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use ui::CommandError;

/// Why a file was not replaced; it is as it was.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("failed to write {path}: {source}")]
    Write { path: PathBuf, source: io::Error },
    #[error("{0} was changed by someone else meanwhile")]
    Changed(PathBuf),
}

impl Error {
    /// What went wrong, without the path.
    pub fn reason(&self) -> String {
        match self {
            Self::Write { source, .. } => source.to_string(),
            Self::Changed(_) => self.to_string(),
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        let Self::Write { path, source } = self else { return None };
        let folder = std::path::absolute(folder_of(path)).unwrap_or_else(|_| folder_of(path).to_owned());
        let folder = folder.display();
        match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Some(format!(
                "make the folder {folder} writable: the new file is written beside the old one, then renamed"
            )),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Some(format!("free space where {folder} is, then run the command again"))
            }
            _ => None,
        }
    }
}

/// What people are told.
pub fn explain(error: Error) -> CommandError {
    let kept = match &error {
        Error::Write { path, .. } if path.exists() => Some(format!("{} is as it was", path.display())),
        _ => None,
    };
    let error = CommandError::hinted(error, Error::hint);
    match kept {
        Some(kept) => error.detail(kept),
        None => error,
    }
}

/// Replaces the content of `path` at once: readers see the old file or the new one, never a part. Mode and owner stay,
/// a symbolic link keeps pointing where it did. A new file gets mode 0600.
pub fn replace(path: &Path, content: &[u8]) -> Result<(), Error> {
    write(path, content, |_| Ok(Held::Unlocked))
}

/// [`replace`], unless the file no longer holds `old`; `None` stands for a file that must not be there.
///
/// The file is locked from the comparison to the replacement, so that of two plugins that read the same text only one
/// writes.
pub fn replace_unchanged(path: &Path, old: Option<&[u8]>, content: &[u8]) -> Result<(), Error> {
    write(path, content, |target| {
        let Some(old) = old else {
            return Ok(if target.exists() { Held::Changed } else { Held::Unlocked });
        };
        let file = match File::open(target) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Held::Changed),
            file => file?,
        };
        // Whoever holds the lock is about to replace the file. Where there are no locks the comparison must do.
        if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
            return Ok(Held::Changed);
        }
        let same = fs_err::read(target)? == old;
        Ok(if same { Held::Locked { _file: file } } else { Held::Changed })
    })
}

/// Whether a file may be replaced; a lock on it ends with this value.
enum Held {
    Unlocked,
    Locked { _file: File },
    Changed,
}

/// Writes the new file, asks `hold` about the place where it belongs, and puts it there.
fn write(path: &Path, content: &[u8], hold: impl FnOnce(&Path) -> io::Result<Held>) -> Result<(), Error> {
    let failed = |source| Error::Write { path: path.to_owned(), source };
    let target = real_path(path).map_err(failed)?;
    let (new, folder) = prepare(&target, content).map_err(failed)?;
    let held = hold(&target).map_err(failed)?;
    if matches!(held, Held::Changed) {
        return Err(Error::Changed(path.to_owned()));
    }
    new.persist(&target).map_err(|error| failed(error.error))?;
    folder.sync_all().map_err(failed)
}

/// The new file beside `target`, and the folder of both.
fn prepare(target: &Path, content: &[u8]) -> io::Result<(NamedTempFile, File)> {
    let folder = folder_of(target);
    let mut new = NamedTempFile::with_prefix_in(".convoy-", folder).map_err(plain)?;
    new.write_all(content).map_err(plain)?;
    if let Ok(old) = fs_err::metadata(target) {
        keep_mode_and_owner(new.as_file(), &old)?;
    }
    new.as_file().sync_all()?;
    Ok((new, File::open(folder)?))
}

/// The error without the name of the temporary file, which tells nobody anything.
fn plain(error: io::Error) -> io::Error {
    match error.to_string().split_once(" at path ") {
        Some((reason, _)) => io::Error::new(error.kind(), reason.to_owned()),
        None => error,
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
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
        let error = replace(&missing, b"x").unwrap_err().to_string();
        assert_eq!(
            error,
            format!("failed to write {}: No such file or directory (os error 2)", missing.display())
        );
    }

    #[test]
    fn what_someone_else_wrote_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        replace_unchanged(&file, None, b"one").unwrap();
        assert!(matches!(replace_unchanged(&file, None, b"two"), Err(Error::Changed(_))));
        replace_unchanged(&file, Some(b"one"), b"two").unwrap();
        assert!(matches!(replace_unchanged(&file, Some(b"one"), b"three"), Err(Error::Changed(_))));
        assert_eq!(fs_err::read_to_string(&file).unwrap(), "two");
        assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
        fs_err::remove_file(&file).unwrap();
        assert!(matches!(replace_unchanged(&file, Some(b"two"), b"three"), Err(Error::Changed(_))));
    }

    #[test]
    fn what_to_do_about_it() {
        let hint = |kind: io::ErrorKind| {
            let path = PathBuf::from("/folder/file");
            Error::Write { path, source: kind.into() }.hint().unwrap_or_default()
        };
        for kind in [io::ErrorKind::PermissionDenied, io::ErrorKind::ReadOnlyFilesystem] {
            assert!(hint(kind).starts_with("make the folder /folder writable: "), "{kind}");
        }
        for kind in [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded, io::ErrorKind::FileTooLarge] {
            assert!(hint(kind).starts_with("free space where /folder is"), "{kind}");
        }
        assert_eq!(hint(io::ErrorKind::Other), "");
    }
}
