//! Ctrl-C and its kin during a run: the first signal begins no further context, the second ends the running ones.

use std::fs::File;
use std::io;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, getpgrp, getppid, set_parent_process_death_signal, setpgid};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr, tcsetpgrp};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::rollout::Stop;

/// Signals closer together than this are one request: a Ctrl-C also kills the helm that started us, whose death is
/// told to us as a second signal.
const ONE_REQUEST: Duration = Duration::from_millis(500);

/// Listens for signals from here on; what they ask for arrives at the receiver.
///
/// Helm does not wait for a plugin when it is ended itself (a cancelled CI job, `timeout`), so its death counts as a
/// request to stop as well.
pub fn listen() -> io::Result<watch::Receiver<Stop>> {
    let (sender, receiver) = watch::channel(Stop::Go);
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let mut suspend = signal(SignalKind::from_raw(Signal::TSTP.as_raw()))?; // a run cannot be suspended half-way
    let mut orphaned = signal(SignalKind::user_defined1())?;
    let helm = getppid();
    set_parent_process_death_signal(Some(Signal::USR1))?;
    tokio::spawn(async move {
        let mut last: Option<Instant> = None;
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
                _ = hangup.recv() => {}
                // Sent when the thread that started us ends; only the end of the process counts.
                _ = orphaned.recv() => if getppid() == helm { continue },
                _ = suspend.recv() => continue,
            }
            if last.replace(Instant::now()).is_some_and(|last| last.elapsed() < ONE_REQUEST) {
                continue;
            }
            let next = if *sender.borrow() == Stop::Go { Stop::NoNew } else { Stop::EndRunning };
            sender.send_replace(next);
        }
    });
    Ok(receiver)
}

/// While this lives, the terminal's Ctrl-C reaches us and not the helm that started us.
///
/// Helm ends at once on Ctrl-C and the shell takes the terminal back while we still wait for running contexts: a
/// second Ctrl-C would go to the shell. So a run that changes clusters moves to a foreground process group of its own
/// and hands the terminal back at the end. Nothing happens where there is no terminal.
#[derive(Debug)]
pub struct Foreground {
    terminal: File,
    before: Pid,
    modes: Option<Termios>,
}

impl Foreground {
    pub fn take() -> Option<Self> {
        let terminal = File::options().read(true).write(true).open("/dev/tty").ok()?;
        let before = tcgetpgrp(&terminal).ok().filter(|group| *group == getpgrp())?;
        // Only a member of the foreground group may name another one without being stopped, so the new group is made
        // by a short-lived child, given the terminal, and joined; the child is reaped last, which keeps its group.
        let mut founder = group_founder().ok()?;
        let group = Pid::from_child(&founder);
        let taken = tcsetpgrp(&terminal, group).and_then(|()| setpgid(None, Some(group)));
        let _ = founder.wait();
        match taken {
            Ok(()) => {
                let modes = hide_control_characters(&terminal).ok();
                Some(Self { terminal, before, modes })
            }
            Err(_) => {
                let _ = tcsetpgrp(&terminal, before);
                None
            }
        }
    }
}

impl Drop for Foreground {
    fn drop(&mut self) {
        if let Some(modes) = &self.modes {
            let _ = tcsetattr(&self.terminal, OptionalActions::Now, modes);
        }
        let _ = tcsetpgrp(&self.terminal, self.before);
    }
}

/// Keeps the terminal from writing `^C` into lines that are redrawn; returns the modes it had.
fn hide_control_characters(terminal: &File) -> rustix::io::Result<Termios> {
    let before = tcgetattr(terminal)?;
    let mut modes = before.clone();
    modes.local_modes.remove(LocalModes::ECHOCTL);
    tcsetattr(terminal, OptionalActions::Now, &modes)?;
    Ok(before)
}

fn group_founder() -> io::Result<std::process::Child> {
    use std::os::unix::process::CommandExt;
    Command::new(std::env::current_exe()?)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
}
