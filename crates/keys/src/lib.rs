//! Master keys: what wraps and unwraps the data key of a SOPS file.
//!
//! What lives here: age X25519 identities from the places where sops looks, unwrapping a file's data key with them,
//! wrapping one for recipients, making a new identity. What does not: the file format (`sops`), the environment
//! (sources come in as a struct), printing. Identities are read when the first file needs one, and once.

mod identities;
mod keyring;
mod no_key;
mod sources;
mod wrap;

pub use keyring::Keyring;
pub use no_key::{Looked, NoKey};
pub use sources::AgeSources;
pub use wrap::{NewIdentity, WrapError, generate, wrap};
