use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz"; // Crockford's base 32, lower case
const LENGTH: usize = 8;
/// The last character.
const RANDOM_BITS: u32 = 5;
/// Sixteenths of a second: shorter than any run, so that one run after another sorts behind it.
const TICKS: u128 = 16;
/// 2020-01-01T00:00:00Z; 35 bits of ticks from here last until 2088.
const EPOCH: Duration = Duration::from_secs(1_577_836_800);

/// The name of one run: 8 characters that sort by time, valid as a Kubernetes label value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct RunId(String);

impl RunId {
    /// An id for a run that begins now.
    pub fn now() -> Self {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self::at(since_1970, rand::random())
    }

    fn at(since_1970: Duration, random: u128) -> Self {
        let ticks = since_1970.saturating_sub(EPOCH).as_nanos() * TICKS / 1_000_000_000;
        let number = ticks << RANDOM_BITS | random & ((1 << RANDOM_BITS) - 1);
        let digit = |place: usize| ALPHABET[(number >> (5 * place) & 31) as usize] as char;
        Self((0..LENGTH).rev().map(digit).collect())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time_whatever_their_random_part() {
        let at = |millis, random| RunId::at(EPOCH + Duration::from_millis(millis), random);
        let (early, late) = (at(1_000, u128::MAX), at(1_063, 0));
        assert!(early < late, "{early} {late}");
        assert_eq!(early.as_str().len(), LENGTH);
        assert_ne!(at(1_000, 1), at(1_000, 2));
        assert!(at(1000 * ((1 << 31) - 1), 0) > late);
    }
}
