//! Wrapping a data key for recipients, and making an identity of one's own.

use age::x25519::Identity;
use secrecy::{ExposeSecret, SecretString};
use sops::{DataKey, KeyGroup, MasterKey, ShamirError, WrappedKey};
use zeroize::Zeroizing;

use crate::age_keys::{Recipient, RecipientError};
use crate::keyring::Keyring;
use crate::remote::Refusal;

/// A recipient that no key can be wrapped for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WrapError {
    /// It is not what a recipient looks like; the reason says more where there is more to say.
    #[error("no valid age recipient: {recipient}{}", .reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default())]
    Invalid { recipient: String, reason: Option<String> },
    /// Somebody put a secret where a public key belongs; its text is in no error.
    #[error("a recipient is an age identity, which is secret, not a recipient")]
    IsIdentity,
    /// A group without keys would hold a share that nobody can open.
    #[error("key group {number} has no keys")]
    EmptyGroup {
        /// From 1.
        number: usize,
    },
    #[error(transparent)]
    Shamir(#[from] ShamirError),
    /// Whoever was to wrap it did not, in their words.
    #[error("no key can be wrapped for {recipient}: {reason}")]
    Failed { recipient: String, reason: String },
    /// A key service did not.
    #[error("no key can be wrapped for {0}")]
    Refused(Box<Refusal>),
}

impl WrapError {
    /// What to write instead.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Invalid { reason: None, .. } => {
                Some("a recipient begins with age1, ssh-ed25519 or ssh-rsa".to_owned())
            }
            Self::IsIdentity => Some("give the public key that age-keygen -y prints for it".to_owned()),
            Self::Failed { reason, .. } if reason.starts_with("gpg: ") => Some(
                "see whether gpg has the key: gpg --list-keys; get it with gpg --import or --recv-keys"
                    .to_owned(),
            ),
            Self::Refused(refusal) => refusal.hint(),
            Self::Invalid { .. } | Self::EmptyGroup { .. } | Self::Shamir(_) | Self::Failed { .. } => None,
        }
    }
}

impl Keyring {
    /// Wraps `key` for the keys of one group; for several groups, splits it and wraps a share for the keys of each.
    ///
    /// `threshold` is how many shares are to give the key back; without it all are needed. One wrapped key for each
    /// master key, in the order given; a key that is twice in a group, by the text sops tells keys apart by, is used
    /// once.
    ///
    /// # Errors
    /// [`WrapError`], which names the first recipient that does not work.
    pub fn wrap(
        &self,
        key: &DataKey,
        groups: &[Vec<MasterKey>],
        threshold: Option<u32>,
    ) -> Result<Vec<KeyGroup>, WrapError> {
        if let Some(empty) = groups.iter().position(Vec::is_empty) {
            return Err(WrapError::EmptyGroup { number: empty + 1 });
        }
        let shares = match groups {
            [_] => vec![Zeroizing::new(key.expose().to_vec())],
            _ => {
                let threshold = threshold.map_or(groups.len(), |threshold| threshold as usize);
                sops::split(key.expose(), groups.len(), threshold)?
            }
        };
        let wrap_share = |(keys, share): (&Vec<MasterKey>, &Zeroizing<Vec<u8>>)| {
            let keys: Result<_, _> = distinct(keys).iter().map(|key| self.wrap_by(key, share)).collect();
            Ok(KeyGroup::of(keys?))
        };
        groups.iter().zip(&shares).map(wrap_share).collect()
    }

    fn wrap_by(&self, key: &MasterKey, share: &[u8]) -> Result<WrappedKey, WrapError> {
        match key {
            MasterKey::Age { recipient } => {
                let recipient = recipient.trim();
                let enc = Recipient::parse(recipient)
                    .and_then(|parsed| parsed.wrap(share, &self.sources.age, self.sources.prompt.as_ref()))
                    .map_err(|error| age_error(recipient, error))?;
                Ok(WrappedKey::new(MasterKey::Age { recipient: recipient.to_owned() }, enc, None))
            }
            MasterKey::Pgp { fingerprint } => {
                let failed = |reason| WrapError::Failed { recipient: format!("pgp {fingerprint}"), reason };
                let enc = self.sources.gpg.encrypt(share, fingerprint).map_err(failed)?;
                let now = format!("{:.0}", jiff::Timestamp::now());
                Ok(WrappedKey::new(key.clone(), enc, Some(now)))
            }
            _ => self.services().wrap(share, key).map_err(|refusal| WrapError::Refused(Box::new(refusal))),
        }
    }
}

fn age_error(recipient: &str, error: RecipientError) -> WrapError {
    let recipient = recipient.to_owned();
    match error {
        RecipientError::Invalid(reason) => WrapError::Invalid { recipient, reason },
        RecipientError::IsIdentity => WrapError::IsIdentity,
        RecipientError::Failed(reason) => WrapError::Failed { recipient, reason },
    }
}

/// The keys without those that come a second time.
fn distinct(keys: &[MasterKey]) -> Vec<&MasterKey> {
    let mut distinct: Vec<&MasterKey> = Vec::with_capacity(keys.len());
    for key in keys {
        let same = |known: &&MasterKey| {
            known.kind() == key.kind() && known.to_string().trim() == key.to_string().trim()
        };
        if !distinct.iter().any(same) {
            distinct.push(key);
        }
    }
    distinct
}

/// A new identity.
#[derive(Debug)]
pub struct NewIdentity {
    /// The identity file as age-keygen writes it: two comments and the secret key, a line each.
    pub file: SecretString,
    /// The public key, `age1...`.
    pub recipient: String,
}

/// Makes a new X25519 identity; `now` goes into the file's comment.
pub fn generate(now: jiff::Timestamp) -> NewIdentity {
    let identity = Identity::generate();
    let recipient = identity.to_public().to_string();
    let secret = identity.to_string();
    let file = format!("# created: {now:.0}\n# public key: {recipient}\n{}\n", secret.expose_secret());
    NewIdentity { file: file.into(), recipient }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AgeSources, Sources};
    use sops::{Metadata, Selector};

    fn wrap_age(key: &DataKey, recipients: &[String]) -> Result<Vec<WrappedKey>, WrapError> {
        let group = recipients.iter().map(|recipient| MasterKey::Age { recipient: recipient.clone() });
        Ok(Keyring::new(Sources::default()).wrap(key, &[group.collect()], None)?.remove(0).keys)
    }

    #[test]
    fn one_armored_file_for_each_recipient_in_order() {
        let (a, b) = (generate(jiff::Timestamp::UNIX_EPOCH), generate(jiff::Timestamp::UNIX_EPOCH));
        let recipients = [format!(" {} ", b.recipient), a.recipient.clone(), b.recipient.clone()];
        let entries = wrap_age(&DataKey::generate(), &recipients).unwrap();
        let names: Vec<String> = entries.iter().map(|entry| entry.key.to_string()).collect();
        assert_eq!(names, [b.recipient, a.recipient], "each key once");
        for entry in &entries {
            assert!(entry.enc.starts_with("-----BEGIN AGE ENCRYPTED FILE-----\n"));
            assert!(entry.enc.ends_with("\n-----END AGE ENCRYPTED FILE-----\n"));
            assert!(entry.enc.lines().all(|line| line.len() <= 64));
        }
    }

    #[test]
    fn a_new_identity_opens_what_is_wrapped_for_it() {
        let new = generate("2026-11-21T03:26:13.5Z".parse().unwrap());
        let lines: Vec<&str> = new.file.expose_secret().lines().collect();
        assert_eq!(lines[0], "# created: 2026-11-21T03:26:13Z");
        assert_eq!(lines[1], format!("# public key: {}", new.recipient));
        assert!(lines[2].starts_with("AGE-SECRET-KEY-1") && lines.len() == 3);
        assert!(!format!("{new:?}").contains("AGE-SECRET-KEY"));
        let key = DataKey::generate();
        let keys = wrap_age(&key, std::slice::from_ref(&new.recipient)).unwrap();
        let metadata = Metadata {
            groups: vec![KeyGroup::of(keys)],
            shamir_threshold: None,
            selector: Selector::default(),
            mac_only_encrypted: false,
            last_modified: String::new(),
            mac: None,
            version: String::new(),
            unknown: Vec::new(),
        };
        let age = AgeSources { key: Some(new.file), ..AgeSources::default() };
        let keyring = Keyring::new(Sources { age, ..Sources::default() });
        assert_eq!(keyring.data_key(&metadata).unwrap().expose(), key.expose());
    }

    #[test]
    fn what_is_no_recipient_is_named() {
        let error = |recipient: &str| wrap_age(&DataKey::generate(), &[recipient.to_owned()]).unwrap_err();
        for invalid in [
            "",
            "age1",
            "bob",
            "age1mqq2rjxcga730khquz96yd89axq5u97y2pshqm35fxf6nu8n599sgwwr94",
            "age1pq18nc9",
            "age1yubikey1q0sxy",
            "ssh-ed25519 AAAA me",
        ] {
            let expected = WrapError::Invalid { recipient: invalid.to_owned(), reason: None };
            assert_eq!(error(invalid), expected);
        }
        assert_eq!(
            error("ssh-dss AAAAB3NzaC1kc3M= me").to_string(),
            "no valid age recipient: ssh-dss AAAAB3NzaC1kc3M= me (age works with ssh-ed25519 and ssh-rsa, not with \
             ssh-dss)"
        );
    }

    #[test]
    fn a_plugin_that_is_not_there_is_named() {
        let prefix = bech32::Hrp::parse_unchecked("age1test");
        let recipient = age_core::primitives::bech32_encode(prefix, b"x");
        let error = wrap_age(&DataKey::generate(), std::slice::from_ref(&recipient)).unwrap_err();
        let expected = format!("no key can be wrapped for {recipient}: age-plugin-test is not in PATH");
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn a_group_without_keys_is_refused() {
        let new = generate(jiff::Timestamp::UNIX_EPOCH);
        let keyring = Keyring::new(Sources::default());
        let groups = [vec![MasterKey::Age { recipient: new.recipient }], Vec::new()];
        let error = keyring.wrap(&DataKey::generate(), &groups, None).unwrap_err();
        assert_eq!(error, WrapError::EmptyGroup { number: 2 });
    }

    #[test]
    fn an_identity_given_as_a_recipient_is_not_shown() {
        let new = generate(jiff::Timestamp::UNIX_EPOCH);
        let secret = new.file.expose_secret().lines().last().unwrap().to_owned();
        let error = wrap_age(&DataKey::generate(), std::slice::from_ref(&secret)).unwrap_err();
        assert!(!format!("{error} {error:?} {:?}", error.hint()).contains(&secret));
        let pem = "-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2".to_owned();
        assert_eq!(wrap_age(&DataKey::generate(), &[pem]).unwrap_err(), WrapError::IsIdentity);
    }
}
