//! The command of `exec-env` and `exec-file`.

use std::ffi::{OsStr, OsString};
use std::io;
use std::process::Command;

use clap::Args;
use helm::{Environment, MemFile};
use ui::{CommandError, Exit};

/// A command for the shell, or a program with its arguments after `--`.
#[derive(Debug, Args)]
pub struct Child {
    /// A command line for /bin/sh
    #[arg(value_name = "COMMAND", required_unless_present = "program", conflicts_with = "program")]
    command: Option<OsString>,
    /// A program and its arguments, run without a shell
    #[arg(last = true, value_name = "PROGRAM")]
    program: Vec<OsString>,
}

impl Child {
    /// Whether `text` occurs in it.
    pub fn names(&self, text: &str) -> bool {
        let mut words = self.command.iter().chain(&self.program);
        words.any(|word| word.to_str().is_some_and(|word| word.contains(text)))
    }

    /// Runs it in our place, its words as `change` makes them. Returns where a process cannot be replaced, with the
    /// exit code of the command.
    pub fn become_it(
        self,
        change: impl Fn(&OsStr) -> OsString,
        environment: &Environment,
        files: Vec<MemFile>,
    ) -> Result<Exit, CommandError> {
        self.start(change, environment, |command| helm::replace_process(command, files))
    }

    /// Runs it and waits for it, with its signals passed on.
    pub fn run(
        self,
        change: impl Fn(&OsStr) -> OsString,
        environment: &Environment,
        files: Vec<MemFile>,
    ) -> Result<Exit, CommandError> {
        self.start(change, environment, |command| helm::run_in_foreground(command, files))
    }

    fn start(
        self,
        change: impl Fn(&OsStr) -> OsString,
        environment: &Environment,
        start: impl FnOnce(Command) -> io::Result<u8>,
    ) -> Result<Exit, CommandError> {
        let words: Vec<OsString> = match &self.command {
            Some(line) => vec!["/bin/sh".into(), "-c".into(), change(line)],
            None => self.program.iter().map(|word| change(word)).collect(),
        };
        let [program, arguments @ ..] = words.as_slice() else {
            return Err(CommandError::new("no command is given"));
        };
        let mut command = Command::new(program);
        command.args(arguments).env_clear().envs(environment.iter());
        start(command).map(Exit::Child).map_err(|error| failed(program, &error))
    }
}

fn failed(program: &OsStr, error: &io::Error) -> CommandError {
    let program = program.to_string_lossy();
    if error.kind() == io::ErrorKind::ArgumentListTooLong {
        return CommandError::new(format!(
            "failed to run {program}: the values are too long for an environment"
        ))
        .hint("hand them over as a file: helm secrets exec-file");
    }
    CommandError::new(format!("failed to run {program}: {error}"))
}
