//! A command while it runs.

use std::io::{Read, Write as _};
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use super::Run;
use crate::leak::Hunting;
use crate::process::{ProcessId, descendants, spawn};
use crate::wait_for;

const POLL: Duration = Duration::from_millis(2);

/// A command that was started; killed with all it started when dropped.
#[derive(Debug)]
pub struct Running {
    what: String,
    child: Child,
    started: Instant,
    limit: Duration,
    stdout: Stream,
    stderr: Stream,
    hunting: Option<Hunting>,
}

/// What a command wrote so far.
#[derive(Debug)]
struct Stream {
    bytes: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
}

impl Running {
    #[track_caller]
    pub(super) fn start(
        command: Command,
        what: String,
        stdin: Vec<u8>,
        limit: Duration,
        mut hunting: Option<Hunting>,
    ) -> Self {
        let mut child = spawn(command).unwrap_or_else(|error| panic!("{what}: {error}"));
        if let Some(hunting) = &mut hunting {
            hunting.watch(child.id());
        }
        if let Some(mut pipe) = child.stdin.take() {
            // The command may end without reading it.
            std::thread::spawn(move || drop(pipe.write_all(&stdin)));
        }
        let stdout = Stream::new(child.stdout.take().expect("a pipe"));
        let stderr = Stream::new(child.stderr.take().expect("a pipe"));
        Self { what, child, started: Instant::now(), limit, stdout, stderr, hunting }
    }

    /// Sends a signal to the command and to what it started in its process group: what a terminal does with SIGINT
    /// on Ctrl-C.
    pub fn signal_group(&self, signal: Signal) {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            // All of it may have ended already.
            let _ = kill_process_group(pid, signal);
        }
    }

    /// Sends a signal to the command alone. Under a hunt that is `strace`.
    pub fn signal(&self, signal: Signal) {
        if let Some(id) = ProcessId::of(self.child.id()) {
            id.signal(signal);
        }
    }

    /// The number of its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until standard error holds this text.
    ///
    /// # Panics
    /// When it does not within 60 seconds, or the command ends before.
    #[track_caller]
    pub fn wait_for_stderr(&mut self, text: &str) {
        let shown = |stream: &Stream| String::from_utf8_lossy(&stream.bytes()).contains(text);
        let found = wait_for(Duration::from_secs(60), POLL, || {
            let ended = self.child.try_wait().expect("a child").is_some() && self.stderr.reader.is_finished();
            if shown(&self.stderr) { Some(true) } else { ended.then_some(false) }
        });
        assert!(found == Some(true), "{text:?} does not come in:\n{}", self.so_far(None));
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// When it runs too long, or leaks what it is hunted for.
    #[track_caller]
    pub fn wait(mut self) -> Run {
        let left = self.limit.saturating_sub(self.started.elapsed());
        // A grandchild that outlives the command and holds its output would keep a shell's pipe open too.
        let status = wait_for(left, POLL, || {
            let status = self.child.try_wait().expect("a child")?;
            (self.stdout.reader.is_finished() && self.stderr.reader.is_finished()).then_some(status)
        });
        let run = self.so_far(status);
        assert!(
            status.is_some(),
            "it runs longer than {} s, or its output stays open:\n{run}",
            self.limit.as_secs()
        );
        if let Some(hunting) = self.hunting.take() {
            hunting.finish(&run);
        }
        run
    }

    fn so_far(&self, status: Option<ExitStatus>) -> Run {
        Run::new(self.what.clone(), status, self.stdout.bytes(), self.stderr.bytes(), self.started.elapsed())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        for pid in descendants(self.child.id()) {
            if let Some(id) = ProcessId::of(pid) {
                id.signal(Signal::KILL);
            }
        }
        self.signal_group(Signal::KILL);
        let _ = self.child.wait();
    }
}

impl Stream {
    fn new(mut pipe: impl Read + Send + 'static) -> Self {
        let bytes = Arc::<Mutex<Vec<u8>>>::default();
        let sink = bytes.clone();
        let reader = std::thread::spawn(move || {
            let mut buffer = vec![0; 64 * 1024];
            while let Ok(read @ 1..) = pipe.read(&mut buffer) {
                sink.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&buffer[..read]);
            }
        });
        Self { bytes, reader }
    }

    fn bytes(&self) -> Vec<u8> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
