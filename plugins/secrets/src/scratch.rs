//! The private place where an editor sees plaintext: a folder in memory, claimed for one file at a time.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// Magic numbers of file systems that live in memory, from statfs(2).
const TMPFS: u64 = 0x0102_1994;
const RAMFS: u64 = 0x8584_58F6;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0} is being edited by another process")]
    Busy(PathBuf),
    #[error("{0} belongs to someone else")]
    NotOurs(PathBuf),
    #[error("no file system in memory is there for the text (tried {0})")]
    NoMemory(String),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A folder of mode 0700 in memory with one file of mode 0600 that bears the edited file's name.
///
/// Its place follows from the edited file's path, so that text left behind by an editor session that was killed is
/// found by the next one. Removed when dropped.
#[derive(Debug)]
pub struct Scratch {
    folder: PathBuf,
    file: PathBuf,
    _lock: File,
}

impl Scratch {
    /// Claims the place for `edited`; `bases` are tried in order, the first in memory is used.
    pub fn claim(edited: &Path, bases: &[PathBuf]) -> Result<Self, Error> {
        let base = bases.iter().find(|base| in_memory(base)).ok_or_else(|| {
            Error::NoMemory(
                bases.iter().map(|base| base.display().to_string()).collect::<Vec<_>>().join(", "),
            )
        })?;
        let uid = rustix::process::getuid().as_raw();
        let ours = base.join(format!("convoy-edit-{uid}"));
        private_folder(&ours, uid)?;
        let edited = real_path(edited)?;
        let place: String = Sha256::digest(edited.as_os_str().as_encoded_bytes())[..12]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let lock = lock(&ours.join(format!("{place}.lock")))?.ok_or(Error::Busy(edited.clone()))?;
        let folder = ours.join(&place);
        private_folder(&folder, uid)?;
        let file = folder.join(edited.file_name().unwrap_or("values.yaml".as_ref()));
        Ok(Self { folder, file, _lock: lock })
    }

    /// The file that the editor opens.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// What the file holds; nothing when it does not exist.
    pub fn read(&self) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
        let mut text = Zeroizing::new(Vec::new());
        match File::open(&self.file) {
            Ok(mut file) => file.read_to_end(&mut text).map(|_| Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub fn write(&self, text: &[u8]) -> io::Result<()> {
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&self.file)?;
        file.write_all(text)
    }

    /// Leaves the text where it is, for the next session.
    pub fn keep(self) -> PathBuf {
        let mut scratch = self;
        scratch.folder = PathBuf::new();
        scratch.file.clone()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if self.folder.as_os_str().is_empty() {
            return;
        }
        // Editors leave swap and backup files beside the text; all of it goes.
        let _ = fs_err::remove_dir_all(&self.folder);
        let _ = fs_err::remove_file(self.folder.with_extension("lock"));
    }
}

/// The lock file at `path`, locked; `None` while another session holds it.
fn lock(path: &Path) -> io::Result<Option<File>> {
    loop {
        let lock = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        // Whoever held it may have removed it after we opened it; then it keeps nobody out.
        let locked = lock.metadata()?.ino();
        if fs_err::metadata(path).is_ok_and(|found| found.ino() == locked) {
            return Ok(Some(lock));
        }
    }
}

/// The one path of a file that has many: through links and by way of other folders. Its folder must exist.
fn real_path(path: &Path) -> io::Result<PathBuf> {
    match fs_err::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        result => return result,
    }
    let path = std::path::absolute(path)?;
    let folder = fs_err::canonicalize(path.parent().unwrap_or(&path))?;
    Ok(path.file_name().map_or_else(|| folder.clone(), |name| folder.join(name)))
}

fn in_memory(folder: &Path) -> bool {
    // The type of the field differs between systems.
    rustix::fs::statfs(folder)
        .is_ok_and(|found| [TMPFS, RAMFS].contains(&((found.f_type as u64) & 0xFFFF_FFFF)))
}

/// Makes `folder` if it is not there and refuses one that others could have prepared or may read.
fn private_folder(folder: &Path, uid: u32) -> Result<(), Error> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error.into()),
        _ => {}
    }
    let found = fs_err::symlink_metadata(folder)?;
    if !found.is_dir() || found.uid() != uid || found.mode() & 0o077 != 0 {
        return Err(Error::NotOurs(folder.to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn bases() -> Vec<PathBuf> {
        vec![PathBuf::from("/nowhere"), PathBuf::from("/dev/shm")]
    }

    #[test]
    fn one_session_at_a_time_and_nothing_left_behind() {
        let edited = Path::new("/tmp/convoy-test-one.yaml");
        let scratch = Scratch::claim(edited, &bases()).unwrap();
        assert!(matches!(Scratch::claim(edited, &bases()), Err(Error::Busy(_))));
        scratch.write(b"text").unwrap();
        let folder = scratch.folder.clone();
        assert_eq!(fs_err::metadata(scratch.file()).unwrap().mode() & 0o777, 0o600);
        fs_err::write(folder.join(".convoy-test-one.yaml.swp"), "swap").unwrap();
        drop(scratch);
        assert!(!folder.exists());
    }

    #[test]
    fn a_lock_that_was_just_removed_is_none() {
        let edited = Path::new("/tmp/convoy-test-race.yaml");
        let holders = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..1000 {
                        let Ok(scratch) = Scratch::claim(edited, &bases()) else { continue };
                        assert_eq!(holders.fetch_add(1, Ordering::SeqCst), 0, "two sessions at once");
                        holders.fetch_sub(1, Ordering::SeqCst);
                        drop(scratch);
                    }
                });
            }
        });
    }

    #[test]
    fn text_left_by_a_killed_session_is_found() {
        let edited = Path::new("/tmp/convoy-test-left.yaml");
        let first = Scratch::claim(edited, &bases()).unwrap();
        first.write(b"typed for an hour").unwrap();
        first.keep();
        let second = Scratch::claim(edited, &bases()).unwrap();
        assert_eq!(second.read().unwrap().unwrap().as_slice(), b"typed for an hour");
    }

    #[test]
    fn a_disk_is_refused() {
        assert!(matches!(Scratch::claim(Path::new("x"), &[PathBuf::from("/")]), Err(Error::NoMemory(_))));
    }
}
