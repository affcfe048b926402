//! What people see and set: printing, colours, tables, progress, errors, exit codes, environment variables.
//!
//! This is the only crate that prints and the only one that reads the environment. It knows nothing of SOPS, Vault,
//! Helm or clusters: those crates hand it text, rows and errors.

pub mod env;
mod error;
mod exit;
pub mod person;
mod printer;
mod progress;
pub mod reference;
mod style;
mod table;
pub mod terminal;

pub use error::{CommandError, Kind, OrHint};
pub use exit::Exit;
pub use printer::Printer;
pub use progress::Board;
pub use style::Style;
pub use table::Table;
