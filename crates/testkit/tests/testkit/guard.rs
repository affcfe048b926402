//! Nothing outlives the process that started it.

use std::io::Read as _;
use std::process::{Command, Stdio};

use testkit::environment::Environment;
use testkit::process::{ProcessId, descendants};
use testkit::{OpenBao, Signal, eventually, private_dir};

/// Starts `testenv up --foreground` with OpenBao, ends it with `signal`, and expects its server to be gone.
fn server_ends_with_its_starter(signal: Signal) {
    let dir = private_dir("guard");
    let mut starter = Command::new(env!("CARGO_BIN_EXE_testenv"))
        .arg("up")
        .arg(dir.path())
        .args(["--clusters", "", "--openbao", "--foreground"])
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    eventually("the server runs", || Environment::attach(dir.path()).is_some());
    let servers: Vec<ProcessId> = descendants(starter.id()).into_iter().filter_map(ProcessId::of).collect();
    assert!(!servers.is_empty());

    ProcessId::of(starter.id()).unwrap().signal(signal);
    assert!(!starter.wait().unwrap().success());
    eventually("the server is gone", || servers.iter().all(|server| !server.is_alive()));
}

#[test]
fn servers_end_when_their_starter_is_killed() {
    server_ends_with_its_starter(Signal::KILL);
}

#[test]
fn servers_end_on_ctrl_c() {
    server_ends_with_its_starter(Signal::INT);
}

#[test]
fn servers_do_not_end_with_the_thread_that_asked_for_them() {
    let server = std::thread::spawn(OpenBao::start).join().unwrap();
    assert!(server.request("GET", "/v1/sys/seal-status", None).is_success());
}

#[test]
fn servers_end_on_panic() {
    let address = std::thread::spawn(|| {
        let server = OpenBao::start();
        let address = server.address();
        std::panic::panic_any(address);
    });
    let address: std::net::SocketAddr = *address.join().unwrap_err().downcast().unwrap();
    assert!(std::net::TcpStream::connect(address).is_err());
}

#[test]
fn detached_servers_stay_until_they_are_stopped() {
    let dir = private_dir("detached");
    let testenv = |arguments: &[&str]| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_testenv"))
            .arg(arguments[0])
            .arg(dir.path())
            .args(&arguments[1..])
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        // Ends at once only if the servers do not hold the standard error of `testenv`.
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert!(child.wait().unwrap().success(), "{said}");
        said
    };
    let up = ["up", "--clusters", "", "--openbao"];
    assert!(testenv(&up).contains("ready after"));
    assert!(testenv(&up).contains("already running"));
    assert!(Environment::attach(dir.path()).is_some());
    let exports = fs_err::read_to_string(dir.path().join("env")).unwrap();
    assert!(exports.contains("export VAULT_ADDR=http://127.0.0.1:"), "{exports}");
    assert!(testenv(&["down"]).contains("ended"));
    assert!(Environment::attach(dir.path()).is_none());
    assert!(testenv(&["down"]).contains("nothing runs"));
}
