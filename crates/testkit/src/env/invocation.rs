//! A command before it runs.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::{Run, Running};
use crate::leak::{Hunt, Planted};
use crate::process::guarded;

/// A command in the environment of a test; made by [`crate::TestEnv::helm`] and its siblings.
#[derive(Debug, Clone)]
#[must_use = "it does nothing until it is run"]
pub struct Invocation {
    program: OsString,
    arguments: Vec<OsString>,
    dir: PathBuf,
    vars: BTreeMap<OsString, OsString>,
    stdin: Vec<u8>,
    limit: Duration,
    hunt: Option<Hunt>,
}

impl Invocation {
    pub(super) fn new<S: AsRef<OsStr>>(
        program: &OsStr,
        arguments: impl IntoIterator<Item = S>,
        dir: PathBuf,
        vars: BTreeMap<OsString, OsString>,
    ) -> Self {
        Self {
            program: program.to_owned(),
            arguments: arguments.into_iter().map(|argument| argument.as_ref().to_owned()).collect(),
            dir,
            vars,
            stdin: Vec::new(),
            limit: Duration::from_secs(120),
            hunt: None,
        }
    }

    /// With one more argument.
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// With this variable set.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.vars.insert(name.as_ref().to_owned(), value.as_ref().to_owned());
        self
    }

    /// With this variable unset.
    pub fn env_remove(mut self, name: impl AsRef<OsStr>) -> Self {
        self.vars.remove(name.as_ref());
        self
    }

    /// With this standard input; without it there is none.
    pub fn stdin(self, text: impl Into<Vec<u8>>) -> Self {
        Self { stdin: text.into(), ..self }
    }

    /// In this directory, relative to the environment's.
    pub fn current_dir(self, dir: impl AsRef<Path>) -> Self {
        Self { dir: self.dir.join(dir), ..self }
    }

    /// Ended, with a failed test, when it runs longer; without it 120 seconds.
    pub fn timeout(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// Fails the test when one of these secrets shows in the arguments or the environment of any process the command
    /// starts, in anything written to disk, in standard output or in standard error. It runs under `strace`, about
    /// half as slow again.
    ///
    /// Not seen: a secret that is written in two pieces, or through a memory mapping, to a file that is gone at the
    /// end.
    pub fn hunting(self, planted: &Planted) -> Self {
        Self { hunt: Some(Hunt::new(planted)), ..self }
    }

    /// While [hunting](Self::hunting): standard output may show the secrets.
    ///
    /// # Panics
    /// When it is not hunting.
    pub fn stdout_may_show(mut self) -> Self {
        self.hunt_options().allow_stdout();
        self
    }

    /// While [hunting](Self::hunting): this file, or the files below this directory, may hold the secrets.
    ///
    /// # Panics
    /// When it is not hunting.
    pub fn file_may_hold(mut self, path: impl AsRef<Path>) -> Self {
        let path = self.dir.join(path);
        self.hunt_options().allow_file(path);
        self
    }

    fn hunt_options(&mut self) -> &mut Hunt {
        self.hunt.as_mut().expect("hunting(...) comes first")
    }

    /// Runs it to its end.
    ///
    /// # Panics
    /// When it cannot be started, runs too long, or leaks what it is hunted for.
    #[track_caller]
    pub fn run(self) -> Run {
        self.spawn().wait()
    }

    /// Starts it.
    ///
    /// # Panics
    /// When it cannot be started.
    #[track_caller]
    pub fn spawn(self) -> Running {
        let (mut command, hunting) = match self.hunt {
            None => (guarded(&self.program), None),
            Some(hunt) => {
                let hunting = hunt.begin(&self.dir);
                (hunting.traced(&self.program), Some(hunting))
            }
        };
        let what = describe(&self.program, &self.arguments);
        command.args(&self.arguments).env_clear().envs(&self.vars).current_dir(&self.dir);
        piped(&mut command, !self.stdin.is_empty());
        Running::start(command, what, self.stdin, self.limit, hunting)
    }
}

fn piped(command: &mut Command, stdin: bool) {
    command
        .stdin(if stdin { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
}

fn describe(program: &OsStr, arguments: &[OsString]) -> String {
    let words = std::iter::once(program).chain(arguments.iter().map(OsString::as_os_str));
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}
