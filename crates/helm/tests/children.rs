//! Helm children, with a shell in the place of helm.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use helm::{Call, Environment, Helm, Keep, MemFile, Output, Target};

fn shell() -> Helm {
    Helm::at("/bin/sh")
}

fn environment() -> Environment {
    Environment::default().with("PATH", "/usr/bin:/bin")
}

fn script(text: &str) -> Call {
    Call::new(["-c", text], environment())
}

async fn run(call: Call) -> Output {
    shell().run(call, std::future::pending()).await.unwrap()
}

#[tokio::test]
async fn output_and_status_come_back() {
    let output = run(script("echo out; echo err >&2; exit 3")).await;
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(output.stdout.whole(), Some(&b"out\n"[..]));
    assert_eq!(output.stderr.text(), "err\n");
    assert!(!output.stopped);
    assert!(!format!("{output:?}").contains("out\n"));
}

#[tokio::test]
async fn long_output_keeps_both_ends() {
    let print = "echo first; head -c 3000000 /dev/zero | tr '\\0' x; echo last";
    let output = run(script(print)).await;
    assert_eq!(output.stdout.whole(), None);
    assert!(output.stdout.text().starts_with("first\n") && output.stdout.text().ends_with("last\n"));
    assert_eq!(output.stdout.left_out(), 3_000_011 - (1 << 20));
    let output = run(script(print).keep_stdout(Keep::DATA)).await;
    assert_eq!(output.stdout.whole().unwrap().len(), 3_000_011);
}

#[tokio::test]
async fn the_environment_is_the_given_one_and_stdin_is_empty() {
    let output = run(script("cat; env | grep -v -e ^PWD= -e ^SHLVL= -e ^_= -e ^OLDPWD=")).await;
    assert_eq!(output.stdout.text(), "PATH=/usr/bin:/bin\n");
}

#[test]
fn a_target_is_said_on_the_command_line() {
    let target = Target { kubeconfig: Some("a:b".into()), context: "prod".into(), namespace: "apps".into() };
    let call = Call::new(["upgrade", "r"], Environment::default()).target(&target);
    let expected = ["--kube-context", "prod", "--namespace", "apps", "upgrade", "r"].map(OsString::from);
    assert_eq!(call.args(), expected);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_child_sees_its_own_files_and_no_others() {
    let list = "for fd in /proc/self/fd/*; do readlink $fd; done | grep memfd";
    let mut calls = Vec::new();
    for index in 0..8 {
        let file = MemFile::new(&format!("values-{index}"), format!("a: {index}\n").as_bytes()).unwrap();
        let path = file.path();
        let text = format!("cat {0} {0}; {list}", path.display());
        calls.push(async move { (index, run(script(&text).files(vec![file])).await.stdout.text()) });
    }
    let bystander = run(script(list));
    let (outputs, bystander) = tokio::join!(futures(calls), bystander);
    for (index, text) in outputs {
        assert_eq!(text, format!("a: {index}\na: {index}\n/memfd:values-{index} (deleted)\n"));
    }
    assert_eq!(bystander.stdout.text(), "");
}

/// All of `calls` at once.
async fn futures<T: Send + 'static>(calls: Vec<impl Future<Output = T> + Send + 'static>) -> Vec<T> {
    let mut set = tokio::task::JoinSet::new();
    for call in calls {
        set.spawn(call);
    }
    set.join_all().await
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_file_is_closed_here_once_its_child_has_it() {
    let file = MemFile::new("closed-once-given", b"x").unwrap();
    run(script("true").files(vec![file])).await;
    let open = std::fs::read_dir("/proc/self/fd")
        .unwrap()
        .filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
    assert!(!open.into_iter().any(|target| target.to_string_lossy().contains("closed-once-given")));
}

#[tokio::test]
async fn told_to_stop_a_child_may_clean_up() {
    let call = script("trap 'echo cleaned; exit 4' TERM; echo ready; sleep 60 & wait");
    let output = shell().run(call, tokio::time::sleep(Duration::from_millis(300))).await.unwrap();
    assert!(output.stopped);
    assert_eq!(output.status.code(), Some(4));
    assert_eq!(output.stdout.text(), "ready\ncleaned\n");
}

#[tokio::test]
async fn a_child_that_does_not_stop_is_killed_with_its_group() {
    let started = Instant::now();
    let call =
        script("trap '' TERM; sh -c 'trap \"\" TERM; sleep 60'; sleep 60").grace(Duration::from_millis(200));
    let output = shell().run(call, tokio::time::sleep(Duration::from_millis(200))).await.unwrap();
    assert!(output.stopped);
    assert_eq!(output.status.signal(), Some(9));
    // The grandchild held the pipes: had it lived, they would have been waited for.
    assert!(started.elapsed() < Duration::from_millis(1900), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_dropped_call_ends_its_child() {
    let dir = tempfile::tempdir().unwrap();
    let mark = dir.path().join("ended");
    let call = script(&format!("trap 'echo > {}; exit' TERM; sleep 60 & wait", mark.display()));
    let helm = shell();
    let dropped =
        tokio::time::timeout(Duration::from_millis(300), helm.run(call, std::future::pending())).await;
    assert!(dropped.is_err());
    for _ in 0..50 {
        if mark.exists() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the child got no SIGTERM");
}

#[tokio::test]
async fn a_process_left_behind_with_the_pipe_does_not_hold_us() {
    let output = run(script("sleep 4 & echo done")).await;
    assert_eq!(output.stdout.text(), "done\n");
    assert!(output.duration < Duration::from_millis(3500), "{:?}", output.duration);
}

#[tokio::test]
async fn a_missing_program_is_named() {
    let error = Helm::at("/nonexistent/helm").run(script("true"), std::future::pending()).await.unwrap_err();
    assert_eq!(error.to_string(), "failed to run /nonexistent/helm");
}

/// The example `replaced`, which cargo builds beside this test.
#[cfg(target_os = "linux")]
fn replaced(arguments: &[&str]) -> std::process::Output {
    let test = std::env::current_exe().unwrap();
    let program = test.parent().and_then(Path::parent).unwrap().join("examples/replaced");
    assert!(program.is_file(), "examples are built by: cargo test -p helm");
    std::process::Command::new(program).args(arguments).output().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn becomes_helm() {
    let output = replaced(&["exec", "/bin/sh", "cat FILE FILE; echo $SEEN; kill -9 $$"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "a: 1\na: 1\nyes\n", "{output:?}");
    assert_eq!(output.status.signal(), Some(9));
}

#[cfg(target_os = "linux")]
#[test]
fn hardened() {
    let output = replaced(&["harden"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
