//! Servers that misbehave on request.

use std::io::{self, BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use testkit::http::Client;
use testkit::net::refusing_address;
use testkit::{Fault, Proxy, Reply, ScriptedServer};

fn get(address: SocketAddr) -> io::Result<String> {
    Client::plain(address).request("GET", "/", None).map(|answer| answer.body)
}

fn hello() -> ScriptedServer {
    ScriptedServer::answering(|_| Reply::status(200).body("hello"))
}

#[test]
fn a_proxy_forwards_delays_and_counts() {
    let server = hello();
    let proxy = Proxy::start(server.address());
    assert_eq!(get(proxy.address()).unwrap(), "hello");
    proxy.delay(Duration::from_millis(20));
    let started = Instant::now();
    assert_eq!(get(proxy.address()).unwrap(), "hello");
    // One round trip for the handshake, one for the request.
    let elapsed = started.elapsed();
    assert!(elapsed >= Duration::from_millis(80), "{elapsed:?}");
    assert_eq!(proxy.connections(), 2);
}

#[test]
fn a_proxy_closes_cuts_hangs_and_refuses() {
    let server = hello();
    let proxy = Proxy::start(server.address());
    proxy.fault(Fault::Close);
    assert!(get(proxy.address()).is_err());

    proxy.fault(Fault::CutAfter(7));
    let mut stream = TcpStream::connect(proxy.address()).unwrap();
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "HTTP/1.");

    proxy.fault(Fault::Hang);
    let mut stream = TcpStream::connect(proxy.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
    assert_eq!(stream.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);

    proxy.fault(Fault::None);
    assert_eq!(get(proxy.address()).unwrap(), "hello");
    proxy.refuse();
    assert_eq!(get(proxy.address()).unwrap_err().kind(), ErrorKind::ConnectionRefused);
    assert_eq!(get(refusing_address()).unwrap_err().kind(), ErrorKind::ConnectionRefused);
}

#[test]
fn a_scripted_server_follows_its_script_and_remembers() {
    let server = ScriptedServer::start([
        Reply::status(429).header("Retry-After", "1"),
        Reply::json(&json!({"done": true})).after(Duration::from_millis(30)),
        Reply::hang(),
    ]);
    // Two requests on one connection.
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    let mut ask = |request: &str| {
        stream.write_all(request.as_bytes()).unwrap();
        let mut buffer = [0; 1024];
        stream.read(&mut buffer).map(|read| String::from_utf8_lossy(&buffer[..read]).into_owned())
    };
    let busy = ask("POST /v1/x?y HTTP/1.1\r\nX-Token: t\r\nContent-Length: 2\r\n\r\n{}").unwrap();
    assert!(busy.starts_with("HTTP/1.1 429 ") && busy.contains("\r\nRetry-After: 1\r\n"), "{busy}");
    let done = ask("GET / HTTP/1.1\r\n\r\n").unwrap();
    assert!(done.ends_with("\r\n\r\n{\"done\":true}"), "{done}");
    assert_eq!(ask("GET /last HTTP/1.1\r\n\r\n").unwrap_err().kind(), ErrorKind::WouldBlock);

    let requests = server.requests();
    assert_eq!(requests.len(), 3);
    assert_eq!((requests[0].method.as_str(), requests[0].path.as_str()), ("POST", "/v1/x?y"));
    assert_eq!((requests[0].header("x-token"), requests[0].body.as_str()), (Some("t"), "{}"));
    assert_eq!(get(server.address()).unwrap(), "the script is at its end");
}

#[test]
fn a_scripted_server_breaks_off() {
    let server = ScriptedServer::start([Reply::status(200).body("half").cut()]);
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "HTTP/1.1 200 Scripted\r\nContent-Length: 5\r\n\r\nhalf");
}

#[test]
fn the_proxy_for_scripts_tells_its_address_and_ends_with_its_input() {
    let server = hello();
    let mut child = Command::new(env!("CARGO_BIN_EXE_testenv"))
        .args(["proxy", &server.address().to_string(), "--delay", "1"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(get(line.trim().parse().unwrap()).unwrap(), "hello");
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
}
