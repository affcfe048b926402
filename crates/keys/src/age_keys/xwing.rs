//! The key encapsulation of post-quantum age keys: X-Wing, which is ML-KEM-768 and X25519 (draft-connolly-cfrg-xwing-kem;
//! MLKEM768-X25519 of draft-ietf-hpke-pq), as a KEM of HPKE.

use hpke::generic_array::GenericArray;
use hpke::generic_array::typenum::{Sum, U32, U96, U192, U1024};
use hpke::kem::SharedSecret;
use hpke::rand_core::{CryptoRng, RngCore};
use hpke::{Deserializable, HpkeError, Kem, Serializable};
use ml_kem::kem::{Decapsulate, DecapsulationKey, Encapsulate, EncapsulationKey};
use ml_kem::{B32, EncodedSizeUser, KemCore, MlKem768, MlKem768Params};
use sha3::digest::{ExtendableOutput, Update, XofReader};
use sha3::{Digest, Sha3_256, Shake256};
use x25519_dalek::{PublicKey as Point, StaticSecret};
use zeroize::Zeroizing;

const ML_KEM_PUBLIC: usize = 1184;
const ML_KEM_CIPHERTEXT: usize = 1088;
/// Ends what the shared secret is hashed from.
const LABEL: &[u8] = br"\.//^\";

/// The KEM, as a parameter of HPKE.
pub(super) struct XWing;

/// ML-KEM-768 encapsulation key, then X25519 public key: 1216 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PublicKey([u8; ML_KEM_PUBLIC + 32]);

/// The seed of both private keys: 32 bytes.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct PrivateKey(Zeroizing<[u8; 32]>);

/// ML-KEM-768 ciphertext, then an ephemeral X25519 public key: 1120 bytes.
#[derive(Clone)]
pub(super) struct EncappedKey([u8; ML_KEM_CIPHERTEXT + 32]);

macro_rules! serialized {
    ($name:ident, $size:ty, |$bytes:ident| $new:expr) => {
        impl Serializable for $name {
            type OutputSize = $size;

            fn write_exact(&self, buffer: &mut [u8]) {
                buffer.copy_from_slice(&self.0[..]);
            }
        }

        impl Deserializable for $name {
            fn from_bytes(encoded: &[u8]) -> Result<Self, HpkeError> {
                let wrong = |_| HpkeError::IncorrectInputLength(Self::size(), encoded.len());
                let $bytes = encoded.try_into().map_err(wrong)?;
                $new
            }
        }
    };
}

serialized!(PublicKey, Sum<U1024, U192>, |bytes| Self::checked(bytes));
serialized!(PrivateKey, U32, |bytes| Ok(Self(Zeroizing::new(bytes))));
serialized!(EncappedKey, Sum<U1024, U96>, |bytes| Ok(Self(bytes)));

impl PublicKey {
    /// The key, unless one half is none: coefficients out of range (FIPS 203, 7.2) or a point of low order, for which
    /// every secret gives the same result.
    fn checked(bytes: [u8; ML_KEM_PUBLIC + 32]) -> Result<Self, HpkeError> {
        let key = Self(bytes);
        let in_range = key.ml_kem()?.as_bytes().as_slice() == &key.0[..ML_KEM_PUBLIC];
        let contributory = StaticSecret::from([1; 32]).diffie_hellman(&key.x25519()?).was_contributory();
        if in_range && contributory { Ok(key) } else { Err(HpkeError::ValidationError) }
    }

    fn ml_kem(&self) -> Result<EncapsulationKey<MlKem768Params>, HpkeError> {
        let bytes = self.0[..ML_KEM_PUBLIC].try_into().map_err(|_| HpkeError::ValidationError)?;
        Ok(EncapsulationKey::from_bytes(&bytes))
    }

    fn x25519(&self) -> Result<Point, HpkeError> {
        point(&self.0[ML_KEM_PUBLIC..])
    }
}

impl PrivateKey {
    fn expand(&self) -> (DecapsulationKey<MlKem768Params>, StaticSecret) {
        let mut stream = Shake256::default().chain(self.0.as_slice()).finalize_xof();
        let mut next = || {
            let mut bytes = Zeroizing::new([0; 32]);
            stream.read(bytes.as_mut_slice());
            bytes
        };
        let (d, z, x25519) = (next(), next(), next());
        let (ml_kem, _) = MlKem768::generate_deterministic(&B32::from(*d), &B32::from(*z));
        (ml_kem, StaticSecret::from(*x25519))
    }
}

impl Kem for XWing {
    type PublicKey = PublicKey;
    type PrivateKey = PrivateKey;
    type EncappedKey = EncappedKey;
    type NSecret = U32;
    const KEM_ID: u16 = 0x647a;

    fn sk_to_pk(key: &PrivateKey) -> PublicKey {
        let (ml_kem, x25519) = key.expand();
        let mut public = PublicKey([0; ML_KEM_PUBLIC + 32]);
        public.0[..ML_KEM_PUBLIC].copy_from_slice(&ml_kem.encapsulation_key().as_bytes());
        public.0[ML_KEM_PUBLIC..].copy_from_slice(Point::from(&x25519).as_bytes());
        public
    }

    /// `SHAKE256.LabeledDerive(ikm, "DeriveKeyPair", "", 32)` of draft-ietf-hpke-pq.
    fn derive_keypair(ikm: &[u8]) -> (PrivateKey, PublicKey) {
        let mut seed = Zeroizing::new([0; 32]);
        Shake256::default()
            .chain(ikm)
            .chain(b"HPKE-v1KEM")
            .chain(Self::KEM_ID.to_be_bytes())
            .chain([0, 13])
            .chain(b"DeriveKeyPair")
            .chain([0, 32])
            .finalize_xof_into(seed.as_mut_slice());
        let key = PrivateKey(seed);
        let public = Self::sk_to_pk(&key);
        (key, public)
    }

    fn decap(
        key: &PrivateKey,
        sender: Option<&PublicKey>,
        encapped: &EncappedKey,
    ) -> Result<SharedSecret<Self>, HpkeError> {
        let (ml_kem, x25519) = key.expand();
        let (ciphertext, ephemeral) = encapped.0.split_at(ML_KEM_CIPHERTEXT);
        let ciphertext = ciphertext.try_into().map_err(|_| HpkeError::DecapError)?;
        let quantum_safe = ml_kem.decapsulate(&ciphertext).map_err(|()| HpkeError::DecapError)?;
        let ephemeral = point(ephemeral)?;
        let classic = x25519.diffie_hellman(&ephemeral);
        // The authenticated modes of HPKE are not defined for this KEM.
        if sender.is_some() || !classic.was_contributory() {
            return Err(HpkeError::DecapError);
        }
        Ok(combine(&quantum_safe, classic.as_bytes(), &ephemeral, &Point::from(&x25519)))
    }

    fn encap<R: CryptoRng + RngCore>(
        recipient: &PublicKey,
        sender: Option<(&PrivateKey, &PublicKey)>,
        random: &mut R,
    ) -> Result<(SharedSecret<Self>, EncappedKey), HpkeError> {
        let (ciphertext, quantum_safe) =
            recipient.ml_kem()?.encapsulate(random).map_err(|()| HpkeError::EncapError)?;
        let secret = StaticSecret::random_from_rng(random);
        let ephemeral = Point::from(&secret);
        let public = recipient.x25519()?;
        let classic = secret.diffie_hellman(&public);
        if sender.is_some() || !classic.was_contributory() {
            return Err(HpkeError::EncapError);
        }
        let mut encapped = EncappedKey([0; ML_KEM_CIPHERTEXT + 32]);
        encapped.0[..ML_KEM_CIPHERTEXT].copy_from_slice(&ciphertext);
        encapped.0[ML_KEM_CIPHERTEXT..].copy_from_slice(ephemeral.as_bytes());
        Ok((combine(&quantum_safe, classic.as_bytes(), &ephemeral, &public), encapped))
    }
}

/// `SHA3-256(ss_M || ss_X || ct_X || pk_X || label)`.
fn combine(quantum_safe: &[u8], classic: &[u8], ephemeral: &Point, recipient: &Point) -> SharedSecret<XWing> {
    let hash = Sha3_256::new()
        .chain_update(quantum_safe)
        .chain_update(classic)
        .chain_update(ephemeral.as_bytes())
        .chain_update(recipient.as_bytes())
        .chain_update(LABEL)
        .finalize();
    SharedSecret(GenericArray::clone_from_slice(&hash))
}

fn point(bytes: &[u8]) -> Result<Point, HpkeError> {
    let bytes: [u8; 32] = bytes.try_into().map_err(|_| HpkeError::ValidationError)?;
    Ok(Point::from(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the test vectors of draft-connolly-cfrg-xwing-kem.
    const SEED: &str = "7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26";

    fn unhex(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    }

    #[test]
    fn the_public_key_of_the_draft() {
        let key = PrivateKey::from_bytes(&unhex(SEED)).ok().unwrap();
        let public = XWing::sk_to_pk(&key).to_bytes();
        assert!(
            public.starts_with(&unhex(
                "e2236b35a8c24b39b10aa1323a96a919a2ced88400633a7b07131713fc14b2b5b19cfc3d"
            ))
        );
    }

    #[test]
    fn both_sides_get_the_same_secret() {
        let (key, public) = XWing::derive_keypair(b"seed");
        let (sent, encapped) = XWing::encap(&public, None, &mut rand::rngs::OsRng).ok().unwrap();
        let got = XWing::decap(&key, None, &encapped).ok().unwrap();
        assert_eq!(sent.0, got.0);
        let (other, _) = XWing::derive_keypair(b"other");
        assert_ne!(XWing::decap(&other, None, &encapped).ok().unwrap().0, sent.0);
    }

    #[test]
    fn keys_that_are_none_are_refused() {
        let (_, public) = XWing::derive_keypair(b"seed");
        let good = public.to_bytes();
        assert!(PublicKey::from_bytes(&good).is_ok());
        let changed = |change: fn(&mut [u8])| {
            let mut bytes = good.to_vec();
            change(&mut bytes);
            PublicKey::from_bytes(&bytes).err()
        };
        assert_eq!(changed(|bytes| bytes[0..2].fill(0xff)), Some(HpkeError::ValidationError));
        assert_eq!(changed(|bytes| bytes[ML_KEM_PUBLIC..].fill(0)), Some(HpkeError::ValidationError));
        assert!(PublicKey::from_bytes(&good[1..]).is_err());
        let mut encapped = XWing::encap(&public, None, &mut rand::rngs::OsRng).ok().unwrap().1;
        encapped.0[ML_KEM_CIPHERTEXT..].fill(0);
        assert!(XWing::decap(&XWing::derive_keypair(b"seed").0, None, &encapped).is_err());
    }
}
