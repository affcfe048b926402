//! The hunt for secrets that got out: unique values are planted, a command runs, and every place a value can be seen
//! in is searched.

mod hunt;
mod planted;
mod trace;
mod watch;

pub(crate) use hunt::{Hunt, Hunting};
pub use planted::Planted;
pub(crate) use planted::random_text;
