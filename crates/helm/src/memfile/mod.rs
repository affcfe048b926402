//! A file that is handed to one helm child and that nobody else sees.

#[cfg(any(not(target_os = "linux"), test))]
mod on_disk;
#[cfg(target_os = "linux")]
mod sealed;
#[cfg(test)]
mod tests;

use std::io;
use std::path::PathBuf;

#[cfg(not(target_os = "linux"))]
use on_disk::Backing;
#[cfg(target_os = "linux")]
use sealed::Backing;

/// Bytes that one helm child reads as a file, as often as it likes, each time from the start.
///
/// On Linux a sealed memfd: it is on no disk, nobody can change it, and only the child it is given to inherits it.
/// Elsewhere a 0600 file in a private directory, removed with this value.
#[derive(Debug)]
pub struct MemFile {
    backing: Backing,
}

impl MemFile {
    /// A file of `bytes`; `name` shows in `/proc/PID/fd` and must not be a secret.
    pub fn new(name: &str, bytes: &[u8]) -> io::Result<Self> {
        Ok(Self { backing: Backing::new(name, bytes)? })
    }

    /// The name by which the child that is given this file opens it.
    pub fn path(&self) -> PathBuf {
        self.backing.path()
    }

    #[cfg(all(target_os = "linux", test))]
    fn into_backing(self) -> Backing {
        self.backing
    }
}

/// Lets the child that `command` starts inherit `files`, and no other child: close-on-exec is cleared after the fork.
#[cfg(target_os = "linux")]
pub(crate) fn preserve(command: &mut std::process::Command, files: Vec<MemFile>) {
    // Without such a step the child is started by the cheaper posix_spawn.
    if !files.is_empty() {
        let fds = files.into_iter().map(|file| file.backing.into_fd()).collect();
        command_fds::CommandFdExt::preserved_fds(command, fds);
    }
}
