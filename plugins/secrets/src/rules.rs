//! Who can read a new file and what is encrypted in it: `.sops.yaml`, flags, environment.

mod file;
mod find;
mod flags;
mod new_file;

pub use file::RuleFile;
pub use find::{FILE, Located, config_file, locate, no_rules};
pub use flags::RuleFlags;
pub use new_file::NewFile;
