//! One hunted command: before, while and after it runs.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::Planted;
use super::planted::Needles;
use super::trace::{self, Shown};
use super::watch::Watch;
use crate::env::Run;
use crate::process::guarded;
use crate::{private_dir, tools};

/// What to hunt for, and where it is allowed.
#[derive(Debug, Clone)]
pub(crate) struct Hunt {
    needles: Needles,
    stdout: bool,
    files: Vec<PathBuf>,
}

impl Hunt {
    pub(crate) fn new(planted: &Planted) -> Self {
        Self { needles: planted.needles(), stdout: false, files: Vec::new() }
    }

    pub(crate) fn allow_stdout(&mut self) {
        self.stdout = true;
    }

    /// Allows the file, or all files below the directory.
    pub(crate) fn allow_file(&mut self, path: PathBuf) {
        self.files.push(path);
    }

    /// Makes ready for a command that runs in `dir`.
    pub(crate) fn begin(self, dir: &Path) -> Hunting {
        Hunting { hunt: self, dir: dir.to_owned(), traces: private_dir("trace"), watch: None }
    }
}

/// A hunt while the command runs.
#[derive(Debug)]
pub(crate) struct Hunting {
    hunt: Hunt,
    dir: PathBuf,
    traces: TempDir,
    watch: Option<Watch>,
}

impl Hunting {
    /// The program under strace. It is guarded once more, because strace lets go of what it traces when it is killed.
    pub(crate) fn traced(&self, program: &OsStr) -> Command {
        let mut command = guarded(tools::system("strace"));
        command.args(trace::arguments(&self.traces.path().join("thread")));
        command.arg(tools::system("setpriv")).args(["--pdeathsig", "KILL", "--"]).arg(program);
        command
    }

    /// Begins to look at the processes below this one.
    pub(crate) fn watch(&mut self, root: u32) {
        self.watch = Some(Watch::start(root, self.hunt.needles.clone()));
    }

    /// Fails the test when a secret got out; the message names each secret and place.
    #[track_caller]
    pub(crate) fn finish(mut self, run: &Run) {
        let mut leaks = self.watch.take().map(Watch::stop).unwrap_or_default();
        let shown = self.shown();
        leaks.extend(shown.executed);
        let files =
            shown.written.into_iter().chain(self.on_disk(&shown.touched)).chain(self.copied(&shown.copied));
        let forbidden = files.filter(|(_, file)| !self.allowed(file));
        leaks.extend(forbidden.map(|(name, file)| (name, format!("the file {}", file.display()))));
        let stdout = (!self.hunt.stdout).then(|| ("standard output", run.stdout_bytes()));
        for (stream, bytes) in stdout.into_iter().chain([("standard error", run.stderr_bytes())]) {
            leaks.extend(
                self.hunt.needles.find(bytes).iter().map(|(name, _)| ((*name).to_owned(), stream.to_owned())),
            );
        }
        let lines: Vec<String> =
            leaks.iter().map(|(name, place)| format!("  {name} shows in {place}\n")).collect();
        assert!(lines.is_empty(), "secrets got out:\n{}{run}", lines.concat());
    }

    fn shown(&self) -> Shown {
        let mut shown = Shown::default();
        let mut traced = 0;
        for entry in fs_err::read_dir(self.traces.path()).expect("the traces") {
            let text = fs_err::read(entry.expect("a trace").path()).expect("a trace");
            for line in text.split(|byte| *byte == b'\n') {
                traced += usize::from(line.starts_with(b"execve("));
                shown.line(line, &self.hunt.needles, &self.dir);
            }
        }
        // setpriv and the command itself; else the hunt saw nothing and would find every command clean.
        assert!(traced >= 2, "strace saw no program being executed");
        shown
    }

    /// What is left in the files that were written: this also sees a secret that came in two pieces.
    fn on_disk<'a>(&'a self, files: impl IntoIterator<Item = &'a PathBuf>) -> Vec<(String, PathBuf)> {
        let mut found = Vec::new();
        for file in files {
            // A device would never end.
            if !file.is_file() {
                continue;
            }
            let Ok(bytes) = std::fs::read(file) else { continue };
            found.extend(
                self.hunt.needles.find(&bytes).iter().map(|(name, _)| ((*name).to_owned(), file.clone())),
            );
        }
        found
    }

    /// What the kernel copied to disk without a write: all of a file in memory counts, for it cannot be read any more.
    fn copied(&self, copies: &BTreeSet<(String, PathBuf)>) -> Vec<(String, PathBuf)> {
        let mut found = Vec::new();
        for (from, to) in copies {
            if from.starts_with("/memfd:") {
                found.push(("a file in memory".to_owned(), to.clone()));
            }
            let source = self.on_disk([&PathBuf::from(from)]);
            found.extend(source.into_iter().map(|(name, _)| (name, to.clone())));
        }
        found
    }

    fn allowed(&self, file: &Path) -> bool {
        self.hunt.files.iter().any(|allowed| file.starts_with(allowed))
    }
}
