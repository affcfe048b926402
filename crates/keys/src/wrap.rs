//! Wrapping a data key for recipients, and making an identity of one's own.

use age::x25519::{Identity, Recipient};
use secrecy::{ExposeSecret, SecretString};
use sops::{DataKey, KeyGroup, MasterKey, ShamirError, WrappedKey};
use zeroize::Zeroizing;

/// A recipient that no key can be wrapped for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WrapError {
    #[error("{kind} recipients are not supported by this build: {recipient}")]
    Unsupported { recipient: String, kind: String },
    #[error("no valid age recipient: {recipient}")]
    Invalid { recipient: String },
    /// Somebody put a secret where a public key belongs; its text is in no error.
    #[error("a recipient is an age identity, which is secret, not a recipient")]
    IsIdentity,
    #[error(transparent)]
    Shamir(#[from] ShamirError),
    #[error("no key can be wrapped for {recipient}")]
    Failed { recipient: String },
}

impl WrapError {
    /// What to write instead.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Invalid { .. } => Some("a recipient begins with age1 and has 62 characters".to_owned()),
            Self::IsIdentity => Some("give the public key that age-keygen -y prints for it".to_owned()),
            Self::Unsupported { .. } | Self::Shamir(_) | Self::Failed { .. } => None,
        }
    }
}

/// Wraps `key` for the keys of one group; for several groups, splits it and wraps a share for the keys of each.
///
/// `threshold` is how many shares are to give the key back; without it all are needed. One wrapped key for each master
/// key, in the order given.
pub fn wrap(
    key: &DataKey,
    groups: &[Vec<MasterKey>],
    threshold: Option<u32>,
) -> Result<Vec<KeyGroup>, WrapError> {
    let shares = match groups {
        [_] => vec![Zeroizing::new(key.expose().to_vec())],
        _ => {
            let threshold = threshold.map_or(groups.len(), |threshold| threshold as usize);
            sops::split(key.expose(), groups.len(), threshold)?
        }
    };
    let wrap_share = |(keys, share): (&Vec<MasterKey>, &Zeroizing<Vec<u8>>)| {
        let keys: Result<_, _> = keys.iter().map(|key| wrap_by(key, share)).collect();
        Ok(KeyGroup::of(keys?))
    };
    groups.iter().zip(&shares).map(wrap_share).collect()
}

fn wrap_by(key: &MasterKey, share: &[u8]) -> Result<WrappedKey, WrapError> {
    let MasterKey::Age { recipient } = key else {
        let kind = key.kind().name().to_owned();
        return Err(WrapError::Unsupported { recipient: key.to_string(), kind });
    };
    let recipient = recipient.trim();
    let parsed: Recipient = recipient.parse().map_err(|_| refuse(recipient))?;
    let enc = age::encrypt_and_armor(&parsed, share)
        .map_err(|_| WrapError::Failed { recipient: recipient.to_owned() })?;
    Ok(WrappedKey::new(MasterKey::Age { recipient: recipient.to_owned() }, enc, None))
}

fn refuse(recipient: &str) -> WrapError {
    let named =
        |kind: &str| WrapError::Unsupported { recipient: recipient.to_owned(), kind: kind.to_owned() };
    let upper = recipient.to_ascii_uppercase();
    if upper.starts_with("AGE-SECRET-KEY-") || upper.starts_with("AGE-PLUGIN-") {
        return WrapError::IsIdentity;
    }
    match recipient.split_whitespace().next().unwrap_or_default() {
        kind @ ("ssh-ed25519" | "ssh-rsa") => return named(kind),
        pq if pq.starts_with("age1pq1") => return named("post-quantum (age1pq)"),
        _ => {}
    }
    // A plugin's recipient is age1NAME1DATA; the data of bech32 has no `1`.
    match recipient.strip_prefix("age1").and_then(|rest| rest.rsplit_once('1')) {
        Some((name, _)) if !name.is_empty() => named(&format!("age plugin ({name})")),
        _ => WrapError::Invalid { recipient: recipient.to_owned() },
    }
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
    use crate::{AgeSources, Keyring};
    use sops::{Metadata, Selector};

    fn wrap_age(key: &DataKey, recipients: &[String]) -> Result<Vec<WrappedKey>, WrapError> {
        let group = recipients.iter().map(|recipient| MasterKey::Age { recipient: recipient.clone() });
        Ok(wrap(key, &[group.collect()], None)?.remove(0).keys)
    }

    #[test]
    fn one_armored_file_for_each_recipient_in_order() {
        let (a, b) = (generate(jiff::Timestamp::UNIX_EPOCH), generate(jiff::Timestamp::UNIX_EPOCH));
        let recipients = [format!(" {} ", b.recipient), a.recipient.clone(), a.recipient.clone()];
        let entries = wrap_age(&DataKey::generate(), &recipients).unwrap();
        let names: Vec<String> = entries.iter().map(|entry| entry.key.to_string()).collect();
        assert_eq!(names, [b.recipient, a.recipient.clone(), a.recipient]);
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
        let keyring = Keyring::new(AgeSources { key: Some(new.file), ..AgeSources::default() });
        assert_eq!(keyring.data_key(&metadata).unwrap().expose(), key.expose());
    }

    #[test]
    fn other_recipients_are_refused_by_kind() {
        let error = |recipient: &str| wrap_age(&DataKey::generate(), &[recipient.to_owned()]).unwrap_err();
        assert_eq!(
            error("ssh-ed25519 AAAA me").to_string(),
            "ssh-ed25519 recipients are not supported by this build: ssh-ed25519 AAAA me"
        );
        assert!(error("ssh-rsa AAAA").to_string().starts_with("ssh-rsa recipients"));
        assert!(error("age1pq18nc9").to_string().starts_with("post-quantum (age1pq) recipients"));
        assert!(error("age1yubikey1q0sxy").to_string().starts_with("age plugin (yubikey) recipients"));
        for invalid in ["", "age1", "bob", "age1mqq2rjxcga730khquz96yd89axq5u97y2pshqm35fxf6nu8n599sgwwr94"] {
            assert_eq!(error(invalid), WrapError::Invalid { recipient: invalid.to_owned() });
        }
    }

    #[test]
    fn an_identity_given_as_a_recipient_is_not_shown() {
        let new = generate(jiff::Timestamp::UNIX_EPOCH);
        let secret = new.file.expose_secret().lines().last().unwrap().to_owned();
        let error = wrap_age(&DataKey::generate(), std::slice::from_ref(&secret)).unwrap_err();
        assert!(!format!("{error} {error:?} {:?}", error.hint()).contains(&secret));
    }
}
