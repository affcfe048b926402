//! Shamir's secret sharing over GF(2^8), byte by byte, as SOPS has it from HashiCorp Vault: a share is one byte y for
//! each byte of the secret, then one byte x, which is never 0.

use rand::RngCore;
use zeroize::Zeroizing;

/// Why shares do not give a secret, or a secret no shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ShamirError {
    /// The threshold does not fit the number of shares.
    #[error(
        "a threshold of {threshold} does not fit {shares} shares: it must be from 2 to the number of shares"
    )]
    Threshold {
        /// Shares needed.
        threshold: usize,
        /// Shares there are, at most 255.
        shares: usize,
    },
    /// Fewer than two shares.
    #[error("two shares at least are needed")]
    TooFew,
    /// A share of another length than the first, or without content.
    #[error("the shares have different lengths")]
    Length,
    /// Two shares of one x, or an x of 0.
    #[error("two shares are the same one")]
    Duplicate,
}

/// Splits `secret` into `shares` shares any `threshold` of which give it back.
///
/// # Errors
/// [`ShamirError::Threshold`].
pub fn split(secret: &[u8], shares: usize, threshold: usize) -> Result<Vec<Zeroizing<Vec<u8>>>, ShamirError> {
    let count = u8::try_from(shares).ok().filter(|_| (2..=shares).contains(&threshold));
    let count = count.ok_or(ShamirError::Threshold { threshold, shares })?;
    let mut coefficients = Zeroizing::new(vec![0; threshold - 1]);
    let mut out: Vec<_> = (1..=count).map(|_| Zeroizing::new(Vec::with_capacity(secret.len() + 1))).collect();
    for &byte in secret {
        rand::rngs::OsRng.fill_bytes(&mut coefficients);
        for (share, x) in out.iter_mut().zip(1..) {
            // Horner's rule, the highest power first; the secret is the value at 0.
            let value = coefficients.iter().fold(0, |sum, &coefficient| multiply(sum, x) ^ coefficient);
            share.push(multiply(value, x) ^ byte);
        }
    }
    for (share, x) in out.iter_mut().zip(1..) {
        share.push(x);
    }
    Ok(out)
}

/// The secret that `shares` share: the value at 0 of the polynomial through all of them. Shares beyond the threshold
/// do no harm; too few give another secret, which only its use can tell.
///
/// # Errors
/// [`ShamirError::TooFew`], [`ShamirError::Length`], [`ShamirError::Duplicate`].
pub fn join(shares: &[Zeroizing<Vec<u8>>]) -> Result<Zeroizing<Vec<u8>>, ShamirError> {
    let [first, _, ..] = shares else { return Err(ShamirError::TooFew) };
    if first.len() < 2 || shares.iter().any(|share| share.len() != first.len()) {
        return Err(ShamirError::Length);
    }
    let last = first.len() - 1;
    let xs: Vec<u8> = shares.iter().map(|share| share[last]).collect();
    if xs.iter().enumerate().any(|(at, &x)| x == 0 || xs[..at].contains(&x)) {
        return Err(ShamirError::Duplicate);
    }
    // Lagrange's weight of each share at 0; subtraction is addition in this field.
    let weight = |own: u8| {
        let others = xs.iter().filter(|&&x| x != own);
        others.fold(1, |product, &x| multiply(product, multiply(x, inverse(x ^ own))))
    };
    let weights: Vec<u8> = xs.iter().map(|&x| weight(x)).collect();
    let byte = |at: usize| {
        let terms = shares.iter().zip(&weights).map(|(share, &weight)| multiply(share[at], weight));
        terms.fold(0, |sum, term| sum ^ term)
    };
    Ok(Zeroizing::new((0..last).map(byte).collect()))
}

/// Product in GF(2^8) modulo the polynomial of AES, 0x11B, without branches or tables that the secret could show in.
fn multiply(a: u8, b: u8) -> u8 {
    let (mut a, mut product) = (a, 0);
    for bit in 0..8 {
        product ^= a & 0_u8.wrapping_sub(b >> bit & 1);
        a = a << 1 ^ (0x1B & 0_u8.wrapping_sub(a >> 7));
    }
    product
}

/// The inverse, a^254; 0 for 0.
fn inverse(a: u8) -> u8 {
    let (mut power, mut result) = (a, 1);
    for _ in 1..8 {
        power = multiply(power, power);
        result = multiply(result, power);
    }
    result
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_field_is_that_of_aes() {
        // FIPS 197, 4.2: {57} x {83} = {c1}, {57} x {13} = {fe}.
        assert_eq!((multiply(0x57, 0x83), multiply(0x57, 0x13)), (0xC1, 0xFE));
        for a in 1..=255 {
            assert_eq!(multiply(a, inverse(a)), 1, "{a}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for (shares, threshold) in [(1, 1), (3, 1), (3, 4), (256, 2), (0, 0)] {
            assert_eq!(split(b"x", shares, threshold), Err(ShamirError::Threshold { threshold, shares }));
        }
        let share = |bytes: &[u8]| Zeroizing::new(bytes.to_vec());
        assert_eq!(join(&[share(b"ab")]), Err(ShamirError::TooFew));
        assert_eq!(join(&[share(b"ab"), share(b"abc")]), Err(ShamirError::Length));
        assert_eq!(join(&[share(b"a"), share(b"b")]), Err(ShamirError::Length));
        assert_eq!(join(&[share(b"ab"), share(b"cb")]), Err(ShamirError::Duplicate));
        assert_eq!(join(&[share(b"a\0"), share(b"cb")]), Err(ShamirError::Duplicate));
    }

    proptest! {
        #[test]
        fn enough_shares_give_the_secret(
            secret in proptest::collection::vec(any::<u8>(), 1..40), shares in 2_usize..9, seed: u64,
        ) {
            let threshold = 2 + usize::try_from(seed % 7).unwrap() % (shares - 1);
            let mut parts = split(&secret, shares, threshold).unwrap();
            parts.rotate_left(usize::try_from(seed).unwrap_or_default() % shares);
            prop_assert_eq!(&*join(&parts[..threshold]).unwrap(), &secret);
            prop_assert_eq!(&*join(&parts).unwrap(), &secret);
        }
    }
}
