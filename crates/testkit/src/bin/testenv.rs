//! The servers of the test environment for shell scripts; see [`USAGE`].
#![allow(clippy::print_stderr, clippy::print_stdout, reason = "a program of the tests")]

use std::io::Read as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use testkit::Proxy;
use testkit::environment::Environment;
use testkit::process::Lifetime;

const USAGE: &str = "\
usage:
  testenv up DIR [--clusters NAME,...] [--openbao] [--foreground]
      starts a Kubernetes control plane for each name (default: dev-1,prod-eu,prod-us; none: '') and OpenBao, and
      leaves them running; writes DIR/kubeconfig with a context of each name and DIR/env with export lines.
      What already runs in DIR is used again. With --foreground everything ends when standard input does.
  testenv down DIR
      ends what runs there
  testenv proxy HOST:PORT --delay MILLISECONDS
      a proxy that delays both directions; prints its address and runs until standard input ends
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("testenv: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<(), String> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["up", dir, options @ ..] => up(Path::new(dir), &UpOptions::parse(options)?),
        ["down", dir] => {
            let ended = Environment::stop(Path::new(dir));
            eprintln!("testenv: {}", if ended { "ended" } else { "nothing runs there" });
            Ok(())
        }
        ["proxy", target, "--delay", milliseconds] => {
            let target: SocketAddr = target.parse().map_err(|error| format!("{target}: {error}"))?;
            let delay = milliseconds.parse().map_err(|error| format!("{milliseconds}: {error}"))?;
            let proxy = Proxy::start(target);
            proxy.delay(Duration::from_millis(delay));
            println!("{}", proxy.address());
            await_end_of_input();
            Ok(())
        }
        _ => Err(USAGE.to_owned()),
    }
}

struct UpOptions {
    clusters: Vec<String>,
    openbao: bool,
    foreground: bool,
}

impl UpOptions {
    fn parse(mut words: &[&str]) -> Result<Self, String> {
        let clusters = testkit::cluster::NAMES.map(str::to_owned).to_vec();
        let mut options = Self { clusters, openbao: false, foreground: false };
        loop {
            words = match words {
                [] => return Ok(options),
                ["--clusters", names, rest @ ..] => {
                    options.clusters =
                        names.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
                    rest
                }
                ["--openbao", rest @ ..] => {
                    options.openbao = true;
                    rest
                }
                ["--foreground", rest @ ..] => {
                    options.foreground = true;
                    rest
                }
                _ => return Err(USAGE.to_owned()),
            };
        }
    }
}

fn up(dir: &Path, options: &UpOptions) -> Result<(), String> {
    let clusters: Vec<&str> = options.clusters.iter().map(String::as_str).collect();
    if Environment::attach(dir).is_some_and(|running| running.matches(&clusters, options.openbao)) {
        eprintln!("testenv: already running in {}", dir.display());
        return Ok(());
    }
    // What is there is not what is wanted, or not healthy.
    Environment::stop(dir);
    remove_remains(dir, &clusters);
    let started = Instant::now();
    let bao = if options.openbao { " and OpenBao" } else { "" };
    eprintln!("testenv: starting {} control planes{bao} in {}", clusters.len(), dir.display());
    let lifetime = if options.foreground { Lifetime::Process } else { Lifetime::Detached };
    let environment = Environment::start(dir, &clusters, options.openbao, lifetime)?;
    eprintln!("testenv: ready after {:.1} s", started.elapsed().as_secs_f32());
    if options.foreground {
        await_end_of_input();
    }
    drop(environment);
    Ok(())
}

/// An old etcd directory would be taken up again by the new etcd.
fn remove_remains(dir: &Path, clusters: &[&str]) {
    for name in clusters {
        for attempt in 1..=3 {
            let _ = std::fs::remove_dir_all(PathBuf::from(dir).join(format!("{name}-{attempt}")));
        }
    }
}

fn await_end_of_input() {
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}
