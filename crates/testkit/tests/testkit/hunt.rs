//! The hunt finds a secret wherever it shows, and nothing where none does.

use testkit::process::{ProcessId, descendants};
use testkit::{Invocation, Planted, Signal, TestEnv, eventually};

/// A secret in a file of the environment, and a shell command that does something with it.
fn hunted(script: &str) -> (TestEnv, Planted, Invocation) {
    let env = TestEnv::new();
    let mut planted = Planted::new();
    env.write("secret", planted.plant("token"));
    let command = env.command("sh", ["-c", script]).hunting(&planted);
    (env, planted, command)
}

fn leak(script: &str) -> String {
    let (_env, _planted, command) = hunted(script);
    let panicked = std::thread::spawn(|| command.run()).join().expect_err(script);
    *panicked.downcast::<String>().unwrap()
}

#[test]
fn what_stays_in_memory_and_pipes_is_clean() {
    let (_env, _planted, command) =
        hunted("x=$(cat secret | tr a-z A-Z | wc -c); echo $x; echo public >file");
    command.run().assert_success().assert_stdout("24");
}

#[test]
fn arguments_and_environment_are_searched() {
    assert!(leak("env true \"$(cat secret)\"").contains("token shows in the arguments of "));
    assert!(leak("X=\"$(cat secret)\" env true").contains("token shows in the environment of "));
    let encoded = leak("env true \"p=$(base64 secret)\"");
    assert!(encoded.contains("token (in base64) shows in the arguments of "), "{encoded}");
}

#[test]
fn processes_are_also_looked_at_while_they_run() {
    // A program that strace names by its path; the look at /proc names it as it calls itself.
    let seen = leak("cp /bin/sleep nap; ./nap 0.3 & X=\"$(cat secret)\" exec sleep 0.3");
    assert!(seen.contains("token shows in the environment of sleep\n"), "{seen}");
}

#[test]
fn files_are_searched_also_those_that_are_gone_or_written_piecemeal() {
    assert!(leak("cp secret copy").contains("/copy"));
    assert!(leak("cat secret >copy; rm copy").contains("/copy"));
    assert!(leak("printf %s $(cat secret) >copy; rm copy").contains("/copy"));
    assert!(
        leak("cat secret >/dev/shm/convoy-hunt; rm /dev/shm/convoy-hunt").contains("/dev/shm/convoy-hunt")
    );
    let pieces =
        "s=$(cat secret); printf %s \"${s%??????}\" >whole; printf %s \"${s#??????????????????}\" >>whole";
    assert!(leak(pieces).contains("/whole"));
}

#[test]
fn streams_are_searched_unless_allowed() {
    assert!(leak("cat secret").contains("token shows in standard output"));
    assert!(leak("cat secret >&2").contains("token shows in standard error"));
    let (_env, _planted, command) = hunted("cat secret; mkdir out; cp secret out/copy");
    command.stdout_may_show().file_may_hold("out").run().assert_success();
}

#[test]
fn what_is_traced_ends_with_the_hunt() {
    let (_env, _planted, command) = hunted("echo ready >&2; sleep 600");
    let mut running = command.spawn();
    running.wait_for_stderr("ready");
    let traced: Vec<ProcessId> = descendants(running.pid()).into_iter().filter_map(ProcessId::of).collect();
    assert!(!traced.is_empty());
    running.signal(Signal::KILL);
    eventually("the shell is gone", || !traced[0].is_alive());
}

#[test]
fn the_command_itself_is_not_changed_by_the_hunt() {
    let (_env, _planted, command) = hunted("cat; echo problem >&2; exit 5");
    let run = command.stdin("input").run();
    run.assert_code(5);
    assert_eq!((run.stdout(), run.stderr()), ("input", "problem\n"));
}
