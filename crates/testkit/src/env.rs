//! The private environment of one test, and the commands run in it.

mod invocation;
mod run;
mod running;
mod test_env;

pub use invocation::Invocation;
pub use run::Run;
pub use running::Running;
pub use test_env::{AgeKey, TestEnv};
