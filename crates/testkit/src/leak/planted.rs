//! Secrets that occur nowhere else.

use std::collections::HashMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use rand::Rng as _;
use rand::distributions::Alphanumeric;
use regex::bytes::{Regex, RegexBuilder};

/// A set of secrets to hunt for, each with a name to report it by.
#[derive(Debug, Clone, Default)]
pub struct Planted {
    secrets: Vec<(String, String)>,
}

impl Planted {
    /// No secrets yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a secret that occurs nowhere else and returns it, for the test to put where it belongs.
    pub fn plant(&mut self, name: &str) -> String {
        let value = random_text(24);
        self.add(name, &value);
        value
    }

    /// Hunts a secret that was made elsewhere.
    ///
    /// # Panics
    /// When it is shorter than 12 bytes, so that it could occur by chance, or holds a character that logs escape.
    #[track_caller]
    pub fn add(&mut self, name: &str, value: &str) {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        assert!(value.len() >= 12 && value.bytes().all(plain), "{name} is no secret that can be hunted");
        self.secrets.push((name.to_owned(), value.to_owned()));
    }

    pub(super) fn needles(&self) -> Needles {
        let mut names = HashMap::new();
        for (name, value) in &self.secrets {
            names.insert(value.clone(), name.clone());
            let hex = value.bytes().map(|byte| format!("{byte:02x}")).collect();
            names.insert(hex, format!("{name} (in hexadecimal)"));
            for prefix in 0..3 {
                names.insert(base64_core(value, prefix), format!("{name} (in base64)"));
            }
        }
        let any = names.keys().map(|text| regex::escape(text)).collect::<Vec<_>>().join("|");
        let pattern =
            RegexBuilder::new(&any).unicode(false).size_limit(1 << 26).build().expect("escaped texts");
        Needles { pattern, names }
    }
}

/// What base64 shows of a text whatever the `prefix` bytes before it and the bytes behind it are.
fn base64_core(value: &str, prefix: usize) -> String {
    let mut bytes = vec![0; prefix];
    bytes.extend_from_slice(value.as_bytes());
    let encoded = STANDARD_NO_PAD.encode(&bytes);
    encoded[(prefix * 8).div_ceil(6)..bytes.len() * 8 / 6].to_owned()
}

/// Letters and digits that nobody else draws.
pub(crate) fn random_text(length: usize) -> String {
    rand::thread_rng().sample_iter(Alphanumeric).take(length).map(char::from).collect()
}

/// Finds any of the planted secrets, plain, in base64 or in hexadecimal.
#[derive(Clone)]
pub(super) struct Needles {
    pattern: Regex,
    names: HashMap<String, String>,
}

impl Needles {
    /// The names of those that occur, once each, and where the first occurrence begins.
    pub(super) fn find(&self, bytes: &[u8]) -> Vec<(&str, usize)> {
        let mut found: Vec<(&str, usize)> = Vec::new();
        if self.names.is_empty() {
            return found;
        }
        for hit in self.pattern.find_iter(bytes) {
            let text = String::from_utf8_lossy(hit.as_bytes());
            if let Some(name) = self.names.get(text.as_ref())
                && !found.iter().any(|(seen, _)| seen == name)
            {
                found.push((name, hit.start()));
            }
        }
        found
    }
}

impl fmt::Debug for Needles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Needles({})", self.names.len())
    }
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    #[test]
    fn a_secret_is_found_in_every_encoding_at_every_offset() {
        let mut planted = Planted::new();
        let secret = planted.plant("token");
        let needles = planted.needles();
        for prefix in ["", "a", "ab", "abc", "abcd"] {
            for suffix in ["", "\n", "yz", "xyz"] {
                let text = format!("{prefix}{secret}{suffix}");
                assert_eq!(needles.find(text.as_bytes())[0], ("token", prefix.len()));
                assert_eq!(
                    needles.find(STANDARD.encode(&text).as_bytes())[0].0,
                    "token (in base64)",
                    "{text}"
                );
            }
        }
        assert!(needles.find(random_text(1000).as_bytes()).is_empty());
    }

    #[test]
    #[should_panic(expected = "no secret that can be hunted")]
    fn a_short_secret_is_refused() {
        Planted::new().add("pin", "1234");
    }
}
