//! One secret that can open age files, of whatever kind.

use std::str::FromStr;

use super::ssh::SshKey;
use super::{plugin, post_quantum};

/// An identity as a source holds it.
pub(crate) enum Identity {
    /// `AGE-SECRET-KEY-1...`
    X25519(age::x25519::Identity),
    /// `AGE-SECRET-KEY-PQ-1...`
    PostQuantum(Box<post_quantum::Identity>),
    /// A private key of OpenSSH.
    Ssh(Box<SshKey>),
    /// `AGE-PLUGIN-NAME-1...`: opened by the program `age-plugin-name`.
    Plugin(plugin::Identity),
}

/// Text that is no identity.
#[derive(Debug)]
pub(crate) struct NoIdentity;

impl FromStr for Identity {
    type Err = NoIdentity;

    fn from_str(text: &str) -> Result<Self, NoIdentity> {
        if text.starts_with("AGE-PLUGIN-") {
            return text.parse().map(Self::Plugin).map_err(|_| NoIdentity);
        }
        if text.starts_with("AGE-SECRET-KEY-PQ-1") {
            return text
                .parse()
                .map(|identity| Self::PostQuantum(Box::new(identity)))
                .map_err(|_| NoIdentity);
        }
        text.parse().map(Self::X25519).map_err(|_| NoIdentity)
    }
}

impl Identity {
    /// What opens age files without asking anybody: no passphrase, no program.
    pub(crate) fn quiet(&self) -> Option<&dyn age::Identity> {
        match self {
            Self::X25519(identity) => Some(identity),
            Self::PostQuantum(identity) => Some(&**identity),
            Self::Ssh(key) => key.unlocked(),
            Self::Plugin(_) => None,
        }
    }

    /// The public key, as files name it; an SSH key without a comment. Only its program knows that of a plugin.
    pub(crate) fn recipient(&self) -> Option<String> {
        match self {
            Self::X25519(identity) => Some(identity.to_public().to_string()),
            Self::PostQuantum(identity) => Some(identity.recipient().to_string()),
            Self::Ssh(key) => Some(key.public().to_owned()),
            Self::Plugin(_) => None,
        }
    }
}

/// Whether a file's recipient names the same key as `own`: the comment of an SSH key does not count.
pub(crate) fn same_recipient(own: &str, label: &str) -> bool {
    let label = label.trim();
    own == label || own.starts_with("ssh-") && own.split_whitespace().eq(label.split_whitespace().take(2))
}
