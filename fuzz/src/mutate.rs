//! Random changes to an input.

/// A small deterministic generator (SplitMix64): a run is repeated by its seed.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The sequence of `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The sequence that belongs to `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(bytes.iter().fold(0xCBF2_9CE4_8422_2325, |hash: u64, &byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
        }))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is not 0.
    #[expect(clippy::cast_possible_truncation, reason = "the remainder is below a usize")]
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// One of `list`, which is not empty.
    pub fn pick<'a, T: ?Sized>(&mut self, list: &'a [&'a T]) -> &'a T {
        list[self.below(list.len())]
    }
}

/// What the formats give a meaning to.
const WORDS: [&str; 88] = [
    "\n",
    "\r\n",
    "\r",
    " ",
    "\t",
    "  ",
    "# c",
    " #",
    ": ",
    ":",
    "- ",
    "-",
    "? ",
    "---\n",
    "...\n",
    "%YAML 1.1\n",
    "{",
    "}",
    "[",
    "]",
    ",",
    "\"",
    "'",
    "|",
    ">",
    "|2-",
    ">+",
    "|+\n",
    "&a ",
    "*a",
    "!!str ",
    "!!int ",
    "!!binary ",
    "!x ",
    "<<",
    "<<: ",
    "~",
    "null",
    "true",
    "FALSE",
    "yes",
    "0",
    "-0.0",
    "0x1F",
    "017",
    "1_000",
    "1e400",
    ".5",
    ".nan",
    "-.inf",
    "9223372036854775808",
    "99999999999999999999999",
    "2001-12-14",
    "2001-12-14T21:59:43.10-05:00",
    "\\n",
    "\\u0000",
    "\\ud800",
    "\\",
    "\u{feff}",
    "\u{2028}",
    "\u{1F600}",
    "\0",
    "é",
    "ENC[AES256_GCM,",
    ",data:",
    ",iv:",
    ",tag:",
    ",type:",
    "type:comment]",
    "type:int]",
    "type:bytes]",
    "sops",
    "sops:\n",
    "sops_mac=",
    "[sops]\n",
    "mac: ",
    "age:",
    "__map_",
    "__list_0",
    "key_groups",
    "shamir_threshold: 2",
    "lastmodified",
    "version",
    "=",
    ";",
    "\"\"\"",
    "_unencrypted",
    "export ",
];

/// Repeating stops here.
const LARGE: usize = 16 * 1024;

/// `input` after one to four changes, some of which take pieces from `other`. Never longer than `limit`.
#[must_use]
pub fn mutate(input: &[u8], other: &[u8], limit: usize, random: &mut Random) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..=random.below(4) {
        change(&mut bytes, other, random);
    }
    bytes.truncate(limit);
    bytes
}

fn change(bytes: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    let at = random.below(bytes.len() + 1);
    match random.below(11) {
        0 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
        1 if at < bytes.len() => bytes[at] = u8::try_from(random.below(256)).unwrap_or(0),
        2 => drop(bytes.drain(range(bytes.len(), at, 16, random))),
        3 => drop(bytes.drain(line(bytes, at))),
        4 => copy(bytes, range(bytes.len(), at, 64, random), random),
        5 => copy(bytes, line(bytes, at), random),
        6 => {
            let from = random.below(other.len() + 1);
            let piece = &other[range(other.len(), from, 128, random)];
            insert(bytes, at, piece);
        }
        7 => {
            let from = random.below(other.len() + 1);
            let piece = &other[line(other, from)];
            insert(bytes, line(bytes, at).start, piece);
        }
        8 => bytes.truncate(at),
        _ => insert(bytes, at, random.pick(&WORDS).as_bytes()),
    }
}

fn range(length: usize, at: usize, most: usize, random: &mut Random) -> std::ops::Range<usize> {
    at..(at + random.below(most) + 1).min(length).max(at)
}

/// The line that holds byte `at`, with its end.
fn line(bytes: &[u8], at: usize) -> std::ops::Range<usize> {
    let start = bytes[..at].iter().rposition(|&byte| byte == b'\n').map_or(0, |before| before + 1);
    let end = bytes[at..].iter().position(|&byte| byte == b'\n').map_or(bytes.len(), |after| at + after + 1);
    start..end
}

fn copy(bytes: &mut Vec<u8>, range: std::ops::Range<usize>, random: &mut Random) {
    let piece = bytes[range].to_vec();
    let at = random.below(bytes.len() + 1);
    let at = if random.below(2) == 0 { line(bytes, at).start } else { at };
    // Now and then many times: nesting and length show what does not grow linearly.
    let times = if random.below(16) == 0 { (LARGE / (piece.len() + 1)).min(200) } else { 1 };
    insert(bytes, at, &piece.repeat(times));
}

fn insert(bytes: &mut Vec<u8>, at: usize, piece: &[u8]) {
    bytes.splice(at..at, piece.iter().copied());
}
