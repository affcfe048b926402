//! The text of an identity file, or of `SOPS_AGE_KEY`.

use age::x25519::Identity;

/// What a source holds.
#[derive(Default)]
pub(crate) struct Identities {
    pub usable: Vec<Identity>,
    /// What else is there, in words; never any text of the source.
    unusable: Vec<String>,
}

impl Identities {
    pub fn parse_bytes(bytes: &[u8]) -> Self {
        match str::from_utf8(bytes) {
            Ok(text) => Self::parse(text),
            Err(_) if bytes.starts_with(b"age-encryption.org/") => Self::encrypted(),
            Err(_) => Self::with_unusable("not text"),
        }
    }

    /// Reads identities separated by line breaks or blanks; `#` begins a comment. What is no identity spoils none of
    /// the others: sops, too, uses what it can.
    pub fn parse(text: &str) -> Self {
        let text = text.trim_start_matches('\u{feff}');
        let begin = text.trim_start();
        if begin.starts_with("age-encryption.org/") || begin.starts_with("-----BEGIN AGE ENCRYPTED FILE-----")
        {
            return Self::encrypted();
        }
        let mut found = Self::default();
        let mut in_block = false;
        for (line, number) in text.lines().zip(1..) {
            let line = line.trim();
            if in_block || line.starts_with("-----BEGIN ") {
                if !in_block {
                    found.unusable.push(block(line));
                }
                in_block = !line.starts_with("-----END ");
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

    /// In words: `2 identities, 1 post-quantum identity (not usable by this build)`.
    pub fn describe(&self) -> String {
        let count = match self.usable.len() {
            0 => "no identity".to_owned(),
            1 => "1 identity".to_owned(),
            many => format!("{many} identities"),
        };
        self.unusable.iter().fold(count, |text, other| format!("{text}, {other}"))
    }

    fn encrypted() -> Self {
        Self::with_unusable(
            "the file is encrypted with a passphrase, which this build cannot open: decrypt it with age -d",
        )
    }

    fn with_unusable(words: &str) -> Self {
        Self { usable: Vec::new(), unusable: vec![words.to_owned()] }
    }
}

fn block(begin: &str) -> String {
    match begin {
        "-----BEGIN OPENSSH PRIVATE KEY-----" | "-----BEGIN RSA PRIVATE KEY-----" => {
            "an SSH key (not usable by this build)".to_owned()
        }
        _ => "a PEM block (not usable by this build)".to_owned(),
    }
}

/// Names the kind of a word that is no X25519 identity, by its prefix alone.
fn other_kind(word: &str, line: usize) -> String {
    let upper = word.to_ascii_uppercase();
    if upper.starts_with("AGE-SECRET-KEY-PQ-1") {
        return "a post-quantum identity (not usable by this build)".to_owned();
    }
    if let Some((name, _)) = upper.strip_prefix("AGE-PLUGIN-").and_then(|rest| rest.rsplit_once("-1")) {
        return format!("an identity of plugin {} (not usable by this build)", name.to_ascii_lowercase());
    }
    if upper.starts_with("AGE-SECRET-KEY-1") {
        return format!("a damaged identity in line {line}");
    }
    format!("something that is no identity in line {line}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use age::secrecy::ExposeSecret;

    fn key() -> String {
        Identity::generate().to_string().expose_secret().to_owned()
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
    fn other_kinds_are_named() {
        let text = "AGE-SECRET-KEY-PQ-1QW70EN\nAGE-PLUGIN-YUBIKEY-1Q9SGZ\n-----BEGIN OPENSSH PRIVATE KEY-----\n\
            b3BlbnNzaC1rZXk\n-----END OPENSSH PRIVATE KEY-----\n";
        let found = Identities::parse(&format!("{text}{}\n", key()));
        assert_eq!(
            found.describe(),
            "1 identity, a post-quantum identity (not usable by this build), an identity of plugin yubikey (not usable \
             by this build), an SSH key (not usable by this build)"
        );
    }

    #[test]
    fn encrypted_files_and_other_bytes() {
        for bytes in
            [&b"age-encryption.org/v1\n-> scrypt \xff"[..], b"-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n"]
        {
            assert!(Identities::parse_bytes(bytes).describe().contains("encrypted with a passphrase"));
        }
        assert_eq!(Identities::parse_bytes(b"\xff\xfe").describe(), "no identity, not text");
    }
}
