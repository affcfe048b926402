//! What an `ENC[...]` string cannot carry about the text it replaced: a hint in the metadata field `convoy_layout`.
//!
//! Plain text: `1`, then entries of a number (the ordinal of a node, or of a document for `n`), a letter and for most
//! letters a counted string (`5:hello`). The hint is encrypted like a value and never trusted: what it says about a
//! node is used only if that reads back as the decrypted value. SOPS ignores the field and drops it when it rewrites
//! the file; decryption then falls back to default tokens.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use crate::mac::hex;

/// Metadata field that holds the hint.
pub(crate) const FIELD: &str = "convoy_layout";
/// Additional data of its ciphertext.
pub(crate) const AAD: &str = "convoy_layout:";
const VERSION: char = '1';

/// How one node was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Hint {
    /// `p`: without quotes, although a cautious writer would quote it.
    Plain,
    /// `l`: a literal block with this header and indentation (`|2-,4`).
    Literal { header: String, indent: usize },
    /// `t`: this very token; a block scalar's without the rest of its header line.
    Token(String),
    /// `a`: an alias of this name.
    Alias(String),
}

/// The hint for a whole file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) nodes: HashMap<u32, Hint>,
    /// `n`: documents that had no line break before their metadata block.
    pub(crate) unterminated: Vec<u32>,
    /// `w`: the whole plain text, bound to the rest of the encrypted text by a hash; for what nothing else can say.
    pub(crate) whole: Option<(String, String)>,
}

impl Layout {
    pub(crate) fn is_empty(&self) -> bool {
        self.nodes.is_empty() && self.unterminated.is_empty() && self.whole.is_none()
    }

    pub(crate) fn write(&self) -> String {
        let mut out = String::from(VERSION);
        let mut entry = |number: u32, code: char, text: Option<&str>| {
            out.push_str(&format!("{number}{code}"));
            if let Some(text) = text {
                out.push_str(&format!("{}:{text}", text.len()));
            }
        };
        if let Some((hash, text)) = &self.whole {
            entry(0, 'w', Some(&format!("{hash}{text}")));
            return out;
        }
        for &document in &self.unterminated {
            entry(document, 'n', None);
        }
        let mut nodes: Vec<_> = self.nodes.iter().collect();
        nodes.sort_unstable_by_key(|&(number, _)| *number);
        for (&number, hint) in nodes {
            match hint {
                Hint::Plain => entry(number, 'p', None),
                Hint::Literal { header, indent } => entry(number, 'l', Some(&format!("{header},{indent}"))),
                Hint::Token(text) => entry(number, 't', Some(text)),
                Hint::Alias(name) => entry(number, 'a', Some(name)),
            }
        }
        out
    }

    /// `None` for anything that [`Layout::write`] does not write.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let mut layout = Self::default();
        let mut rest = text.strip_prefix(VERSION)?;
        while !rest.is_empty() {
            let (number, after) = number(rest)?;
            let code = after.chars().next()?;
            rest = &after[code.len_utf8()..];
            let mut counted = || {
                let (length, after) = self::number(rest)?;
                let (text, after) = after.strip_prefix(':')?.split_at_checked(length as usize)?;
                rest = after;
                Some(text)
            };
            let hint = match code {
                'n' => {
                    layout.unterminated.push(number);
                    continue;
                }
                'w' => {
                    let (hash, text) = counted()?.split_at_checked(HASH_LENGTH)?;
                    layout.whole = Some((hash.to_owned(), text.to_owned()));
                    continue;
                }
                'p' => Hint::Plain,
                'l' => {
                    let (header, indent) = counted()?.split_once(',')?;
                    Hint::Literal {
                        header: header.to_owned(),
                        indent: indent.parse().ok().filter(|&n| n < 1000)?,
                    }
                }
                't' => Hint::Token(counted()?.to_owned()),
                'a' => Hint::Alias(counted()?.to_owned()),
                _ => return None,
            };
            layout.nodes.insert(number, hint);
        }
        Some(layout)
    }
}

/// Hex digits of [`digest`].
const HASH_LENGTH: usize = 32;

/// Binds a whole-text hint to the encrypted text without its metadata blocks.
pub(crate) fn digest(body: &str) -> String {
    hex(&Sha256::digest(body)[..HASH_LENGTH / 2])
}

fn number(text: &str) -> Option<(u32, &str)> {
    let end = text.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(text.len());
    Some((text[..end].parse().ok()?, &text[end..]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hint() -> impl Strategy<Value = Hint> {
        prop_oneof![
            Just(Hint::Plain),
            ("[|>][1-9]?[+-]?", 0_usize..20).prop_map(|(header, indent)| Hint::Literal { header, indent }),
            any::<String>().prop_map(Hint::Token),
            any::<String>().prop_map(Hint::Alias),
        ]
    }

    proptest! {
        #[test]
        fn reads_what_it_wrote(
            nodes in proptest::collection::hash_map(any::<u32>(), hint(), 0..8),
            unterminated: Vec<u32>,
        ) {
            let layout = Layout { nodes, unterminated, whole: None };
            prop_assert_eq!(Layout::read(&layout.write()), Some(layout));
        }

        #[test]
        fn never_panics(text in "1[0-9pltanw:é,]{0,20}") {
            let _ = Layout::read(&text);
        }
    }

    #[test]
    fn whole_text_stands_alone() {
        let layout = Layout { whole: Some((digest("x"), "a: 1\n".into())), ..Layout::default() };
        assert_eq!(Layout::read(&layout.write()), Some(layout));
        assert_eq!(Layout::read("2"), None);
        assert_eq!(Layout::read("10x"), None);
    }
}
