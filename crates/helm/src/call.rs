//! One helm child among many: its own process group, nothing inherited, output captured.

use std::ffi::OsString;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Child;

#[cfg(target_os = "linux")]
use crate::memfile;
use crate::{Captured, Environment, Error, Helm, Keep, MemFile};

/// What to run helm with.
#[derive(Debug)]
pub struct Call {
    args: Vec<OsString>,
    environment: Environment,
    files: Vec<MemFile>,
    keep_stdout: Keep,
    grace: Duration,
}

/// The one place a call is meant for, said on the command line so that nothing can override it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The value for `KUBECONFIG` (a path list), when it is not the one of the environment.
    pub kubeconfig: Option<OsString>,
    /// The value for `--kube-context`.
    pub context: String,
    /// The value for `--namespace`.
    pub namespace: String,
}

/// How a child ended. May contain secrets in what it printed; `Debug` shows only lengths.
#[derive(Debug)]
pub struct Output {
    /// Exit code or signal.
    pub status: ExitStatus,
    /// What is data, with most commands.
    pub stdout: Captured,
    /// What [`crate::classify`] reads.
    pub stderr: Captured,
    /// From start to end.
    pub duration: Duration,
    /// Whether it was told to stop.
    pub stopped: bool,
}

impl Call {
    /// `helm ARGS` in exactly this environment.
    pub fn new(args: impl IntoIterator<Item = impl Into<OsString>>, environment: Environment) -> Self {
        Self {
            args: args.into_iter().map(Into::into).collect(),
            environment,
            files: Vec::new(),
            keep_stdout: Keep::MESSAGES,
            grace: Duration::from_secs(30),
        }
    }

    /// Aims at one context and namespace.
    #[must_use]
    pub fn target(mut self, target: &Target) -> Self {
        let flags = ["--kube-context", &target.context, "--namespace", &target.namespace].map(OsString::from);
        self.args.splice(0..0, flags);
        if let Some(kubeconfig) = &target.kubeconfig {
            self.environment = self.environment.with("KUBECONFIG", kubeconfig);
        }
        self
    }

    /// Gives the child files, which `args` name by [`MemFile::path`].
    #[must_use]
    pub fn files(mut self, files: Vec<MemFile>) -> Self {
        self.files = files;
        self
    }

    /// How much of stdout to keep; [`Keep::MESSAGES`] unless told. Of stderr always that.
    #[must_use]
    pub fn keep_stdout(mut self, keep: Keep) -> Self {
        self.keep_stdout = keep;
        self
    }

    /// How long a child that was told to stop may take before it is killed; 30 s unless told. Helm uses the time to
    /// mark the release as failed; killed, it leaves it pending.
    #[must_use]
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// The arguments as helm will get them.
    pub fn args(&self) -> &[OsString] {
        &self.args
    }
}

/// How long output is waited for after the child itself has ended: a process it left behind may hold the pipe.
const LINGER: Duration = Duration::from_secs(2);

impl Helm {
    /// Runs one call to its end. When `stop` completes first, the child's whole group gets SIGTERM and, after the grace
    /// time, SIGKILL; when this future is dropped, SIGTERM.
    ///
    /// A child survives us being killed (no `PDEATHSIG`): it then finishes its write instead of leaving a release pending.
    pub async fn run(&self, call: Call, stop: impl Future<Output = ()>) -> Result<Output, Error> {
        let started = Instant::now();
        let failed = |source| Error::Run { program: self.program().to_owned(), source };
        let (keep_stdout, grace) = (call.keep_stdout, call.grace);
        let (mut child, on_disk) = self.spawn(call).map_err(failed)?;
        let (mut stdout, mut stderr) = (Captured::default(), Captured::default());
        let (from_stdout, from_stderr) = (child.stdout.take(), child.stderr.take());
        let ended = {
            let reading = async {
                tokio::join!(
                    drain(from_stdout, &mut stdout, keep_stdout),
                    drain(from_stderr, &mut stderr, Keep::MESSAGES)
                )
            };
            let waiting = wait(&mut child, stop, grace);
            tokio::pin!(reading, waiting);
            let mut drained = false;
            let ended = loop {
                tokio::select! {
                    ended = &mut waiting => break ended,
                    _ = &mut reading, if !drained => drained = true,
                }
            };
            if !drained {
                let _late_output_is_not_waited_for = tokio::time::timeout(LINGER, &mut reading).await;
            }
            ended
        };
        drop(on_disk);
        let (status, stopped) = ended.map_err(failed)?;
        Ok(Output {
            status,
            stdout: stdout.finish(),
            stderr: stderr.finish(),
            duration: started.elapsed(),
            stopped,
        })
    }

    /// Starts the child; files that are on disk come back, to be dropped after it.
    fn spawn(&self, call: Call) -> std::io::Result<(Child, Vec<MemFile>)> {
        let mut command = std::process::Command::new(self.program());
        command.args(&call.args).env_clear().envs(call.environment.iter());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let files = call.files;
        #[cfg(target_os = "linux")]
        let files = {
            memfile::preserve(&mut command, files);
            Vec::new()
        };
        Ok((tokio::process::Command::from(command).spawn()?, files))
    }
}

/// Sends SIGTERM to the group of a child that is dropped before it has ended.
struct Group(Option<Pid>);

impl Group {
    fn signal(&self, signal: Signal) {
        if let Some(group) = self.0 {
            // It may be gone already.
            let _gone = kill_process_group(group, signal);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::TERM);
    }
}

async fn wait(
    child: &mut Child,
    stop: impl Future<Output = ()>,
    grace: Duration,
) -> std::io::Result<(ExitStatus, bool)> {
    let mut group = Group(child.id().and_then(|id| Pid::from_raw(id.cast_signed())));
    let ended = tokio::select! {
        biased;
        status = child.wait() => Some(status),
        () = stop => None,
    };
    let stopped = ended.is_none();
    let status = match ended {
        Some(status) => status,
        None => {
            group.signal(Signal::TERM);
            match tokio::time::timeout(grace, child.wait()).await {
                Ok(status) => status,
                Err(_too_long) => {
                    group.signal(Signal::KILL);
                    child.wait().await
                }
            }
        }
    };
    group.0 = None; // the number may be another's from now on
    Ok((status?, stopped))
}

async fn drain(from: Option<impl AsyncRead + Unpin>, into: &mut Captured, keep: Keep) {
    let Some(mut from) = from else { return };
    let mut chunk = vec![0; 16 << 10];
    // A pipe that breaks has ended.
    while let Ok(length @ 1..) = from.read(&mut chunk).await {
        into.push(&chunk[..length], keep);
    }
}
