//! Processes that cannot outlive the test.
//!
//! A server started by a test must end with it, however the test ends: return, panic, Ctrl-C or `kill -9`. Only the
//! kernel can promise that: `PR_SET_PDEATHSIG`, set by the program `setpriv` of util-linux, which then becomes the
//! server. The kernel sends the signal when the *thread* that started the process ends, and test threads are short,
//! so one thread that never ends starts all of them.

mod daemon;
mod guard;
mod identity;

pub(crate) use daemon::Daemon;
pub use daemon::Lifetime;
pub(crate) use guard::{guarded, spawn};
pub use identity::{ProcessId, descendants};
