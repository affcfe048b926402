//! Ctrl-C and its kin while clusters are being changed.

use std::io::Write as _;
use std::time::Duration;

use testkit::{Signal, eventually, tools};

use super::sandbox::{Sandbox, last_states};

/// Installed everywhere; the next upgrade waits for a workload in `dev-1` that never becomes ready.
fn waiting(version: &str) -> Sandbox {
    let sandbox = Sandbox::with_pair(version);
    sandbox.run("upgrade web --install --set message=one").assert_success();
    sandbox.write("dev-1.yaml", "replicas: 1\noutcome: never-ready\n");
    sandbox
}

const UPGRADE: &str = "upgrade web --set message=two --wait --timeout 60s -P 1";

/// Puts a helm in place that takes a second longer for each write.
fn slow_helm(sandbox: &mut Sandbox) {
    let text = format!(
        "case \" $* \" in *--dry-run*) ;; *\" upgrade \"*) sleep 1.2 ;; esac\nexec {} \"$@\"",
        tools::helm(tools::HELM_4).display()
    );
    let script = sandbox.script("slow", &text);
    sandbox.set("HELM_BIN", script);
}

/// More than what counts as one request to stop.
const APART: Duration = Duration::from_millis(700);

#[test]
fn one_signal_lets_the_running_context_end_and_begins_no_other() {
    let mut sandbox = Sandbox::with_pair(tools::HELM_4);
    sandbox.run("upgrade web --install --set message=one").assert_success();
    slow_helm(&mut sandbox);
    for (before, signal) in [Signal::INT, Signal::TERM, Signal::HUP].into_iter().enumerate() {
        let mut run = sandbox.plugin("upgrade web --set message=two -P 1").spawn();
        run.wait_for_stderr("dev-1    upgrading");
        run.signal_group(signal);
        let run = run.wait();
        run.assert_code(130).assert_stderr("waiting for dev-1");
        run.assert_stderr(&format!("dev-1    upgraded   rev {} -> {}", before + 1, before + 2));
        run.assert_stderr("interrupted: 1 of 2 contexts done, 1 not begun");
        assert_eq!(sandbox.revisions("dev-1", "web").last().unwrap().1, "deployed");
        sandbox.assert_revisions("prod-eu", &[(1, "deployed")]);
    }
}

#[test]
fn a_second_signal_ends_the_running_context_too() {
    let sandbox = waiting(tools::HELM_3);
    let mut run = sandbox.plugin(UPGRADE).spawn();
    run.wait_for_stderr("dev-1    upgrading");
    eventually("helm has begun", || sandbox.revisions("dev-1", "web").len() == 2);
    run.signal(Signal::INT);
    run.wait_for_stderr("waiting for dev-1");
    std::thread::sleep(APART);
    run.signal(Signal::INT);
    let run = run.wait();
    run.assert_code(130).assert_stderr("interrupted again: ending helm in dev-1");
    run.assert_stderr("dev-1 interrupted: context canceled");
    run.assert_stderr("the release is now at revision 2, failed");
    run.assert_stderr("interrupted: 0 of 2 contexts done, 1 failed, 1 not begun");
    assert!(run.duration() < Duration::from_secs(30), "{run}");
    sandbox.assert_revisions("dev-1", &[(1, "deployed"), (2, "failed")]);
    sandbox.assert_revisions("prod-eu", &[(1, "deployed")]);
    // What is left is taken back as any other run.
    sandbox.run("rollback web").assert_success();
    assert_eq!(sandbox.message("dev-1"), "one");
}

#[test]
fn signals_close_together_are_one_request() {
    let mut sandbox = Sandbox::with_pair(tools::HELM_4);
    sandbox.run("upgrade web --install --set message=one").assert_success();
    slow_helm(&mut sandbox);
    let run = sandbox.plugin("upgrade web --set message=two -P 1 -o json").spawn();
    eventually("helm has begun", || {
        testkit::process::descendants(run.pid()).iter().any(|pid| {
            let line = fs_err::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            line.starts_with(b"sleep")
        })
    });
    run.signal(Signal::INT);
    run.signal(Signal::TERM);
    run.signal(Signal::INT);
    let states = last_states(run.wait().assert_code(130));
    assert_eq!(states["dev-1"]["state"], "done");
    assert_eq!(states["prod-eu"]["state"], "untouched");
}

#[test]
fn a_signal_during_the_checks_writes_nothing() {
    let mut sandbox = Sandbox::with_pair(tools::HELM_4);
    let text = format!(
        "case \" $* \" in *--dry-run*) sleep 3 ;; esac\nexec {} \"$@\"",
        tools::helm(tools::HELM_4).display()
    );
    let script = sandbox.script("slow", &text);
    sandbox.set("HELM_BIN", script);
    let mut run = sandbox.plugin("upgrade web --install -v").spawn();
    run.wait_for_stderr("prod-eu  checking");
    run.signal(Signal::INT);
    let run = run.wait();
    run.assert_code(130).assert_stderr("interrupted: 0 of 2 contexts done, 2 not begun");
    assert!(run.duration() < Duration::from_secs(10), "{run}");
    sandbox.assert_untouched();
}

#[test]
fn the_death_of_the_helm_that_started_us_is_a_request_to_stop() {
    let sandbox = waiting(tools::HELM_4);
    let words = "upgrade web --set message=two --wait --timeout 4s -P 1";
    let mut run = sandbox.multi(words.split(' ')).spawn();
    run.wait_for_stderr("dev-1    upgrading");
    run.signal(Signal::TERM);
    // Helm is gone at once; the plugin holds its output open until the run is over.
    let run = run.wait();
    assert_eq!((run.code(), run.signal()), (None, Some(15)), "{run}");
    run.assert_stderr("waiting for dev-1")
        .assert_stderr("interrupted: 0 of 2 contexts done, 1 failed, 1 not begun");
    sandbox.assert_revisions("dev-1", &[(1, "deployed"), (2, "failed")]);
    sandbox.assert_revisions("prod-eu", &[(1, "deployed")]);
}

#[test]
fn at_a_terminal_ctrl_c_twice_works_through_helm() {
    let sandbox = waiting(tools::HELM_4);
    let command = format!(
        "mkfifo keys; exec script --quiet --return --flush --command 'helm multi {UPGRADE} --no-progress' /dev/null <keys >&2"
    );
    let mut run = sandbox.command("sh", ["-c", &command]).env("TERM", "xterm").spawn();
    eventually("the terminal is there", || sandbox.path("keys").exists());
    let mut keys = fs_err::OpenOptions::new().write(true).open(sandbox.path("keys")).unwrap();
    run.wait_for_stderr("dev-1    upgrading");
    eventually("helm has begun", || sandbox.revisions("dev-1", "web").len() == 2);
    keys.write_all(b"\x03").unwrap();
    run.wait_for_stderr("waiting for dev-1");
    std::thread::sleep(APART);
    keys.write_all(b"\x03").unwrap();
    let run = run.wait();
    run.assert_code(130).assert_stderr("interrupted again: ending helm in dev-1");
    run.assert_stderr("the release is now at revision 2, failed");
    sandbox.assert_revisions("prod-eu", &[(1, "deployed")]);
}
