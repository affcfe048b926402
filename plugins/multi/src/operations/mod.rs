//! What each operation does in one context: the ports that a rollout drives.

mod place;
mod rollback;
mod uninstall;
mod upgrade;

pub use place::{Places, cannot_look};
pub use rollback::{Goal, Rollback, last_run};
pub use uninstall::Uninstall;
pub use upgrade::Upgrade;
