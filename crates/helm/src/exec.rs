//! Becoming helm, for `helm secrets upgrade` and its like.
//!
//! On Linux the process is replaced: terminal, signals, job control and exit status are then exactly those of a plain
//! helm, at no cost in memory, and the sealed memfds live on in it. Elsewhere the files handed over must be removed
//! afterwards, so helm runs as a child that shares our foreground.

use std::ffi::OsString;

use crate::{Environment, Error, Helm, MemFile};

impl Helm {
    /// Runs `helm ARGS` in our place. Returns the exit code to end with (128 + n when signal n ended helm); on Linux
    /// only ever an error.
    pub fn exec(
        &self,
        args: &[OsString],
        environment: &Environment,
        files: Vec<MemFile>,
    ) -> Result<u8, Error> {
        let mut command = std::process::Command::new(self.program());
        command.args(args).env_clear().envs(environment.iter());
        replace_process(command, files)
            .map_err(|source| Error::Run { program: self.program().to_owned(), source })
    }
}

/// Runs any `command` in our place, as [`Helm::exec`] does helm; it and its children can open `files`.
#[cfg(target_os = "linux")]
pub fn replace_process(mut command: std::process::Command, files: Vec<MemFile>) -> std::io::Result<u8> {
    crate::memfile::preserve(&mut command, files);
    Err(std::os::unix::process::CommandExt::exec(&mut command))
}

/// Runs any `command` in our place, as [`Helm::exec`] does helm; it and its children can open `files`.
#[cfg(not(target_os = "linux"))]
pub fn replace_process(command: std::process::Command, files: Vec<MemFile>) -> std::io::Result<u8> {
    run_in_foreground(command, files)
}

/// Runs `command` in our foreground group and waits, for those who have something to clean up; it and its children can
/// open `files`. Returns the exit code to end with.
///
/// The terminal sends its signals to the whole group, so they are the command's to act on; SIGTERM and SIGHUP may be
/// sent to us alone and are passed on.
pub fn run_in_foreground(mut command: std::process::Command, files: Vec<MemFile>) -> std::io::Result<u8> {
    use std::os::unix::process::ExitStatusExt as _;

    use rustix::process::{Pid, Signal, kill_process};
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};

    #[cfg(target_os = "linux")]
    crate::memfile::preserve(&mut command, files);
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGQUIT, SIGTERM, SIGHUP])?;
    let mut child = command.spawn()?;
    let pid = Pid::from_raw(child.id().cast_signed());
    let handle = signals.handle();
    let forwarding = std::thread::spawn(move || {
        for signal in signals.forever() {
            let signal = match signal {
                SIGTERM => Signal::TERM,
                SIGHUP => Signal::HUP,
                _ => continue,
            };
            // The command may be gone already.
            let _gone = pid.map(|pid| kill_process(pid, signal));
        }
    });
    let status = child.wait();
    handle.close();
    let _panic_is_no_reason_to_fail = forwarding.join();
    let status = status?;
    let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default());
    Ok(u8::try_from(code).unwrap_or(u8::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> u8 {
        let mut command = std::process::Command::new("/bin/sh");
        command.args(["-c", script]);
        run_in_foreground(command, Vec::new()).unwrap()
    }

    #[test]
    fn exit_codes_pass_through() {
        assert_eq!(sh("exit 0"), 0);
        assert_eq!(sh("exit 137"), 137);
        assert_eq!(sh("kill -9 $$"), 137);
    }

    #[test]
    fn a_signal_to_us_alone_is_passed_on() {
        assert_eq!(sh("trap 'exit 7' TERM; kill -TERM $PPID; sleep 5 & wait; kill $!"), 7);
        assert_eq!(sh("kill -INT $PPID; sleep 0.2; exit 5"), 5);
    }
}
