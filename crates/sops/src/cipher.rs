//! `ENC[AES256_GCM,data:...,iv:...,tag:...,type:...]`: one leaf under the data key.

use std::cell::RefCell;

use aes_gcm::aead::consts::{U8, U12, U16, U24, U31, U32, U48, U64};
use aes_gcm::aead::generic_array::GenericArray;
use aes_gcm::aead::{AeadInPlace, KeyInit};
use aes_gcm::aes::{Aes128, Aes192, Aes256};
use aes_gcm::{AesGcm, Tag};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rand::RngCore;
use zeroize::Zeroizing;

use crate::data_key::DataKey;
use crate::error::ValueProblem;
use crate::typed::{Opened, Type, Typed};

/// What every encrypted leaf begins with.
pub(crate) const PREFIX: &str = "ENC[AES256_GCM,data:";
const IV_BYTES: usize = 32;
const TAG_BYTES: usize = 16;

/// The cipher of one file; key schedules are computed once.
pub(crate) struct Cipher {
    algorithm: Algorithm,
    ivs: RefCell<Ivs>,
}

enum Algorithm {
    Aes128(Aes128),
    Aes192(Aes192),
    Aes256 { usual: Box<AesGcm<Aes256, U32>>, block: Aes256 },
}

/// Random IVs, fetched from the operating system many at a time: a call for each would take longer than the encryption.
/// None is given out twice.
#[derive(Default)]
struct Ivs {
    unused: Vec<[u8; IV_BYTES]>,
}

impl Ivs {
    /// How many fill a page.
    const BATCH: usize = 4096 / IV_BYTES;

    fn next(&mut self) -> [u8; IV_BYTES] {
        if let Some(iv) = self.unused.pop() {
            return iv;
        }
        let mut bytes = vec![[0; IV_BYTES]; Self::BATCH];
        rand::rngs::OsRng.fill_bytes(bytes.as_flattened_mut());
        self.unused = bytes;
        self.unused.pop().unwrap_or_default()
    }
}

impl Cipher {
    pub(crate) fn new(key: &DataKey) -> Self {
        let bytes = key.expose();
        let algorithm = match bytes.len() {
            16 => Algorithm::Aes128(Aes128::new(GenericArray::from_slice(bytes))),
            24 => Algorithm::Aes192(Aes192::new(GenericArray::from_slice(bytes))),
            _ => {
                let block = Aes256::new(GenericArray::from_slice(bytes));
                Algorithm::Aes256 { usual: Box::new(block.clone().into()), block }
            }
        };
        Self { algorithm, ivs: RefCell::default() }
    }

    /// Encrypts one leaf under a fresh random IV.
    pub(crate) fn seal(&self, leaf: &Typed<'_>, aad: &str) -> String {
        let mut data = Zeroizing::new(leaf.bytes.to_vec());
        let iv = GenericArray::<u8, U32>::from(self.ivs.borrow_mut().next());
        let tag = match &self.algorithm {
            Algorithm::Aes128(block) => AesGcm::<_, U32>::from(block.clone()).encrypt_in_place_detached(
                &iv,
                aad.as_bytes(),
                &mut data,
            ),
            Algorithm::Aes192(block) => AesGcm::<_, U32>::from(block.clone()).encrypt_in_place_detached(
                &iv,
                aad.as_bytes(),
                &mut data,
            ),
            Algorithm::Aes256 { usual, .. } => {
                usual.encrypt_in_place_detached(&iv, aad.as_bytes(), &mut data)
            }
        };
        // Fails only beyond 64 GiB, which no text in memory reaches.
        let tag = tag.unwrap_or_default();
        let mut out = String::with_capacity(PREFIX.len() + data.len() * 4 / 3 + 110);
        out.push_str(PREFIX);
        STANDARD.encode_string(&*data, &mut out);
        out.push_str(",iv:");
        STANDARD.encode_string(iv, &mut out);
        out.push_str(",tag:");
        STANDARD.encode_string(tag, &mut out);
        out.push_str(",type:");
        out.push_str(leaf.kind.name());
        out.push(']');
        out
    }

    /// Decrypts and types one leaf. Text after the closing bracket is ignored, as SOPS does.
    pub(crate) fn open(&self, text: &str, aad: &str) -> Result<Opened, ValueProblem> {
        let parts = Parts::split(text).ok_or(ValueProblem::NotEncrypted)?;
        let decode = |text: &str| STANDARD.decode(text).map_err(|_| ValueProblem::Base64);
        let mut data = Zeroizing::new(Vec::with_capacity(parts.data.len() / 4 * 3 + TAG_BYTES + 3));
        STANDARD.decode_vec(parts.data, &mut data).map_err(|_| ValueProblem::Base64)?;
        let iv = decode(parts.iv)?;
        // SOPS opens data and tag as one string, so where one ends and the other begins does not matter.
        data.extend_from_slice(&decode(parts.tag)?);
        let length = data.len().checked_sub(TAG_BYTES).ok_or(ValueProblem::Authentication)?;
        let tag = *Tag::from_slice(&data[length..]);
        data.truncate(length);
        if !self.decrypt(&iv, aad.as_bytes(), &mut data, &tag) {
            return Err(ValueProblem::Authentication);
        }
        let kind = Type::from_name(parts.kind).ok_or_else(|| ValueProblem::Type(parts.kind.to_owned()))?;
        Opened::parse(kind, data)
    }

    /// SOPS writes 32-byte IVs and reads any length; the lengths other tools are known to write are here.
    fn decrypt(&self, iv: &[u8], aad: &[u8], data: &mut [u8], tag: &Tag) -> bool {
        macro_rules! by_length {
            ($block:expr, $($length:literal $size:ty),*) => {
                match iv.len() {
                    $($length => AesGcm::<_, $size>::from($block.clone())
                        .decrypt_in_place_detached(GenericArray::from_slice(iv), aad, data, tag)
                        .is_ok(),)*
                    _ => false,
                }
            };
        }
        match &self.algorithm {
            Algorithm::Aes256 { usual, .. } if iv.len() == IV_BYTES => {
                usual.decrypt_in_place_detached(GenericArray::from_slice(iv), aad, data, tag).is_ok()
            }
            Algorithm::Aes256 { block, .. } => {
                by_length!(block, 8 U8, 12 U12, 16 U16, 24 U24, 31 U31, 48 U48, 64 U64)
            }
            Algorithm::Aes128(block) => by_length!(block, 12 U12, 32 U32),
            Algorithm::Aes192(block) => by_length!(block, 12 U12, 32 U32),
        }
    }
}

/// Whether `text` has the form of an encrypted leaf of type `comment`: older SOPS writes list comments as items.
pub(crate) fn is_comment(text: &str) -> bool {
    Parts::split(text).is_some_and(|parts| parts.kind == Type::Comment.name())
}

struct Parts<'a> {
    data: &'a str,
    iv: &'a str,
    tag: &'a str,
    kind: &'a str,
}

impl<'a> Parts<'a> {
    /// Fields in this order, none empty, on one line.
    fn split(text: &'a str) -> Option<Self> {
        let (data, rest) = field(text.strip_prefix(PREFIX)?, b',')?;
        let (iv, rest) = field(rest.strip_prefix("iv:")?, b',')?;
        let (tag, rest) = field(rest.strip_prefix("tag:")?, b',')?;
        let (kind, _) = field(rest.strip_prefix("type:")?, b']')?;
        Some(Self { data, iv, tag, kind })
    }
}

/// What stands before `end`, and what behind it. Base64 and type words hold neither of them.
fn field(text: &str, end: u8) -> Option<(&str, &str)> {
    let at = text.bytes().position(|byte| byte == end || byte == b'\n')?;
    (at > 0 && text.as_bytes()[at] == end).then(|| (&text[..at], &text[at + 1..]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_iv_is_given_out_twice() {
        let mut ivs = Ivs::default();
        let all: std::collections::HashSet<_> = (0..3 * Ivs::BATCH).map(|_| ivs.next()).collect();
        assert_eq!(all.len(), 3 * Ivs::BATCH);
        assert!(!all.contains(&[0; IV_BYTES]));
    }

    #[test]
    fn only_the_canonical_form_is_ciphertext() {
        let cipher = Cipher::new(&DataKey::generate());
        let good = cipher.seal(&Typed { kind: Type::Str, bytes: b"x".as_slice().into() }, "a:");
        assert!(cipher.open(&good, "a:").is_ok());
        assert!(cipher.open(&format!("{good}garbage"), "a:").is_ok());
        assert_eq!(cipher.open(&good, "b:").err(), Some(ValueProblem::Authentication));
        assert_eq!(cipher.open(&format!(" {good}"), "a:").err(), Some(ValueProblem::NotEncrypted));
        assert_eq!(cipher.open(&good.replace("iv:", "iv:!"), "a:").err(), Some(ValueProblem::Base64));
        let other = good.replace("type:str", "type:Str");
        assert_eq!(cipher.open(&other, "a:").err(), Some(ValueProblem::Type("Str".into())));
        assert_eq!(
            cipher.open("ENC[AES256_GCM,data:,iv:AA==,tag:AA==,type:str]", "").err(),
            Some(ValueProblem::NotEncrypted)
        );
    }

    proptest! {
        #[test]
        fn opens_what_it_sealed(bytes: Vec<u8>, aad: String, size in prop_oneof![Just(16_usize), Just(24), Just(32)]) {
            let key = DataKey::new(Zeroizing::new(vec![7; size])).unwrap();
            let cipher = Cipher::new(&key);
            let token = cipher.seal(&Typed { kind: Type::Str, bytes: bytes.clone().into() }, &aad);
            let expected = if bytes.is_empty() { None } else { Some(bytes) };
            let opened = cipher.open(&token, &aad).ok().map(|opened| opened.bytes().to_vec());
            prop_assert_eq!(opened, expected);
        }
    }
}
