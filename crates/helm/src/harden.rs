//! Keeps this process's memory out of core dumps and debuggers.

use rustix::io;
use rustix::process::{Resource, Rlimit, setrlimit};

/// Forbids core dumps of this process and, on Linux, that processes of the same user read its memory
/// (`PR_SET_DUMPABLE`). To be called first in `main`.
///
/// The core limit is inherited by helm; dumpability is reset by the kernel when helm is executed.
pub fn harden() -> io::Result<()> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    Ok(())
}
