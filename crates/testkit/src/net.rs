//! Ports, and servers that misbehave on request.

mod ports;
mod proxy;
mod scripted;

pub(crate) use ports::free_port;
pub use ports::refusing_address;
pub use proxy::{Fault, Proxy};
pub use scripted::{Reply, Request, ScriptedServer};
