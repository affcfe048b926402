//! A server process with its log.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::process::{ProcessId, guarded, spawn};

/// How long a server lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// Until it is dropped or the process that started it is gone.
    Process,
    /// Until somebody kills it: for servers that one command starts and a later one ends.
    Detached,
}

/// A running server; its output goes to a file.
#[derive(Debug)]
pub(crate) struct Daemon {
    name: String,
    id: ProcessId,
    log: PathBuf,
    /// Kept to be killed and waited for on drop.
    owned: Option<Child>,
}

impl Daemon {
    /// Starts `program` in the directory `dir`, with no environment but `HOME` there, and writes its output to
    /// `dir/NAME.log`.
    ///
    /// # Errors
    /// When the log cannot be created or the program not be started.
    pub(crate) fn start(
        name: &str,
        program: &Path,
        arguments: &[String],
        dir: &Path,
        lifetime: Lifetime,
    ) -> io::Result<Self> {
        let log = dir.join(format!("{name}.log"));
        let output = fs_err::File::create(&log)?.into_parts().0;
        let mut command = match lifetime {
            Lifetime::Process => guarded(program),
            Lifetime::Detached => Command::new(program),
        };
        command
            .args(arguments)
            .env_clear()
            .env("HOME", dir)
            .current_dir(dir)
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output);
        let child = match lifetime {
            Lifetime::Process => spawn(command)?,
            Lifetime::Detached => command.spawn()?,
        };
        let id = ProcessId::of(child.id()).ok_or_else(|| {
            io::Error::other(format!("{name} ended at once; its output is in {}", log.display()))
        })?;
        Ok(Self { name: name.to_owned(), id, log, owned: (lifetime == Lifetime::Process).then_some(child) })
    }

    /// A detached server that an earlier process started.
    pub(crate) fn attach(name: &str, id: ProcessId, dir: &Path) -> Self {
        Self { name: name.to_owned(), id, log: dir.join(format!("{name}.log")), owned: None }
    }

    /// What it was called at the start.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Which process it is.
    pub(crate) fn id(&self) -> ProcessId {
        self.id
    }

    /// All of its output.
    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// The last lines of its output.
    pub(crate) fn log_tail(&self) -> String {
        let text = self.log();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(15)..].join("\n")
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if let Some(child) = &mut self.owned {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
