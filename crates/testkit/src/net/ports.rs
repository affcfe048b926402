//! Ports that nobody else takes between the choice and the use.
//!
//! A server that takes its port by number cannot be given a listening socket. A port the kernel hands out for port 0
//! comes from the range it also uses for outgoing connections, and a busy test run makes many of those, so a port is
//! drawn from below that range, tried, and never drawn twice in one process.

use std::collections::HashSet;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Mutex;

use rand::Rng as _;

const LOWEST: u16 = 10_000;

/// A port on loopback that nobody listens to.
///
/// # Panics
/// When none is found.
pub(crate) fn free_port() -> u16 {
    static TAKEN: Mutex<Option<HashSet<u16>>> = Mutex::new(None);
    let mut taken = TAKEN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let taken = taken.get_or_insert_default();
    let highest = lowest_outgoing();
    let mut draw = rand::thread_rng();
    (0..10_000)
        .map(|_| draw.gen_range(LOWEST..highest))
        .find(|port| !taken.contains(port) && TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .inspect(|port| {
            taken.insert(*port);
        })
        .expect("a free port on loopback")
}

/// An address where every connection is refused.
///
/// # Panics
/// When no port is free.
pub fn refusing_address() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, free_port()).into()
}

fn lowest_outgoing() -> u16 {
    std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range")
        .ok()
        .and_then(|range| range.split_whitespace().next()?.parse().ok())
        .filter(|lowest| *lowest > LOWEST + 1000)
        .unwrap_or(32_768)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_never_given_twice_nor_from_the_range_of_outgoing_connections() {
        let mut seen = HashSet::new();
        for _ in 0..200 {
            let port = free_port();
            assert!(seen.insert(port));
            assert!((LOWEST..lowest_outgoing()).contains(&port));
        }
    }

    #[test]
    fn nobody_listens_at_a_refusing_address() {
        let refused = std::net::TcpStream::connect(refusing_address()).unwrap_err();
        assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    }
}
