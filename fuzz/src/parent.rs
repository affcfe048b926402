//! Watches children: several targets at a time, each with limits.

use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use fuzz::{Target, seeds};

use crate::child::State;
use crate::shrink::shrink;

/// Longer over one input is a hang.
const HANG: Duration = Duration::from_secs(5);
/// More memory than this is an explosion: inputs are at most 16 KiB.
const MEMORY_KIB: u64 = 1024 * 1024;

/// Characters of a finding's message that are shown.
const MESSAGE: usize = 2000;

/// Runs `targets`, as many at a time as there are cores; says how many had a finding.
pub fn run_all(targets: &[&'static Target], time: Duration, seed: u64) -> Result<usize> {
    let folder = tempfile::tempdir()?;
    let next = Mutex::new(targets.iter());
    let found = AtomicUsize::new(0);
    let worker = || -> Result<()> {
        loop {
            let target = next.lock().ok().and_then(|mut next| next.next());
            let Some(target) = target else { return Ok(()) };
            let state = folder.path().join(target.name);
            let state = state.to_str().context("the temporary folder is not UTF-8")?;
            if !run_one(target, time, seed, state)? {
                found.fetch_add(1, Ordering::Relaxed);
            }
        }
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(worker)).collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().map_err(|_| anyhow::anyhow!("a worker panicked"))?)
    })?;
    Ok(found.into_inner())
}

/// Whether `target` had no finding.
fn run_one(target: &Target, time: Duration, seed: u64, state: &str) -> Result<bool> {
    let arguments = ["--seconds", &time.as_secs().to_string(), "--seed", &seed.to_string(), "--state", state];
    let log = format!("{state}.log");
    let started = Instant::now();
    let mut child = Command::new(std::env::current_exe()?)
        .args(arguments)
        .arg(target.name)
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::null())
        .stderr(fs_err::File::create(&log)?.into_file())
        .spawn()?;
    let end = watch(&mut child, state)?;
    let runs = State::read(state).map_or(0, |state| state.runs);
    let took = started.elapsed().as_secs_f64();
    let Some(what) = end.finding() else {
        println!("{:16} {runs:>9} runs in {took:.0} s, seed {seed}", target.name);
        return Ok(true);
    };
    let input = State::read(state).map(|state| state.input).unwrap_or_default();
    let said: String = fs_err::read_to_string(&log)?.chars().take(MESSAGE).collect();
    let said = said.trim().replace('\n', "\n  ");
    let input = shrink(&input, |input| fails(target, input, state));
    let folder = seeds::root().join("fuzz/findings").join(target.name);
    fs_err::create_dir_all(&folder)?;
    let path = folder.join(format!("{seed}-{runs}"));
    fs_err::write(&path, &input)?;
    println!(
        "{:16} {what} after {runs} runs, seed {seed}\n  {said}\n  {} bytes: {}\n  fuzz --input {} {}",
        target.name,
        input.len(),
        input.escape_ascii(),
        path.display(),
        target.name
    );
    Ok(false)
}

/// How a child ended.
enum End {
    Exit(ExitStatus),
    Hang,
    Memory,
}

impl End {
    fn finding(&self) -> Option<String> {
        match self {
            Self::Exit(status) if status.success() => None,
            Self::Exit(status) => Some(format!("crash ({status})")),
            Self::Hang => Some("hang".into()),
            Self::Memory => Some("memory explosion".into()),
        }
    }
}

fn watch(child: &mut Child, state: &str) -> Result<End> {
    let mut seen = None;
    let mut since = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(End::Exit(status));
        }
        let runs = State::read(state).map(|state| state.runs);
        if runs != seen {
            (seen, since) = (runs, Instant::now());
        }
        let end = match () {
            () if since.elapsed() > HANG => End::Hang,
            () if memory_kib(child.id()) > MEMORY_KIB => End::Memory,
            () => {
                thread::sleep(Duration::from_millis(50));
                continue;
            }
        };
        child.kill()?;
        child.wait()?;
        return Ok(end);
    }
}

/// Memory of a process; 0 where there is no `/proc`.
fn memory_kib(pid: u32) -> u64 {
    let status = fs_err::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// Whether `input` alone is a finding.
fn fails(target: &Target, input: &[u8], state: &str) -> Result<bool> {
    let path = format!("{state}.input");
    fs_err::write(&path, input)?;
    let mut child = Command::new(std::env::current_exe()?)
        .args(["--input", &path, target.name])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    // Without a state the clock runs from the start.
    Ok(watch(&mut child, "")?.finding().is_some())
}
