//! Where there is no memfd: a 0600 file in a private directory.

use std::fs::Permissions;
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::PathBuf;

use tempfile::TempDir;

#[derive(Debug)]
pub struct Backing {
    dir: TempDir,
    name: String,
}

impl Backing {
    pub fn new(name: &str, bytes: &[u8]) -> io::Result<Self> {
        let dir = tempfile::Builder::new()
            .prefix("convoy-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir()?;
        let name = name.replace(['/', '\0'], "_");
        let path = dir.path().join(&name);
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?.write_all(bytes)?;
        Ok(Self { dir, name })
    }

    pub fn path(&self) -> PathBuf {
        self.dir.path().join(&self.name)
    }
}
