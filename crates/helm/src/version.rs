//! Versions of helm.

use std::fmt;

/// A version of helm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    pub major: u64,
    pub minor: u64,
    pub patch: u64,
}

impl Version {
    /// The oldest one that is supported.
    pub const OLDEST: Self = Self { major: 3, minor: 15, patch: 0 };

    /// Reads `v3.15.3`, `v4.3.1+g12345`, `v4.0.0-rc.1`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let numbers = text.strip_prefix('v').unwrap_or(text).split(['+', '-']).next()?;
        let mut numbers = numbers.split('.').map(|number| number.parse().ok());
        let version = Self { major: numbers.next()??, minor: numbers.next()??, patch: numbers.next()?? };
        numbers.next().is_none().then_some(version)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_helm_prints() {
        let version = |major, minor, patch| Some(Version { major, minor, patch });
        assert_eq!(Version::parse("v3.15.3+g3bb50bb\n"), version(3, 15, 3));
        assert_eq!(Version::parse("v4.3.1"), version(4, 3, 1));
        assert_eq!(Version::parse("v4.0.0-rc.1"), version(4, 0, 0));
        assert_eq!(Version::parse("v3.15"), None);
        assert_eq!(Version::parse("v3.15.1.2"), None);
        assert_eq!(Version::parse("version"), None);
    }

    #[test]
    fn minor_counts_before_patch() {
        assert!(Version::parse("v3.9.9").unwrap() < Version::OLDEST);
        assert!(Version::parse("v3.15.0").unwrap() >= Version::OLDEST);
        assert!(Version::parse("v4.0.0").unwrap() > Version::OLDEST);
    }
}
