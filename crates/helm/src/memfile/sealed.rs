//! The Linux way: a sealed memfd.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::PathBuf;

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};

/// Close-on-exec stays set in this process: it is cleared in the child alone, after the fork.
#[derive(Debug)]
pub struct Backing {
    fd: OwnedFd,
}

impl Backing {
    pub fn new(name: &str, bytes: &[u8]) -> io::Result<Self> {
        let fd = memfd_create(name, MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
        let mut file = File::from(fd);
        file.write_all(bytes)?;
        let all = SealFlags::SEAL | SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE;
        fcntl_add_seals(&file, all)?;
        Ok(Self { fd: file.into() })
    }

    /// Opening `/dev/fd/N` opens the memory anew, at offset 0.
    pub fn path(&self) -> PathBuf {
        format!("/dev/fd/{}", self.fd.as_raw_fd()).into()
    }

    pub fn into_fd(self) -> OwnedFd {
        self.fd
    }
}
