//! Vault and OpenBao: which secrets a context needs, logging in, reading them.
//!
//! What lives here: the mapping from `secret_id` to Vault path and key (pure), connection settings, logins, the client
//! with its retry and redirect rules, KV reads, encryption by the Transit engine, and the writer that turns what was read into Helm values. What does
//! not: files of a fleet, printing, the environment (settings come in as a struct), and any cache on disk.
//!
//! Secrets: answers are kept as bytes and wiped, values are cut out of them without building a tree. What the HTTP
//! and TLS libraries copy on the way is wiped by the zeroizing allocator that the binaries install.

mod client;
mod error;
mod failure;
mod json_path;
mod json_text;
mod kv_path;
mod login;
pub mod mapping;
mod mounts;
mod read;
mod resolved;
mod settings;
mod tls;
mod transit;
mod transport;
mod value;

pub use client::Client;
pub use error::Error;
pub use failure::{Failure, Problem};
pub use json_path::JsonPath;
pub use json_text::is_changed_by_yaml;
pub use kv_path::KvPath;
pub use resolved::{Origin, Resolved, Secret, SecretValue};
pub use settings::{
    Auth, Credential, DEFAULT_CONCURRENCY, DEFAULT_RETRIES, DEFAULT_TIMEOUT, Settings, Tls, go_bool,
    go_duration, parse_address,
};
pub use transit::Transit;
pub use transport::find_cause;
