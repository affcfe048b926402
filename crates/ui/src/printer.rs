use std::io::{self, IsTerminal, Write};

use crate::{CommandError, Style};

/// Where output goes: data to stdout, everything else to stderr. `-q`, `-v`, `--no-progress` and colours are decided
/// here, once.
#[derive(Debug, Clone, Copy)]
pub struct Printer {
    quiet: bool,
    verbose: bool,
    progress: bool,
}

impl Printer {
    /// Progress lines are redrawn only when stderr is a terminal and nobody switched them off.
    pub fn new(quiet: bool, verbose: bool, no_progress: bool) -> Self {
        Self { quiet, verbose, progress: !quiet && !no_progress && io::stderr().is_terminal() }
    }

    /// Data a pipe may read. A reader that went away (`| head`) is no error.
    pub fn data(&self, bytes: &[u8]) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => result,
        }
    }

    /// Data that may hold colours, for people and pipes.
    pub fn text(&self, text: &str) -> io::Result<()> {
        let mut stdout = anstream::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => result,
        }
    }

    /// A line about what was done, on stderr; `-q` silences it.
    pub fn status(&self, line: &str) {
        if !self.quiet {
            stderr_line(line);
        }
    }

    /// A line for `-v`.
    pub fn detail(&self, line: &str) {
        if self.verbose {
            stderr_line(&Style::Dim.paint(line));
        }
    }

    /// A warning, shown with `-q` too.
    pub fn warning(&self, line: &str) {
        stderr_line(&format!("{}: {line}", Style::Waiting.paint("warning")));
    }

    /// The error a command ended with, its details and hints.
    pub fn error(&self, error: &CommandError) {
        let message = error.to_string();
        let mut lines = message.lines();
        let mut text = format!("{}: {}", Style::Failed.paint("error"), lines.next().unwrap_or_default());
        for detail in lines.map(str::trim_start).chain(error.details().iter().map(String::as_str)) {
            text.push_str("\n  ");
            text.push_str(detail);
        }
        for hint in error.hints() {
            text.push_str("\n  ");
            text.push_str(&Style::Dim.paint("hint"));
            text.push_str(": ");
            text.push_str(hint);
        }
        stderr_line(&text);
    }

    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    pub fn is_verbose(&self) -> bool {
        self.verbose
    }

    /// True when lines may be redrawn.
    pub fn redraws(&self) -> bool {
        self.progress
    }
}

/// One write per line, so that lines of parallel work never mix. A closed stderr is nobody's business.
fn stderr_line(line: &str) {
    let _ = anstream::stderr().lock().write_all(format!("{line}\n").as_bytes());
}
