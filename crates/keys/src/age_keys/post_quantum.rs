//! Post-quantum age keys: `age1pq1...` and `AGE-SECRET-KEY-PQ-1...`, stanza `mlkem768x25519` (age 1.3, C2SP age.md).

use std::collections::HashSet;
use std::fmt;
use std::io;
use std::str::FromStr;

use age::{DecryptError, EncryptError};
use age_core::format::{FILE_KEY_BYTES, FileKey, Stanza};
use age_core::primitives::{bech32_decode, bech32_encode_to_fmt};
use age_core::secrecy::ExposeSecret;
use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use bech32::Hrp;
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use rand::rngs::OsRng;
use zeroize::Zeroizing;

use super::xwing::{EncappedKey, PrivateKey, PublicKey, XWing};

const TAG: &str = "mlkem768x25519";
const INFO: &[u8] = b"age-encryption.org/mlkem768x25519";
/// What the public keys begin with, before the `1`.
const RECIPIENT: &str = "age1pq";
/// The same of the secret keys; like all of them in upper case.
const IDENTITY: &str = "AGE-SECRET-KEY-PQ-";
/// Length of the tag that the cipher adds.
const OVERHEAD: usize = 16;

/// A public key, `age1pq1...`, 1959 characters.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Recipient(PublicKey);

/// A secret key, `AGE-SECRET-KEY-PQ-1...`.
#[derive(Clone)]
pub(crate) struct Identity(PrivateKey);

/// Text that is no key of this kind.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NoKeyText;

impl Identity {
    pub(crate) fn recipient(&self) -> Recipient {
        Recipient(XWing::sk_to_pk(&self.0))
    }
}

impl FromStr for Recipient {
    type Err = NoKeyText;

    fn from_str(text: &str) -> Result<Self, NoKeyText> {
        decode(text, RECIPIENT).map(Self)
    }
}

impl FromStr for Identity {
    type Err = NoKeyText;

    fn from_str(text: &str) -> Result<Self, NoKeyText> {
        decode(text, IDENTITY).map(Self)
    }
}

fn decode<K: Deserializable>(text: &str, prefix: &str) -> Result<K, NoKeyText> {
    let right = |found: Hrp| if found.as_str() == prefix { Ok(()) } else { Err(NoKeyText) };
    bech32_decode(
        text,
        |_| NoKeyText,
        right,
        |_, bytes| {
            let bytes = Zeroizing::new(bytes.collect::<Vec<u8>>());
            K::from_bytes(&bytes).map_err(|_| NoKeyText)
        },
    )
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        bech32_encode_to_fmt(f, Hrp::parse_unchecked(RECIPIENT), &self.0.to_bytes())
    }
}

impl age::Recipient for Recipient {
    fn wrap_file_key(&self, file_key: &FileKey) -> Result<(Vec<Stanza>, HashSet<String>), EncryptError> {
        let (encapped, body) = hpke::single_shot_seal::<ChaCha20Poly1305, HkdfSha256, XWing, _>(
            &OpModeS::Base,
            &self.0,
            INFO,
            file_key.expose_secret(),
            &[],
            &mut OsRng,
        )
        .map_err(|error| EncryptError::Io(io::Error::other(error.to_string())))?;
        let args = vec![BASE64_STANDARD_NO_PAD.encode(encapped.to_bytes())];
        // The label keeps age from mixing it with recipients that are not quantum-safe.
        Ok((vec![Stanza { tag: TAG.to_owned(), args, body }], HashSet::from(["postquantum".to_owned()])))
    }
}

impl age::Identity for Identity {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        if stanza.tag != TAG {
            return None;
        }
        let invalid = Some(Err(DecryptError::InvalidHeader));
        let [encapped] = stanza.args.as_slice() else { return invalid };
        let Ok(encapped) = BASE64_STANDARD_NO_PAD.decode(encapped) else { return invalid };
        let Ok(encapped) = EncappedKey::from_bytes(&encapped) else { return invalid };
        if stanza.body.len() != FILE_KEY_BYTES + OVERHEAD {
            return invalid;
        }
        let opened = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, XWing>(
            &OpModeR::Base,
            &self.0,
            &encapped,
            INFO,
            &stanza.body,
            &[],
        );
        // A key for somebody else opens to noise, which the cipher refuses.
        let opened = Zeroizing::new(opened.ok()?);
        let bytes = <[u8; FILE_KEY_BYTES]>::try_from(opened.as_slice()).ok()?;
        Some(Ok(FileKey::new(Box::new(bytes))))
    }
}

#[cfg(test)]
mod tests {
    use age::{Identity as _, Recipient as _};

    use super::*;

    /// The file of age-keygen that the vectors have.
    fn keygen() -> (String, String) {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/sops/keys/agepq.txt");
        let text = fs_err::read_to_string(path).unwrap();
        let recipient = text.lines().find_map(|line| line.strip_prefix("# public key: ")).unwrap();
        (text.lines().last().unwrap().to_owned(), recipient.to_owned())
    }

    #[test]
    fn the_recipient_is_the_one_that_age_keygen_prints() {
        let (identity, recipient) = keygen();
        assert_eq!(identity.parse::<Identity>().ok().unwrap().recipient().to_string(), recipient);
        assert_eq!(recipient.parse::<Recipient>().ok().unwrap().to_string(), recipient);
        assert_eq!(recipient.len(), 1959);
    }

    #[test]
    fn only_the_identity_of_the_recipient_unwraps() {
        let (identity, recipient) = keygen();
        let identity: Identity = identity.parse().ok().unwrap();
        let file_key = || FileKey::new(Box::new([3; 16]));
        let (stanzas, labels) =
            recipient.parse::<Recipient>().ok().unwrap().wrap_file_key(&file_key()).unwrap();
        assert_eq!(labels.into_iter().collect::<Vec<_>>(), ["postquantum"]);
        let opened = identity.unwrap_stanzas(&stanzas).unwrap().ok().unwrap();
        assert_eq!(opened.expose_secret(), file_key().expose_secret());
        let (other, _) = XWing::derive_keypair(&[1; 32]);
        assert!(Identity(other).unwrap_stanzas(&stanzas).is_none());
    }

    #[test]
    fn changed_stanzas_are_refused() {
        let (identity, recipient) = keygen();
        let identity: Identity = identity.parse().ok().unwrap();
        let wrap = || {
            let recipient: Recipient = recipient.parse().ok().unwrap();
            recipient.wrap_file_key(&FileKey::new(Box::new([3; 16]))).unwrap().0.remove(0)
        };
        let changes: [fn(&mut Stanza); 5] = [
            |stanza| stanza.args.push("x".to_owned()),
            |stanza| stanza.args.clear(),
            |stanza| stanza.args[0].truncate(40),
            |stanza| stanza.args[0].insert(0, '!'),
            |stanza| stanza.body.push(0),
        ];
        for change in changes {
            let mut stanza = wrap();
            change(&mut stanza);
            assert!(matches!(identity.unwrap_stanza(&stanza), Some(Err(DecryptError::InvalidHeader))));
        }
        let mut stanza = wrap();
        stanza.body[0] ^= 1;
        assert!(identity.unwrap_stanza(&stanza).is_none());
        stanza.tag = "X25519".to_owned();
        assert!(identity.unwrap_stanza(&stanza).is_none());
    }

    #[test]
    fn texts_that_are_no_key() {
        let (identity, recipient) = keygen();
        let changed = recipient.replace("age1pq1", "age1px1");
        for text in [&identity.to_lowercase(), &changed, &recipient[..1900], "age1pq18nc9", ""] {
            assert!(text.parse::<Recipient>().is_err(), "{text}");
        }
        assert!(recipient.parse::<Identity>().is_err());
        assert!(identity[..70].parse::<Identity>().is_err());
    }
}
