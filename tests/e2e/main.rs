//! The plugins as a user runs them: through the real helm, against real API servers and a real OpenBao.
//!
//! `secrets` and `multi` hold the tests of each plugin, a file per command or topic.

mod install;
mod multi;
mod secrets;
