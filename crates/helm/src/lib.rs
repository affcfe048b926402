//! Finds and runs helm.
//!
//! What lives here: where helm is and which version, its command line as data ([`args`]), handing files over in
//! memory ([`MemFile`]), the environment and life of a helm child ([`Call`]), becoming helm ([`Helm::exec`]), and what
//! its errors mean ([`classify`]).
//! What does not: which values go in, which clusters are meant, and printing. Unix only.

pub mod args;
mod call;
mod capture;
mod classify;
mod environment;
mod error;
mod exec;
mod find;
mod harden;
mod memfile;
mod version;

pub use call::{Call, Output, Target};
pub use capture::{Captured, Keep};
pub use classify::{Aftermath, Failure, Kind, classify};
pub use environment::Environment;
pub use error::Error;
pub use exec::{replace_process, run_in_foreground};
pub use find::Helm;
pub use harden::harden;
pub use memfile::MemFile;
pub use version::Version;
