//! The wrapper as a process: helm's exit code, streams, signals and absence.

use std::path::PathBuf;

use testkit::{Signal, eventually, tools};

use super::sandbox::{Sandbox, failure};

#[test]
fn exit_code_streams_and_stdin_are_helms() {
    let mut sandbox = Sandbox::new();
    sandbox.helm_script("cat; echo \"to stderr\" >&2; exit 42");
    let run = sandbox.plugin(["diff", "x"]).stdin("from stdin\n").run();
    assert_eq!(run.assert_code(42).stdout(), "from stdin\n");
    assert_eq!(run.stderr(), "to stderr\n");
    sandbox.helm_script("kill -9 $$");
    assert_eq!(sandbox.plugin(["diff", "x"]).run().signal(), Some(9));
}

#[test]
fn errors_of_helm_pass_through_unchanged() {
    for helm in [tools::HELM_3, tools::HELM_4] {
        let sandbox = Sandbox::with_helm(helm);
        for arguments in [&["bogus"][..], &["template", "nochart"], &["template"], &["lint", "--bogus-flag"]]
        {
            let wrapped = sandbox.secrets(arguments).run();
            let plain = sandbox.helm(arguments).run();
            assert_eq!((failure(&wrapped), wrapped.stdout()), (plain.stderr(), plain.stdout()), "{plain}");
        }
    }
}

#[test]
fn helm_takes_the_place_of_the_plugin_and_gets_its_signals() {
    let mut sandbox = Sandbox::new();
    sandbox.encrypted("secret.yaml", "a: 1\n");
    sandbox.helm_script("trap 'echo told to end; exit 9' TERM; echo ready >&2; while :; do sleep 0.01; done");
    let mut running = sandbox.plugin(["upgrade", "r", "c", "-f", "secret.yaml"]).spawn();
    running.wait_for_stderr("ready");
    let shell = fs_err::read_link(format!("/proc/{}/exe", running.pid())).unwrap();
    assert_eq!(shell, fs_err::canonicalize("/bin/sh").unwrap());
    running.signal(Signal::TERM);
    let run = running.wait();
    assert_eq!(run.assert_code(9).stdout(), "told to end\n");
}

#[test]
fn the_terminal_is_helms() {
    let mut sandbox = Sandbox::new();
    sandbox.helm_script("test -t 0 && test -t 1 && test -t 2 && echo a terminal");
    let line = format!("{} list", tools::plugin_binary("helm-secrets").display());
    let run = sandbox.command("script", ["-qec", &line, "/dev/null"]).run();
    assert_eq!(run.assert_success().stdout(), "a terminal\r\n");
}

#[test]
fn no_core_dump_of_helm_either() {
    let mut sandbox = Sandbox::new();
    sandbox.helm_script("ulimit -c; ulimit -Hc");
    assert_eq!(sandbox.plugin(["list"]).run().assert_success().stdout(), "0\n0\n");
}

#[test]
fn a_missing_helm_is_named() {
    let mut sandbox = Sandbox::new();
    sandbox.set("HELM_BIN", "/nowhere/helm");
    let run = sandbox.plugin(["list"]).run();
    let expected = "error: helm is not at /nowhere/helm, which HELM_BIN names\n  \
                    hint: unset HELM_BIN, or set it to the helm to use\n";
    assert_eq!(failure(&run), expected);
    let run = sandbox.plugin(["list"]).env_remove("HELM_BIN").env("PATH", "/nowhere").run();
    assert!(failure(&run).starts_with("error: helm is not in PATH\n  hint: install helm"), "{run}");
}

#[test]
fn nothing_is_left_in_memory_or_on_disk() {
    let sandbox = Sandbox::new();
    sandbox.chart();
    sandbox.encrypted("secret.yaml", "a: 1\n");
    let files = || {
        let mut files = Vec::new();
        let mut folders = vec![sandbox.dir(), sandbox.root().join("tmp"), sandbox.root().join("runtime")];
        while let Some(folder) = folders.pop() {
            for entry in fs_err::read_dir(folder).unwrap().map(Result::unwrap) {
                if entry.file_type().unwrap().is_dir() {
                    folders.push(entry.path());
                }
                files.push(entry.path());
            }
        }
        files.sort();
        files
    };
    let before: Vec<PathBuf> = files();
    sandbox.secrets(["template", "chart", "-f", "secret.yaml"]).run().assert_success();
    sandbox.secrets(["template", "nochart", "-f", "secret.yaml"]).run().assert_code(1);
    eventually("nothing new is there", || files() == before);
}
