//! Master keys: what wraps and unwraps the data key of a SOPS file.
//!
//! What lives here: age identities of every kind and SSH keys from the places where sops looks, OpenPGP through gpg,
//! key services, unwrapping a file's data key with them and wrapping one for recipients, making a new identity. What
//! does not: the file format (`sops`), the environment (sources come in as a struct), the terminal (who asks for
//! passphrases comes in as a [`Prompt`]), printing. Nothing is read, started or asked before a file needs it.

mod age_keys;
mod gpg;
mod keyring;
mod no_key;
mod prompt;
pub mod remote;
mod report;
mod sources;
#[cfg(test)]
mod testing;
mod text;
mod wrap;

pub use age_keys::AgeSources;
pub use gpg::GpgSources;
pub use keyring::Keyring;
pub use no_key::{Looked, NoKey};
pub use prompt::Prompt;
pub use report::Refused;
pub use sources::Sources;
pub use wrap::{NewIdentity, WrapError, generate};
