//! The text of an identity file, of an SSH key, or of `SOPS_AGE_KEY`.

use super::identity::Identity;
use super::ssh::{self, SshKey};

/// What a source holds.
#[derive(Default)]
pub(crate) struct Identities {
    pub usable: Vec<Identity>,
    /// The whole file is encrypted with a passphrase: its bytes, binary or armored.
    pub locked: Option<Vec<u8>>,
    /// What else is there, in words; never any text of the source.
    unusable: Vec<String>,
}

impl Identities {
    pub fn parse_bytes(bytes: &[u8]) -> Self {
        match str::from_utf8(bytes) {
            Ok(text) => Self::parse(text),
            Err(_) if bytes.starts_with(BINARY) => Self::encrypted(bytes),
            Err(_) => Self::with_unusable("not text"),
        }
    }

    /// Reads identities separated by line breaks or blanks, and SSH keys; `#` begins a comment. What is no identity
    /// spoils none of the others: sops, too, uses what it can.
    pub fn parse(text: &str) -> Self {
        let text = text.trim_start_matches('\u{feff}');
        let begin = text.trim_start();
        if begin.as_bytes().starts_with(BINARY) || begin.starts_with(ARMOR) {
            return Self::encrypted(begin.as_bytes());
        }
        let mut found = Self::default();
        let mut lines = text.lines().zip(1..);
        while let Some((line, number)) = lines.next() {
            let line = line.trim();
            if line.starts_with("-----BEGIN ") {
                found.block(line, &mut lines);
                continue;
            }
            for word in line.split_whitespace().take_while(|word| !word.starts_with('#')) {
                match word.parse() {
                    Ok(identity) => found.usable.push(identity),
                    Err(_) => found.unusable.push(other_kind(word, number)),
                }
            }
        }
        found
    }

    /// In words: `2 identities`, `1 SSH key`, `no identity, something that is no identity in line 2`.
    pub fn describe(&self) -> String {
        let ssh = self.usable.iter().filter(|identity| matches!(identity, Identity::Ssh(_))).count();
        let mut words = Vec::new();
        match self.usable.len() - ssh {
            0 if ssh > 0 || self.locked.is_some() => {}
            0 => words.push("no identity".to_owned()),
            1 => words.push("1 identity".to_owned()),
            many => words.push(format!("{many} identities")),
        }
        match ssh {
            0 => {}
            1 => words.push("1 SSH key".to_owned()),
            many => words.push(format!("{many} SSH keys")),
        }
        words.extend(self.locked.iter().map(|_| "encrypted with a passphrase".to_owned()));
        words.extend(self.unusable.iter().cloned());
        words.join(", ")
    }

    /// Reads a PEM block that begins with the line `begin`; the rest of it is in `lines`.
    fn block<'a>(&mut self, begin: &str, lines: &mut impl Iterator<Item = (&'a str, i32)>) {
        let mut pem = zeroize::Zeroizing::new(format!("{begin}\n"));
        for (line, _) in lines {
            let line = line.trim();
            pem.push_str(line);
            pem.push('\n');
            if line.starts_with("-----END ") {
                break;
            }
        }
        match SshKey::parse(&pem) {
            Ok(key) => self.usable.push(Identity::Ssh(Box::new(key))),
            Err(ssh::Unusable(words)) => self.unusable.push(words),
        }
    }

    fn encrypted(bytes: &[u8]) -> Self {
        Self { locked: Some(bytes.to_owned()), ..Self::default() }
    }

    fn with_unusable(words: &str) -> Self {
        Self { unusable: vec![words.to_owned()], ..Self::default() }
    }
}

const BINARY: &[u8] = b"age-encryption.org/";
const ARMOR: &str = "-----BEGIN AGE ENCRYPTED FILE-----";

/// Names the kind of a word that is no identity, by its prefix alone.
fn other_kind(word: &str, line: i32) -> String {
    let upper = word.to_ascii_uppercase();
    if upper.starts_with("AGE-SECRET-KEY-") || upper.starts_with("AGE-PLUGIN-") {
        return format!("a damaged identity in line {line}");
    }
    format!("something that is no identity in line {line}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use age::secrecy::ExposeSecret;

    fn key() -> String {
        age::x25519::Identity::generate().to_string().expose_secret().to_owned()
    }

    fn data(name: &str) -> String {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/sops/keys");
        fs_err::read_to_string(format!("{folder}/{name}")).unwrap()
    }

    #[test]
    fn lines_blanks_comments_and_line_endings() {
        let (a, b, c) = (key(), key(), key());
        for text in [
            format!("{a}\n{b}\n{c}\n"),
            format!("{a} {b}\t{c}"),
            format!("# created\r\n  {a}\r\n\r\n{b} # mine\r\n\t{c}\r\n"),
            format!("\u{feff}{a}\n#{c}\n{b}\n{c}"),
        ] {
            let found = Identities::parse_bytes(text.as_bytes());
            assert_eq!((found.usable.len(), found.describe().as_str()), (3, "3 identities"), "{text:?}");
        }
        assert_eq!(Identities::parse("").describe(), "no identity");
    }

    #[test]
    fn one_bad_line_spoils_no_other_and_is_not_quoted() {
        let good = key();
        let bad = key().replace("AGE-SECRET-KEY-1Q", "AGE-SECRET-KEY-1P");
        let bad = &bad[..bad.len() - 4];
        let found = Identities::parse(&format!("{bad}\nhunter2\n{good}\n"));
        assert_eq!(found.usable.len(), 1);
        assert_eq!(
            found.describe(),
            "1 identity, a damaged identity in line 1, something that is no identity in line 2"
        );
    }

    #[test]
    fn all_kinds_in_one_text() {
        let prefix = bech32::Hrp::parse_unchecked("age-plugin-test-");
        let plugin = age_core::primitives::bech32_encode(prefix, &[]).to_uppercase();
        let text = format!("{}\n{}\n{plugin}\n{}", key(), data("agepq.txt"), data("ssh_ed25519"));
        for text in [text.clone(), text.replace('\n', "\r\n")] {
            let found = Identities::parse(&text);
            assert_eq!(found.describe(), "3 identities, 1 SSH key");
        }
    }

    #[test]
    fn blocks_that_are_no_ssh_key_are_named() {
        for (begin, words) in [
            ("OPENSSH PRIVATE KEY", "no identity, a damaged SSH key"),
            ("EC PRIVATE KEY", "no identity, a PEM block that is no OpenSSH or RSA key"),
        ] {
            let text = format!("-----BEGIN {begin}-----\nhunter2\n-----END {begin}-----\n");
            assert_eq!(Identities::parse(&text).describe(), words);
            let found = Identities::parse(&format!("{text}{}", key()));
            assert_eq!(found.usable.len(), 1, "what follows a block is read");
        }
    }

    #[test]
    fn encrypted_files_and_other_bytes() {
        for bytes in
            [&b"age-encryption.org/v1\n-> scrypt \xff"[..], b"-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n"]
        {
            let found = Identities::parse_bytes(bytes);
            assert_eq!(found.describe(), "encrypted with a passphrase");
            assert_eq!(found.locked.as_deref(), Some(bytes));
        }
        assert_eq!(Identities::parse_bytes(b"\xff\xfe").describe(), "no identity, not text");
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_and_none_are_quoted(
            bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200),
            words in "(hunter2|-----BEGIN [A-Z ]{0,9}-----|AGE-SECRET-KEY-(PQ-)?1[A-Z0-9]{0,70}|AGE-PLUGIN-X-1|#|\\s){0,20}",
        ) {
            let _ = Identities::parse_bytes(&bytes).describe();
            let described = Identities::parse(&words).describe();
            proptest::prop_assert!(!described.contains("hunter2") && !described.contains("AGE-"));
        }
    }
}
