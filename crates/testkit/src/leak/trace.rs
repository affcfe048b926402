//! What a command and all it starts did, from `strace`: every program executed with its arguments and environment,
//! and every write to a file on disk.
//!
//! Planted secrets hold no character that strace escapes, so its text is searched as it is.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::planted::Needles;

const CALLS: &str = "trace=execve,execveat,write,pwrite64,writev,pwritev,pwritev2,sendfile,copy_file_range,splice,\
                     open,openat,openat2,creat,rename,renameat,renameat2,link,linkat";

/// The arguments of strace before the command; one file per thread, `OUTPUT.TID`, keeps each call on one line.
pub(super) fn arguments(output: &Path) -> Vec<OsString> {
    let mut arguments: Vec<OsString> =
        ["-ff", "--seccomp-bpf", "-qq", "-v", "-y", "-s", "16777216", "-e", "signal=none", "-e", CALLS, "-o"]
            .map(OsString::from)
            .to_vec();
    arguments.extend([output.as_os_str(), OsStr::new("--")].map(OsStr::to_owned));
    arguments
}

/// What the lines of one trace show.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Shown {
    /// Secret and place: an argument or variable of an executed program.
    pub(super) executed: BTreeSet<(String, String)>,
    /// Secret and file it was written to.
    pub(super) written: BTreeSet<(String, PathBuf)>,
    /// Where the kernel copied bytes from (as strace names it) and the file it copied them to, unseen.
    pub(super) copied: BTreeSet<(String, PathBuf)>,
    /// Files that were opened for writing or given a new name.
    pub(super) touched: BTreeSet<PathBuf>,
}

impl Shown {
    /// Adds what one line shows; relative names are below `dir`.
    pub(super) fn line(&mut self, line: &[u8], needles: &Needles, dir: &Path) {
        let Some(paren) = line.iter().position(|byte| *byte == b'(') else { return };
        let (Ok(call), arguments) = (str::from_utf8(&line[..paren]), &line[paren + 1..]) else { return };
        match call {
            "execve" | "execveat" => self.execution(arguments, needles),
            "write" | "pwrite64" | "writev" | "pwritev" | "pwritev2" => {
                if let Some(file) = descriptors(arguments).first().and_then(|path| on_disk(path)) {
                    let found =
                        needles.find(arguments).into_iter().map(|(name, _)| (name.to_owned(), file.clone()));
                    self.written.extend(found);
                }
            }
            "sendfile" => self.copy(arguments, 1, 0),
            "copy_file_range" | "splice" => self.copy(arguments, 0, 1),
            "open" | "openat" | "openat2" | "creat" => {
                let text = String::from_utf8_lossy(arguments);
                let writing = ["O_WRONLY", "O_RDWR", "O_CREAT"].iter().any(|flag| text.contains(flag));
                if writing || call == "creat" {
                    let opened = text.rsplit_once(") = ").and_then(|(_, result)| between(result));
                    self.touched.extend(opened.and_then(|path| on_disk(&path)));
                }
            }
            _ => {
                let text = String::from_utf8_lossy(arguments);
                let name =
                    text.rsplit_once('"').and_then(|(rest, _)| rest.rsplit_once('"')).map(|(_, name)| name);
                self.touched.extend(name.and_then(|name| on_disk(&dir.join(name).to_string_lossy())));
            }
        }
    }

    fn execution(&mut self, arguments: &[u8], needles: &Needles) {
        // "program", [arguments], [environment]
        let environment = find(arguments, b"], [").unwrap_or(arguments.len());
        let program = String::from_utf8_lossy(arguments).split('"').nth(1).unwrap_or_default().to_owned();
        for (name, at) in needles.find(arguments) {
            let place = if at < environment { "arguments" } else { "environment" };
            self.executed.insert((name.to_owned(), format!("the {place} of {program}")));
        }
    }

    fn copy(&mut self, arguments: &[u8], from: usize, to: usize) {
        let descriptors = descriptors(arguments);
        if let (Some(from), Some(to)) = (descriptors.get(from), descriptors.get(to)) {
            self.copied.extend(on_disk(to).map(|to| (from.clone(), to)));
        }
    }
}

/// The paths that `-y` prints behind descriptors outside quoted text, in order: `3</some/path>`.
fn descriptors(arguments: &[u8]) -> Vec<String> {
    let head = arguments.split(|byte| *byte == b'"').next().unwrap_or_default();
    let head = String::from_utf8_lossy(head);
    // Between two paths stands `, ` and a number or NULL.
    head.split('<').skip(1).filter_map(|rest| rest.split_once('>')).map(|(path, _)| path.to_owned()).collect()
}

fn between(result: &str) -> Option<String> {
    let (_, rest) = result.split_once('<')?;
    rest.rsplit_once('>').map(|(path, _)| path.to_owned())
}

/// The path of a file that other programs could find: not memory, a pipe, a socket, a terminal or a device.
fn on_disk(path: &str) -> Option<PathBuf> {
    let elsewhere = ["/memfd:", "/dev/", "/proc/"].iter().any(|start| path.starts_with(start));
    let regular = path.starts_with('/') && (!elsewhere || path.starts_with("/dev/shm/"));
    regular.then(|| PathBuf::from(path))
}

fn find(bytes: &[u8], text: &[u8]) -> Option<usize> {
    bytes.windows(text.len()).position(|window| window == text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Planted;

    fn shown(lines: &[&str]) -> Shown {
        let mut planted = Planted::new();
        planted.add("key", "SECRETSECRET");
        let needles = planted.needles();
        let mut shown = Shown::default();
        for line in lines {
            shown.line(line.as_bytes(), &needles, Path::new("/work"));
        }
        shown
    }

    fn paths<const N: usize>(paths: [&str; N]) -> BTreeSet<PathBuf> {
        paths.into_iter().map(PathBuf::from).collect()
    }

    #[test]
    fn arguments_and_environment_of_executed_programs_are_told_apart() {
        let shown = shown(&[
            r#"execve("/bin/a", ["a", "--set=x=SECRETSECRET"], ["HOME=/"]) = 0"#,
            r#"execve("/bin/b", ["b"], ["HOME=/", "K=SECRETSECRET"]) = 0"#,
        ]);
        let places: Vec<&str> = shown.executed.iter().map(|(_, place)| place.as_str()).collect();
        assert_eq!(places, ["the arguments of /bin/a", "the environment of /bin/b"]);
    }

    #[test]
    fn only_writes_to_files_count() {
        let shown = shown(&[
            r#"write(3</tmp/file>, "a\1SECRETSECRET\n", 15) = 15"#,
            r#"write(3</dev/shm/file>(deleted), "SECRETSECRET", 12) = 12"#,
            r#"pwrite64(5</tmp/#99>(deleted), "SECRETSECRET", 12, 0) = 12"#,
            r#"write(3</memfd:values>(deleted), "SECRETSECRET", 12) = 12"#,
            r#"write(1<pipe:[7]>, "SECRETSECRET", 12) = 12"#,
            r#"write(1<socket:[7]>, "SECRETSECRET", 12) = 12"#,
            r#"write(2</dev/pts/0<char 136:0>>, "SECRETSECRET", 12) = 12"#,
            r#"write(3</tmp/other>, "nothing", 7) = 7"#,
        ]);
        let files = shown.written.into_iter().map(|(_, file)| file).collect::<BTreeSet<_>>();
        assert_eq!(files, paths(["/tmp/file", "/dev/shm/file", "/tmp/#99"]));
    }

    #[test]
    fn files_opened_for_writing_and_renamed_are_known() {
        let shown = shown(&[
            r#"openat(AT_FDCWD</work>, "a", O_WRONLY|O_CREAT|O_CLOEXEC, 0777) = 4</work/a>"#,
            r#"openat(AT_FDCWD</work>, "r", O_RDONLY|O_CLOEXEC) = 4</work/r>"#,
            r#"openat(AT_FDCWD</work>, "no", O_RDWR) = -1 ENOENT (No such file or directory)"#,
            r#"rename("a", "b") = 0"#,
            r#"linkat(5</work/#9>(deleted), "", AT_FDCWD</work>, "/work/c", AT_EMPTY_PATH) = 0"#,
        ]);
        assert_eq!(shown.touched, paths(["/work/a", "/work/b", "/work/c"]));
    }

    #[test]
    fn copies_to_disk_by_the_kernel_are_known() {
        let shown = shown(&[
            r"sendfile(4</tmp/s>, 3</memfd:x>(deleted), [0] => [5], 5) = 5",
            r"copy_file_range(3</memfd:x>(deleted), NULL, 4</tmp/c>, NULL, 5, 0) = 5",
            r"copy_file_range(3</etc/hosts>, NULL, 4</tmp/plain>, NULL, 5, 0) = 5",
            r"splice(3</tmp/file>, NULL, 4<pipe:[5]>, NULL, 5, 0) = 5",
        ]);
        let copied: Vec<_> =
            shown.copied.iter().map(|(from, to)| (from.as_str(), to.to_str().unwrap())).collect();
        assert_eq!(copied, [("/etc/hosts", "/tmp/plain"), ("/memfd:x", "/tmp/c"), ("/memfd:x", "/tmp/s")]);
    }
}
