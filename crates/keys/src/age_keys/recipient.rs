//! Public keys of age, and wrapping a data key for one.

use std::io::{self, Write};
use std::iter;
use std::sync::Arc;

use age::armor::{ArmoredWriter, Format};
use age::ssh::ParseRecipientKeyError;
use age::{EncryptError, Encryptor};

use super::plugin::{self, Host};
use super::{AgeSources, post_quantum};
use crate::prompt::Prompt;
use crate::text::one_line;

/// A recipient that `.sops.yaml` or a flag names.
pub(crate) enum Recipient {
    X25519(age::x25519::Recipient),
    PostQuantum(Box<post_quantum::Recipient>),
    Ssh(age::ssh::Recipient),
    Plugin(plugin::Recipient),
}

/// Why no key can be wrapped for a text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum RecipientError {
    /// It is no recipient; the words say more where there is more to say.
    Invalid(Option<String>),
    /// It is a secret key.
    IsIdentity,
    /// Wrapping failed.
    Failed(String),
}

impl Recipient {
    /// Reads `age1...`, `age1pq1...`, `age1NAME1...` of a plugin, or an SSH public key with or without a comment.
    pub(crate) fn parse(text: &str) -> Result<Self, RecipientError> {
        let invalid = || RecipientError::Invalid(None);
        let upper = text.to_ascii_uppercase();
        if upper.starts_with("AGE-SECRET-KEY-")
            || upper.starts_with("AGE-PLUGIN-")
            || text.contains("PRIVATE KEY")
        {
            return Err(RecipientError::IsIdentity);
        }
        if text.starts_with("ssh-") {
            return text.parse().map(Self::Ssh).map_err(|error| RecipientError::Invalid(ssh_words(error)));
        }
        if text.starts_with("age1pq1") {
            return text.parse().map(|key| Self::PostQuantum(Box::new(key))).map_err(|_| invalid());
        }
        // The data part of bech32 has no `1`.
        if text.strip_prefix("age1").is_some_and(|rest| rest.contains('1')) {
            return text.parse().map(Self::Plugin).map_err(|_| invalid());
        }
        text.parse().map(Self::X25519).map_err(|_| invalid())
    }

    /// An armored age file for this recipient alone that holds `key`.
    pub(crate) fn wrap(
        &self,
        key: &[u8],
        sources: &AgeSources,
        prompt: Option<&Arc<dyn Prompt>>,
    ) -> Result<String, RecipientError> {
        let recipient: &dyn age::Recipient = match self {
            Self::X25519(recipient) => recipient,
            Self::PostQuantum(recipient) => &**recipient,
            Self::Ssh(recipient) => recipient,
            Self::Plugin(recipient) => {
                let host = Host { path: sources.path.clone(), prompt: prompt.cloned() };
                let asked = recipient.ready(&host);
                let wrapped = armored(&asked, key);
                let refused = asked.refused();
                return wrapped
                    .map_err(|error| RecipientError::Failed(refused.unwrap_or_else(|| words(&error))));
            }
        };
        armored(recipient, key).map_err(|error| RecipientError::Failed(words(&error)))
    }
}

/// `age::encrypt_and_armor` without its panic where the recipient does not work.
fn armored(recipient: &dyn age::Recipient, key: &[u8]) -> Result<String, EncryptError> {
    let mut text = Vec::with_capacity(512);
    let armor = ArmoredWriter::wrap_output(&mut text, Format::AsciiArmor)?;
    let mut writer = Encryptor::with_recipients(iter::once(recipient))?.wrap_output(armor)?;
    writer.write_all(key)?;
    writer.finish()?.finish()?;
    String::from_utf8(text).map_err(|_| EncryptError::Io(io::ErrorKind::InvalidData.into()))
}

fn words(error: &EncryptError) -> String {
    one_line(&error.to_string())
}

fn ssh_words(error: ParseRecipientKeyError) -> Option<String> {
    match error {
        ParseRecipientKeyError::RsaModulusTooLarge => {
            Some("RSA keys of more than 4096 bits are refused".to_owned())
        }
        ParseRecipientKeyError::RsaModulusTooSmall => {
            Some("RSA keys of less than 2048 bits are weak".to_owned())
        }
        ParseRecipientKeyError::Unsupported(kind) => {
            Some(format!("age works with ssh-ed25519 and ssh-rsa, not with {kind}"))
        }
        _ => None,
    }
}
