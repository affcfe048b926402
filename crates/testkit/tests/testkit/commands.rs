//! The private environment and the commands in it.

use std::time::{Duration, Instant};

use testkit::process::ProcessId;
use testkit::{Edit, Signal, TestEnv, eventually, tools};

#[test]
fn nothing_of_the_users_environment_gets_in() {
    let env = TestEnv::new();
    let run = env.command("env", ["-0"]).run();
    let root = env.root().to_str().unwrap();
    for variable in run.assert_success().stdout().split('\0').filter(|variable| !variable.is_empty()) {
        let (name, value) = variable.split_once('=').unwrap();
        let constant = ["GIT_CONFIG_NOSYSTEM", "SOPS_DISABLE_VERSION_CHECK", "LANG", "TZ", "NO_COLOR"];
        assert!(value.contains(root) || constant.contains(&name), "{variable}");
    }
    env.git(["config", "--get", "user.email"]).run().assert_stdout("test@example.com");
}

#[test]
fn every_pinned_helm_runs_under_its_own_name() {
    for version in tools::HELM_VERSIONS {
        let env = TestEnv::with_helm(version);
        env.helm(["version", "--short"]).run().assert_success().assert_stdout(version);
    }
}

#[test]
fn streams_exit_code_stdin_directory_and_variables_are_as_asked() {
    let env = TestEnv::new();
    env.write("sub/file", "content\n");
    let run = env
        .command("sh", ["-c", "cat - file; echo \"$GREETING ${HOME-none}\" >&2; exit 3"])
        .stdin("from stdin\n")
        .env("GREETING", "hello")
        .env_remove("HOME")
        .current_dir("sub")
        .run();
    run.assert_code(3).assert_stderr("hello none");
    assert_eq!(run.stdout(), "from stdin\ncontent\n");
    assert_eq!(run.signal(), None);
}

#[test]
#[should_panic(
    expected = "$ sh -c echo out; echo err >&2; exit 1\n--- standard output ---\nout\n--- standard error ---\nerr\n"
)]
fn a_failed_assertion_shows_command_and_both_streams() {
    TestEnv::new().command("sh", ["-c", "echo out; echo err >&2; exit 1"]).run().assert_success();
}

#[test]
fn a_command_that_runs_too_long_is_ended_with_all_it_started() {
    let env = TestEnv::new();
    let command =
        env.command("sh", ["-c", "sleep 600 & echo $! >pid; wait"]).timeout(Duration::from_millis(300));
    let started = Instant::now();
    let failed = std::thread::spawn(|| command.run()).join();
    assert!(failed.is_err());
    assert!(started.elapsed() < Duration::from_secs(10));
    let sleeper: u32 = env.read("pid").trim().parse().unwrap();
    eventually("the grandchild is gone", || ProcessId::of(sleeper).is_none_or(|id| !id.is_alive()));
}

#[test]
fn signals_reach_the_group() {
    let env = TestEnv::new();
    let mut running = env
        .command(
            "sh",
            ["-c", "trap 'echo caught >&2; exit 7' INT; echo ready >&2; while :; do sleep 0.01; done"],
        )
        .spawn();
    running.wait_for_stderr("ready");
    running.signal_group(Signal::INT);
    running.wait().assert_code(7).assert_stderr("caught");

    let running = env.command("sleep", ["600"]).spawn();
    running.signal(Signal::TERM);
    assert_eq!(running.wait().signal(), Some(Signal::TERM.as_raw()));
}

#[test]
fn sops_opens_what_it_encrypted_for_a_key_of_the_environment() {
    let mut env = TestEnv::new();
    let key = env.age_key();
    env.write("secrets.yaml", "password: hunter2\n");
    env.sops(["encrypt", "-i", "--age", &key.recipient, "secrets.yaml"]).run().assert_success();
    assert!(env.read("secrets.yaml").contains("ENC[AES256_GCM,"));
    env.sops(["decrypt", "secrets.yaml"]).run().assert_success().assert_stdout("password: hunter2");
    assert!(fs_err::read_to_string(&key.file).unwrap().contains(&key.identity));
    env.unset("SOPS_AGE_KEY_FILE");
    env.sops(["decrypt", "secrets.yaml"]).run().assert_code(128);
}

#[test]
fn the_scripted_editor_edits_fails_and_dies_as_told() {
    let mut env = TestEnv::new();
    env.write("file.yaml", "a: 1\n");
    let edit = |from: &str, to: &str| Edit::Replace(from.to_owned(), to.to_owned());
    let editor =
        env.editor(&[vec![edit("1", "2")], vec![edit("2", "3"), Edit::Die], vec![edit("absent", "")]]);
    let open = || env.command("sh", ["-c", "$EDITOR file.yaml; echo code $?"]).run();
    open().assert_stdout("code 0");
    open().assert_stdout("code 137");
    open().assert_stdout("code 99").assert_stderr("the file does not hold \"absent\"");
    open().assert_stdout("code 99").assert_stderr("opened 4 times");
    assert_eq!(env.read("file.yaml"), "a: 3\n");
    let openings = editor.openings();
    assert_eq!(openings.len(), 4);
    assert_ne!(openings[0].sha256, openings[1].sha256);
    assert_eq!((openings[0].path.to_str(), openings[0].mode), (Some("file.yaml"), 0o644));
}
