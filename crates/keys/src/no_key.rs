//! Why a file's data key could not be had, told so that its reader can do something about it.

use std::fmt;

use sops::ShamirError;

use crate::report::Refused;

/// A file's data key cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoKey {
    /// No identity opens any of the file's keys.
    NoIdentity {
        /// Recipients in full: `age1...`, or the type and the name of another key (`pgp 85D7...`).
        encrypted_for: Vec<String>,
        /// Every place looked at, with what was there.
        looked_in: Vec<Looked>,
        /// The recipients of the identities that were found.
        own: Vec<String>,
        /// What gpg, plugins and key services said.
        refused: Vec<Refused>,
    },
    /// The key wrapped for `recipient` is no intact age file, and no other key could be opened.
    Damaged { recipient: String, reason: &'static str },
    /// The data key is split over several groups of keys, and too few of them could be opened.
    Shares { opened: usize, needed: usize, groups: usize, source: Box<NoKey> },
    /// The file asks for more shares than it has groups.
    TooFewGroups { needed: usize, groups: usize },
    /// The shares do not fit together.
    Shamir(ShamirError),
    /// What was wrapped is no AES key.
    NotAKey { bytes: usize },
}

/// A place where identities may be, and what was found there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    /// The variable, the file, or both.
    pub place: String,
    /// `1 identity`, `not set`, `not there`, ...
    pub found: String,
}

impl NoKey {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoIdentity { own, refused, .. } if own.is_empty() => {
                let hinted = refused.iter().find_map(|refused| refused.hint.clone());
                Some(hinted.unwrap_or_else(|| {
                    "put your age identity into SOPS_AGE_KEY_FILE or one of the files above; age-keygen makes one"
                        .to_owned()
                }))
            }
            Self::NoIdentity { own, .. } => {
                Some(format!("ask someone who can open it to encrypt it for you, too: {}", own.join(", ")))
            }
            Self::Shares { source, .. } => source.hint(),
            Self::Damaged { .. } | Self::TooFewGroups { .. } | Self::Shamir(_) | Self::NotAKey { .. } => {
                Some("restore the file from git".to_owned())
            }
        }
    }
}

impl std::error::Error for NoKey {}

impl fmt::Display for NoKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoIdentity { encrypted_for, looked_in, refused, .. } => {
                let recipients: Vec<String> =
                    encrypted_for.iter().map(|recipient| short(recipient)).collect();
                f.write_str("no identity opens it\n")?;
                write!(f, "  it is encrypted for  {}", recipients.join(", "))?;
                // Places of age identities are not looked at for files without age keys.
                if !looked_in.is_empty() {
                    let places: Vec<String> = looked_in.iter().map(Looked::to_string).collect();
                    write!(f, "\n  looked in            {}", places.join(", "))?;
                }
                refused.iter().try_for_each(|Refused { key, reason, .. }| write!(f, "\n  {key}: {reason}"))
            }
            Self::Damaged { recipient, reason } => {
                write!(f, "the key wrapped for {} is damaged: {reason}", short(recipient))
            }
            Self::Shares { opened, needed, groups, source } => {
                write!(
                    f,
                    "{opened} of its {groups} key groups open and {needed} are needed; of the first other: {source}"
                )
            }
            Self::TooFewGroups { needed, groups } => {
                write!(f, "it has {groups} key groups, and its shamir_threshold asks for {needed}")
            }
            Self::Shamir(problem) => write!(f, "its key groups give no data key: {problem}"),
            Self::NotAKey { bytes } => write!(f, "its data key has {bytes} bytes, which is no AES key"),
        }
    }
}

impl fmt::Display for Looked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.place, self.found)
    }
}

/// An age recipient by its two ends, an SSH key without the key itself; anything else as it is.
fn short(recipient: &str) -> String {
    if let Some((kind, rest)) = recipient.split_once(' ').filter(|(kind, _)| kind.starts_with("ssh-")) {
        let (key, comment) = rest.split_once(' ').unwrap_or((rest, ""));
        let end = key.char_indices().rev().nth(7).map_or(key, |(at, _)| &key[at..]);
        return format!("{kind} ...{end} {comment}").trim_end().to_owned();
    }

    match (recipient.get(..6), recipient.get(recipient.len().saturating_sub(2)..)) {
        (Some(head), Some(tail))
            if head.starts_with("age1") && recipient.len() > 20 && !recipient.contains(' ') =>
        {
            format!("{head}...{tail}")
        }
        _ => recipient.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_screen() {
        let looked = |place: &str, found: &str| Looked { place: place.to_owned(), found: found.to_owned() };
        let error = NoKey::NoIdentity {
            encrypted_for: vec![
                "age1mqq2rjxcga730khquz96yd89axq5u97y2pshqm35fxf6nu8n599sgwwr93".to_owned(),
                "pgp 85D77543B3D624B63CEA9E6DBC17301B491B3F21".to_owned(),
            ],
            looked_in: vec![
                looked("SOPS_AGE_KEY", "not set"),
                looked("/h/.config/sops/age/keys.txt", "1 identity"),
            ],
            own: vec!["age1abc".to_owned()],
            refused: vec![Refused::new(
                "pgp 85D77543B3D624B63CEA9E6DBC17301B491B3F21".to_owned(),
                "gpg: decryption failed: No secret key".to_owned(),
            )],
        };
        let expected = "no identity opens it\n  \
            it is encrypted for  age1mq...93, pgp 85D77543B3D624B63CEA9E6DBC17301B491B3F21\n  \
            looked in            SOPS_AGE_KEY (not set), /h/.config/sops/age/keys.txt (1 identity)\n  \
            pgp 85D77543B3D624B63CEA9E6DBC17301B491B3F21: gpg: decryption failed: No secret key";
        assert_eq!(error.to_string(), expected);
        assert_eq!(
            error.hint().as_deref(),
            Some("ask someone who can open it to encrypt it for you, too: age1abc")
        );
    }

    #[test]
    fn a_label_that_is_no_recipient_is_shown_as_it_is() {
        assert_eq!(short("é"), "é");
        assert_eq!(short("age1ééééééééééééééééé"), "age1é...é");
    }

    #[test]
    fn an_ssh_key_is_known_by_its_end_and_comment() {
        assert_eq!(short("ssh-ed25519 AAAAC3NzaC1lZDI1 me@host"), "ssh-ed25519 ...aC1lZDI1 me@host");
        assert_eq!(short("ssh-rsa AAAA"), "ssh-rsa ...AAAA");
    }
}
