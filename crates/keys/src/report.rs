//! What came of the ways to open a group's keys.

use sops::WrappedKey;
use zeroize::Zeroizing;

/// A wrapped key and what it holds: the data key, or a share of it.
pub(crate) struct Opened<'a> {
    pub wrapped: &'a WrappedKey,
    pub key: Zeroizing<Vec<u8>>,
}

/// A key that somebody else has to use for us, and did not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Type and name: `pgp 85D7...`, `age plugin yubikey`, `kms arn:aws:kms:...`.
    pub key: String,
    /// In the words of who refused, one line without secrets.
    pub reason: String,
    /// What to type or look at next.
    pub hint: Option<String>,
}

impl Refused {
    pub(crate) fn new(key: String, reason: String) -> Self {
        Self { key, reason, hint: None }
    }
}

/// Why the keys of a group do not open, so far.
#[derive(Default)]
pub(crate) struct Report {
    /// One of the keys is intact and for somebody else.
    pub foreign: bool,
    /// Recipient of the first damaged key, what is wrong with it, and whether the recipient is our own.
    damaged: Option<(String, &'static str, bool)>,
    /// In the order asked.
    pub refused: Vec<Refused>,
}

impl Report {
    /// Notes a damaged key; one for ourselves counts more than one for others.
    pub fn damaged(&mut self, recipient: &str, reason: &'static str, own: bool) {
        if self.damaged.as_ref().is_none_or(|(.., known)| own && !known) {
            self.damaged = Some((recipient.to_owned(), reason, own));
        }
    }

    /// Notes what was refused, once.
    pub fn refuse(&mut self, refused: Refused) {
        if !self.refused.contains(&refused) {
            self.refused.push(refused);
        }
    }

    /// The damaged key, if that is why the group does not open: somebody else's is not, where intact ones are for
    /// others or were refused.
    pub fn cause(&self) -> Option<(&str, &'static str)> {
        let (recipient, reason, own) = self.damaged.as_ref()?;
        (*own || !self.foreign && self.refused.is_empty()).then_some((recipient, *reason))
    }
}
