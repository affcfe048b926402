//! Private SSH keys as age identities: ssh-ed25519 and ssh-rsa, also with a passphrase.

use age::ssh::{EncryptedKey, Identity, ParseRecipientKeyError, Recipient, UnsupportedKey};
use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use secrecy::SecretString;
use sha2::{Digest, Sha256};

/// A private SSH key.
pub(crate) struct SshKey {
    /// `ssh-ed25519 AAAA...`, without a comment.
    public: String,
    /// How stanzas name the key: the begin of a hash of the public key.
    tag: String,
    secret: Secret,
}

enum Secret {
    Open(Identity),
    Locked(EncryptedKey),
}

/// Why a text is no usable key, in words without any of the text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unusable(pub String);

impl SshKey {
    /// Reads one PEM block.
    pub(crate) fn parse(pem: &str) -> Result<Self, Unusable> {
        let damaged = || {
            let known = pem.starts_with("-----BEGIN OPENSSH ") || pem.starts_with("-----BEGIN RSA ");
            let words = if known { "a damaged SSH key" } else { "a PEM block that is no OpenSSH or RSA key" };
            Unusable(words.to_owned())
        };
        let identity = Identity::from_buffer(pem.as_bytes(), None).map_err(|_| damaged())?;
        let recipient = Recipient::try_from(identity.clone()).map_err(|error| match error {
            ParseRecipientKeyError::Unsupported(kind) => {
                Unusable(format!("an SSH key of type {kind}, with which age does not work"))
            }
            ParseRecipientKeyError::RsaModulusTooLarge => {
                Unusable("an RSA key of more than 4096 bits, with which age does not work".to_owned())
            }
            _ => unsupported(&identity).unwrap_or_else(damaged),
        })?;
        let public = recipient.to_string();
        let (Recipient::SshEd25519(blob, _) | Recipient::SshRsa(blob, _)) = recipient;
        let tag = BASE64_STANDARD_NO_PAD.encode(&Sha256::digest(blob)[..4]);
        let secret = match identity {
            Identity::Encrypted(key) => Secret::Locked(key),
            open => Secret::Open(open),
        };
        Ok(Self { public, tag, secret })
    }

    pub(crate) fn public(&self) -> &str {
        &self.public
    }

    /// What opens age files, unless the key has a passphrase.
    pub(crate) fn unlocked(&self) -> Option<&dyn age::Identity> {
        match &self.secret {
            Secret::Open(identity) => Some(identity),
            Secret::Locked(_) => None,
        }
    }

    /// Whether the key has a passphrase.
    pub(crate) fn is_locked(&self) -> bool {
        matches!(self.secret, Secret::Locked(_))
    }

    /// Whether a stanza (its words) was made for this key. Four bytes decide, so another key may seem to be it once in
    /// four thousand million times.
    pub(crate) fn is_named_by(&self, stanza: &[String]) -> bool {
        matches!(stanza, [kind, tag, ..] if *tag == self.tag && self.public.split(' ').next() == Some(kind))
    }

    /// Opens the private key; `false` if the passphrase is wrong.
    pub(crate) fn unlock(&mut self, passphrase: SecretString) -> bool {
        if let Secret::Locked(key) = &self.secret {
            match key.decrypt(passphrase) {
                Ok(open) => self.secret = Secret::Open(open.into()),
                Err(_) => return false,
            }
        }
        true
    }
}

fn unsupported(identity: &Identity) -> Option<Unusable> {
    match identity {
        Identity::Unsupported(UnsupportedKey::EncryptedPem) => Some(Unusable(
            "an SSH key in the old encrypted format, which `ssh-keygen -p -f FILE` rewrites".to_owned(),
        )),
        Identity::Unsupported(UnsupportedKey::EncryptedSsh(cipher)) => {
            Some(Unusable(format!("an SSH key encrypted with {cipher}, which age does not know")))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(name: &str) -> String {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/sops/keys");
        fs_err::read_to_string(format!("{folder}/{name}")).unwrap()
    }

    #[test]
    fn the_public_key_is_the_one_beside_it() {
        for name in ["ssh_ed25519", "ssh_rsa"] {
            let key = SshKey::parse(&data(name)).unwrap();
            let public = data(&format!("{name}.pub"));
            assert!(public.starts_with(key.public()), "{public}");
            assert!(!key.is_locked());
            assert!(key.unlocked().is_some());
        }
    }

    #[test]
    fn stanzas_name_a_key_by_kind_and_tag() {
        let key = SshKey::parse(&data("ssh_ed25519")).unwrap();
        let stanza = |kind: &str, tag: &str| [kind.to_owned(), tag.to_owned(), "x".to_owned()];
        assert!(key.is_named_by(&stanza("ssh-ed25519", &key.tag)));
        assert!(!key.is_named_by(&stanza("ssh-rsa", &key.tag)));
        assert!(!key.is_named_by(&stanza("ssh-ed25519", "AAAAAA")));
        assert!(!key.is_named_by(&[]));
    }

    #[test]
    fn what_is_no_key_is_told() {
        let words = |pem: &str| SshKey::parse(pem).err().unwrap().0;
        let old = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n\
                   -----END RSA PRIVATE KEY-----\n";
        assert!(words(old).starts_with("an SSH key in the old encrypted format"));
        assert_eq!(words("-----BEGIN OPENSSH PRIVATE KEY-----\n"), "a damaged SSH key");
        assert_eq!(words("-----BEGIN EC PRIVATE KEY-----\n"), "a PEM block that is no OpenSSH or RSA key");
    }
}
