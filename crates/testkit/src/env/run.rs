//! A command after its end.

use std::fmt;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::time::Duration;

/// What a command did; printing it shows all of it.
#[derive(Debug, Clone)]
pub struct Run {
    what: String,
    status: Option<ExitStatus>,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    duration: Duration,
}

impl Run {
    pub(super) fn new(
        what: String,
        status: Option<ExitStatus>,
        stdout: Vec<u8>,
        stderr: Vec<u8>,
        duration: Duration,
    ) -> Self {
        Self { what, status, stdout, stderr, duration }
    }

    /// The exit code; none after death by a signal.
    pub fn code(&self) -> Option<i32> {
        self.status?.code()
    }

    /// The number of the signal it died of.
    pub fn signal(&self) -> Option<i32> {
        self.status?.signal()
    }

    /// Standard output as text.
    ///
    /// # Panics
    /// When it is not UTF-8.
    #[track_caller]
    pub fn stdout(&self) -> &str {
        std::str::from_utf8(&self.stdout).unwrap_or_else(|error| panic!("standard output: {error}\n{self}"))
    }

    /// Standard output as it came.
    pub fn stdout_bytes(&self) -> &[u8] {
        &self.stdout
    }

    /// Standard output as JSON.
    ///
    /// # Panics
    /// When it is something else.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.stdout)
            .unwrap_or_else(|error| panic!("standard output: {error}\n{self}"))
    }

    /// Standard error as text.
    ///
    /// # Panics
    /// When it is not UTF-8.
    #[track_caller]
    pub fn stderr(&self) -> &str {
        std::str::from_utf8(&self.stderr).unwrap_or_else(|error| panic!("standard error: {error}\n{self}"))
    }

    pub(crate) fn stderr_bytes(&self) -> &[u8] {
        &self.stderr
    }

    /// From its start to its end.
    pub fn duration(&self) -> Duration {
        self.duration
    }

    /// Fails the test unless the exit code is 0.
    ///
    /// # Panics
    /// When it is another.
    #[track_caller]
    pub fn assert_success(&self) -> &Self {
        self.assert_code(0)
    }

    /// Fails the test unless this is the exit code.
    ///
    /// # Panics
    /// When it is another.
    #[track_caller]
    pub fn assert_code(&self, code: i32) -> &Self {
        assert!(self.code() == Some(code), "expected exit code {code}:\n{self}");
        self
    }

    /// Fails the test unless standard output holds this text.
    ///
    /// # Panics
    /// When it does not.
    #[track_caller]
    pub fn assert_stdout(&self, text: &str) -> &Self {
        assert!(self.stdout().contains(text), "expected in standard output: {text:?}\n{self}");
        self
    }

    /// Fails the test unless standard error holds this text.
    ///
    /// # Panics
    /// When it does not.
    #[track_caller]
    pub fn assert_stderr(&self, text: &str) -> &Self {
        assert!(self.stderr().contains(text), "expected in standard error: {text:?}\n{self}");
        self
    }

    /// Fails the test if standard output or standard error holds this text.
    ///
    /// # Panics
    /// When one does.
    #[track_caller]
    pub fn assert_nowhere(&self, text: &str) -> &Self {
        let shown =
            [&self.stdout, &self.stderr].iter().any(|bytes| String::from_utf8_lossy(bytes).contains(text));
        assert!(!shown, "not expected: {text:?}\n{self}");
        self
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "$ {}", self.what)?;
        for (name, bytes) in [("standard output", &self.stdout), ("standard error", &self.stderr)] {
            writeln!(f, "--- {name} ---\n{}", String::from_utf8_lossy(bytes).trim_end())?;
        }
        match self.status {
            Some(status) => writeln!(f, "--- {status} after {:.1?} ---", self.duration),
            None => writeln!(f, "--- still running after {:.1?} ---", self.duration),
        }
    }
}
