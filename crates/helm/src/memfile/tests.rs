use std::os::fd::{AsFd as _, AsRawFd as _};
use std::os::unix::fs::PermissionsExt as _;

use rustix::fs::{SealFlags, fcntl_get_seals};
use rustix::io::{FdFlags, fcntl_getfd};

use super::*;

#[test]
fn memory_is_sealed_and_closes_on_exec() {
    let fd = MemFile::new("values", b"a: 1\n").unwrap().into_backing().into_fd();
    let all = SealFlags::SEAL | SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE;
    assert_eq!(fcntl_get_seals(&fd).unwrap(), all);
    assert_eq!(fcntl_getfd(fd.as_fd()).unwrap(), FdFlags::CLOEXEC);
    assert!(rustix::io::write(&fd, b"x").is_err());
}

#[test]
fn memory_reads_from_the_start_every_time() {
    let file = MemFile::new("values", b"a: 1\n").unwrap();
    for _ in 0..2 {
        assert_eq!(fs_err::read(file.path()).unwrap(), b"a: 1\n");
    }
    let fd = file.into_backing().into_fd();
    let target = fs_err::read_link(format!("/proc/self/fd/{}", fd.as_raw_fd())).unwrap();
    assert_eq!(target.to_str(), Some("/memfd:values (deleted)"));
}

#[test]
fn a_file_on_disk_is_private_and_goes_with_its_value() {
    let file = on_disk::Backing::new("prod/values.yaml", b"a: 1\n").unwrap();
    let path = file.path();
    let mode = |path: &std::path::Path| fs_err::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(fs_err::read(&path).unwrap(), b"a: 1\n");
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    drop(file);
    assert!(!path.parent().unwrap().exists());
}
