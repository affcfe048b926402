//! An HTTP/1.1 server that answers what a test tells it to, and remembers what it was asked.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// One answer.
#[derive(Debug, Clone)]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
    delay: Duration,
    ending: Ending,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Complete,
    Cut,
    Hang,
}

impl Reply {
    /// An answer with this status, no headers and no body.
    pub fn status(status: u16) -> Self {
        let ending = Ending::Complete;
        Self { status, headers: Vec::new(), body: String::new(), delay: Duration::ZERO, ending }
    }

    /// Status 200 and a JSON body.
    pub fn json(body: &serde_json::Value) -> Self {
        Self::status(200).header("Content-Type", "application/json").body(body.to_string())
    }

    /// No answer at all: the connection stays open and silent.
    pub fn hang() -> Self {
        Self { ending: Ending::Hang, ..Self::status(0) }
    }

    /// Breaks off: a longer body is announced, and the connection ends after this one.
    pub fn cut(self) -> Self {
        Self { ending: Ending::Cut, ..self }
    }

    /// With this header too.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// With this body.
    pub fn body(self, body: impl Into<String>) -> Self {
        Self { body: body.into(), ..self }
    }

    /// Not before this time has passed.
    pub fn after(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }
}

/// One request as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST`, ...
    pub method: String,
    /// Path and query as sent.
    pub path: String,
    /// Names in lower case, in the order sent.
    pub headers: Vec<(String, String)>,
    /// The body; empty when there was none.
    pub body: String,
}

impl Request {
    /// The value of a header, named in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// The running server; ends when dropped.
#[derive(Debug)]
pub struct ScriptedServer {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    ended: Arc<AtomicBool>,
    listener: Option<JoinHandle<()>>,
}

type Answer = dyn Fn(&Request) -> Reply + Send + Sync;

impl ScriptedServer {
    /// Answers each request with what `answer` says.
    ///
    /// # Panics
    /// When it cannot listen.
    pub fn answering(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port for the server");
        let address = listener.local_addr().expect("the server's own address");
        let requests = Arc::<Mutex<Vec<Request>>>::default();
        let ended = Arc::<AtomicBool>::default();
        let (seen, stop, answer) =
            (requests.clone(), ended.clone(), Arc::<Answer>::from(Box::new(answer) as Box<Answer>));
        let listener = std::thread::spawn(move || {
            let mut open = Vec::new();
            for stream in
                listener.incoming().map_while(Result::ok).take_while(|_| !stop.load(Ordering::SeqCst))
            {
                open.extend(stream.try_clone());
                let (seen, answer) = (seen.clone(), answer.clone());
                std::thread::spawn(move || serve(&stream, &seen, &*answer));
            }
            for stream in open {
                let _ = stream.shutdown(Shutdown::Both);
            }
        });
        Self { address, requests, ended, listener: Some(listener) }
    }

    /// Answers the requests with these replies in order, and with status 500 when they are used up.
    ///
    /// # Panics
    /// When it cannot listen.
    pub fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let replies: Vec<Reply> = replies.into_iter().collect();
        let left = Mutex::new(replies.into_iter());
        Self::answering(move |_| {
            let next = left.lock().unwrap_or_else(PoisonError::into_inner).next();
            next.unwrap_or_else(|| Reply::status(500).body("the script is at its end"))
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://` and the address.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What was asked so far, in the order of arrival.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for ScriptedServer {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for a connection.
        let _ = TcpStream::connect(self.address);
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
    }
}

fn serve(stream: &TcpStream, seen: &Mutex<Vec<Request>>, answer: &Answer) {
    let _ = stream.set_nodelay(true);
    let mut reader = BufReader::new(stream);
    while let Ok(Some((request, last))) = read(&mut reader) {
        let reply = answer(&request);
        seen.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        if reply.ending == Ending::Hang {
            // Ends when either side closes.
            let _ = io::copy(&mut reader, &mut io::sink());
            return;
        }
        std::thread::sleep(reply.delay);
        if write(stream, &reply).is_err() || last || reply.ending == Ending::Cut {
            let _ = stream.shutdown(Shutdown::Both);
            return;
        }
    }
}

/// The next request, and whether the connection ends with its answer.
fn read(reader: &mut BufReader<&TcpStream>) -> io::Result<Option<(Request, bool)>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace().map(str::to_owned);
    let (Some(method), Some(path)) = (words.next(), words.next()) else { return Ok(None) };
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut request = Request { method, path, headers, body: String::new() };
    let length = request.header("content-length").and_then(|value| value.parse().ok()).unwrap_or(0);
    reader.take(length).read_to_string(&mut request.body)?;
    let last =
        line.contains("HTTP/1.0") || request.header("connection").is_some_and(|value| value == "close");
    Ok(Some((request, last)))
}

fn write(mut stream: &TcpStream, reply: &Reply) -> io::Result<()> {
    let length = reply.body.len() + usize::from(reply.ending == Ending::Cut);
    let mut head = format!("HTTP/1.1 {} Scripted\r\nContent-Length: {length}\r\n", reply.status);
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all((head + "\r\n" + &reply.body).as_bytes())
}
