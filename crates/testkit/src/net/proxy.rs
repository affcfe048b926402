//! A TCP proxy that is slow, silent or breaks off.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What happens to connections, from the next one on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fault {
    /// They are forwarded.
    #[default]
    None,
    /// They are accepted and closed at once.
    Close,
    /// They are accepted and never answered.
    Hang,
    /// They are closed after this many bytes of the server's answer.
    CutAfter(usize),
}

/// Forwards connections to a server and disturbs them on request; ends when dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    listener: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug)]
struct Shared {
    target: SocketAddr,
    behaviour: Mutex<(Duration, Fault)>,
    connections: AtomicUsize,
    refusing: AtomicBool,
    open: Mutex<Vec<TcpStream>>,
}

impl Proxy {
    /// Starts a proxy in front of `target`; it forwards faithfully until told otherwise.
    ///
    /// # Panics
    /// When it cannot listen.
    pub fn start(target: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port for the proxy");
        let address = listener.local_addr().expect("the proxy's own address");
        let shared = Arc::new(Shared {
            target,
            behaviour: Mutex::default(),
            connections: AtomicUsize::new(0),
            refusing: AtomicBool::new(false),
            open: Mutex::default(),
        });
        let accepting = shared.clone();
        let listener = std::thread::spawn(move || accept(&listener, &accepting));
        Self { address, shared, listener: Mutex::new(Some(listener)) }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Delays every byte by `each_way` in each direction: the round trip gets twice as long. The kernel accepts a
    /// connection at once, so the first byte of each waits for the round trip that a handshake would take.
    pub fn delay(&self, each_way: Duration) {
        self.shared.behaviour().0 = each_way;
    }

    /// Disturbs the connections made from now on.
    pub fn fault(&self, fault: Fault) {
        self.shared.behaviour().1 = fault;
    }

    /// Closes every connection and refuses new ones, for good.
    pub fn refuse(&self) {
        self.shared.refusing.store(true, Ordering::SeqCst);
        let Some(listener) = self.listener.lock().unwrap_or_else(PoisonError::into_inner).take() else {
            return;
        };
        // Wakes the thread that waits for a connection.
        let _ = TcpStream::connect(self.address);
        let _ = listener.join();
        for stream in self.shared.open().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// How many connections were made so far.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.refuse();
    }
}

impl Shared {
    fn behaviour(&self) -> MutexGuard<'_, (Duration, Fault)> {
        self.behaviour.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self) -> MutexGuard<'_, Vec<TcpStream>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for client in listener.incoming() {
        if shared.refusing.load(Ordering::SeqCst) {
            return;
        }
        let Ok(client) = client else { continue };
        shared.connections.fetch_add(1, Ordering::SeqCst);
        // A connection that cannot be set up is closed, as it would be by the server itself.
        let _ = connect(client, shared);
    }
}

fn connect(client: TcpStream, shared: &Arc<Shared>) -> io::Result<()> {
    let limit = match shared.behaviour().1 {
        Fault::Close => return Ok(()),
        Fault::Hang => {
            shared.open().push(client);
            return Ok(());
        }
        Fault::CutAfter(bytes) => bytes,
        Fault::None => usize::MAX,
    };
    let server = TcpStream::connect(shared.target)?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    shared.open().extend([client.try_clone()?, server.try_clone()?]);
    let handshake = shared.behaviour().0 * 2;
    pump(client.try_clone()?, server.try_clone()?, usize::MAX, handshake, shared);
    pump(server, client, limit, Duration::ZERO, shared);
    Ok(())
}

/// Copies one direction: a reader stamps what it reads with the time it is due, a writer waits for that time, so that
/// a delay does not limit the throughput.
fn pump(mut from: TcpStream, mut to: TcpStream, limit: usize, first: Duration, shared: &Arc<Shared>) {
    let (sender, chunks) = channel::<(Instant, Vec<u8>)>();
    let shared = shared.clone();
    std::thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        let mut extra = first;
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            let due = Instant::now() + shared.behaviour().0 + std::mem::take(&mut extra);
            if sender.send((due, buffer[..read].to_vec())).is_err() {
                return;
            }
        }
    });
    std::thread::spawn(move || {
        let mut left = limit;
        for (due, chunk) in chunks {
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            let sent = chunk.len().min(left);
            left -= sent;
            if to.write_all(&chunk[..sent]).is_err() || left == 0 {
                let _ = to.shutdown(Shutdown::Both);
                return;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
    });
}
