//! Hides known secret values in text, however a template or a program may have written them.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

mod spellings;
mod writer;

pub use writer::MaskingWriter;

/// What stands where a secret was.
pub const MASK: &str = "***";

/// Values shorter than this many characters are not masked: they occur everywhere.
const SHORTEST: usize = 4;

/// The bytes of a spelling that are searched for; the rest is compared. The automaton takes some forty bytes of memory
/// for each, and a private key has thousands in a dozen spellings.
const SEARCHED: usize = 24;

/// Finds known secret values in text: as they are, base64 (also inside a longer encoded text), URL-encoded, and escaped
/// as JSON, YAML or Go does it; of values with several lines, every line of at least 8 characters.
#[derive(Clone, Default)]
pub struct Masker {
    /// Shared with the maskers made from this one.
    sets: Vec<Arc<Set>>,
    /// Length of the longest spelling in bytes.
    longest: usize,
    skipped: usize,
}

/// The spellings of some values.
struct Set {
    /// Finds the beginnings of spellings.
    automaton: AhoCorasick,
    /// What follows each beginning in the spellings that have it.
    rests: Vec<Vec<Vec<u8>>>,
}

/// More secrets than one search can hold (about two thousand million bytes).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the secret values are too many or too long to be masked")]
pub struct TooManySecrets;

impl Masker {
    /// A masker for these values. It keeps copies of them until it is dropped.
    ///
    /// Give it everything that may occur in what is shown: the values a run injects and, where a stored release is
    /// read, those of its own configuration, which are the previous ones.
    pub fn new<S: AsRef<str>>(secrets: impl IntoIterator<Item = S>) -> Result<Self, TooManySecrets> {
        Self::default().with(secrets)
    }

    /// This masker with more values: what only one context's release holds, say. What is known already is shared.
    pub fn with<S: AsRef<str>>(&self, secrets: impl IntoIterator<Item = S>) -> Result<Self, TooManySecrets> {
        let mut spellings: HashSet<Vec<u8>> = HashSet::new();
        let mut more = self.clone();
        for secret in secrets {
            let secret = secret.as_ref();
            if secret.trim().chars().count() < SHORTEST {
                more.skipped += usize::from(!secret.is_empty());
                continue;
            }
            spellings::add(secret, &mut spellings);
        }
        if spellings.is_empty() {
            return Ok(more);
        }
        more.longest = spellings.iter().map(Vec::len).max().unwrap_or(0).max(self.longest);
        let mut by_beginning: HashMap<Vec<u8>, Vec<Vec<u8>>> = HashMap::new();
        for mut spelling in spellings {
            let rest = spelling.split_off(SEARCHED.min(spelling.len()));
            by_beginning.entry(spelling).or_default().push(rest);
        }
        let (beginnings, rests): (Vec<_>, Vec<_>) = by_beginning.into_iter().unzip();
        // The fastest kind takes a kilobyte for each byte.
        let kind = Some(AhoCorasickKind::ContiguousNFA);
        let automaton = AhoCorasick::builder().kind(kind).build(&beginnings).map_err(|_| TooManySecrets)?;
        more.sets.push(Arc::new(Set { automaton, rests }));
        Ok(more)
    }

    /// How many values were too short to be masked; worth a warning.
    pub fn skipped(&self) -> usize {
        self.skipped
    }

    /// `text` with every known value replaced by [`MASK`].
    pub fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let found = self.find(text.as_bytes());
        match found.is_empty() {
            true => Cow::Borrowed(text),
            false => Cow::Owned(cut(text, 0..text.len(), &found)),
        }
    }

    /// The lines of `text`, masked: a value that spans several lines is masked in each of them.
    pub fn mask_lines<'a>(&self, text: &'a str) -> Vec<Cow<'a, str>> {
        let found = self.find(text.as_bytes());
        let mut start = 0;
        let mut lines = Vec::new();
        for line in text.split_inclusive('\n') {
            let end = start + line.trim_end_matches(['\n', '\r']).len();
            lines.push(match found.is_empty() {
                true => Cow::Borrowed(&text[start..end]),
                false => Cow::Owned(cut(text, start..end, &found)),
            });
            start += line.len();
        }
        lines
    }

    /// Masks what is written through it on its way to `inner`.
    pub fn writer<W: std::io::Write>(&self, inner: W) -> MaskingWriter<'_, W> {
        MaskingWriter::new(self, inner)
    }

    /// Where known values are, sorted, without overlaps: values that overlap or touch are one range.
    fn find(&self, text: &[u8]) -> Vec<Range<usize>> {
        let mut ranges: Vec<Range<usize>> = Vec::new();
        for set in &self.sets {
            for beginning in set.automaton.find_overlapping_iter(text) {
                let rests =
                    set.rests.get(beginning.pattern().as_usize()).map(Vec::as_slice).unwrap_or_default();
                let following = &text[beginning.end()..];
                if let Some(rest) =
                    rests.iter().filter(|rest| following.starts_with(rest)).map(Vec::len).max()
                {
                    ranges.push(beginning.start()..beginning.end() + rest);
                }
            }
        }
        ranges.sort_unstable_by_key(|range| range.start);
        ranges.dedup_by(|later, earlier| {
            let joined = later.start <= earlier.end;
            if joined {
                earlier.end = earlier.end.max(later.end);
            }
            joined
        });
        ranges
    }
}

/// The part `of` of `text` with the `found` ranges replaced. Ranges begin and end between characters, because a
/// spelling is text and so is what it was found in.
fn cut(text: &str, of: Range<usize>, found: &[Range<usize>]) -> String {
    let mut masked = String::new();
    let mut at = of.start;
    for range in found.iter().filter(|range| range.start < of.end && range.end > of.start) {
        masked.push_str(&text[at..range.start.max(at)]);
        masked.push_str(MASK);
        at = range.end.min(of.end);
    }
    masked.push_str(&text[at..of.end]);
    masked
}

impl fmt::Debug for Masker {
    /// Without the values, which the automaton would spell out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spellings: usize = self.sets.iter().flat_map(|set| &set.rests).map(Vec::len).sum();
        f.debug_struct("Masker").field("spellings", &spellings).field("skipped", &self.skipped).finish()
    }
}

#[cfg(test)]
mod tests;
