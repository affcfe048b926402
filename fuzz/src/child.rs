//! One target in a process of its own.

use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use anyhow::Result;
use fuzz::Target;
use fuzz::mutate::{Random, mutate};
use fuzz::seeds::LIMIT;

/// Bytes before the input in a state file: how many inputs there were, and how long the present one is.
const HEAD: usize = 16;

/// What a child was doing.
pub struct State {
    /// Inputs before the present one.
    pub runs: u64,
    /// The present one.
    pub input: Vec<u8>,
}

impl State {
    /// Reads what the child wrote to `path`; nothing before its first input.
    pub fn read(path: &str) -> Option<Self> {
        let bytes = fs_err::read(path).ok().filter(|bytes| bytes.len() >= HEAD)?;
        let number = |at: usize| bytes[at..at + 8].try_into().map(u64::from_le_bytes).unwrap_or_default();
        let length = usize::try_from(number(8)).ok()?;
        Some(Self { runs: number(0), input: bytes.get(HEAD..HEAD + length)?.to_vec() })
    }
}

/// Runs the seeds of `target`, then changed seeds for `time`.
pub fn run(target: &Target, time: Duration, seed: u64, state: &str) -> Result<()> {
    let file = fs_err::File::create(state)?;
    let mut runs = 0_u64;
    let mut try_one = |input: &[u8]| -> Result<()> {
        let mut text = Vec::with_capacity(HEAD + input.len());
        text.extend_from_slice(&runs.to_le_bytes());
        text.extend_from_slice(&(input.len() as u64).to_le_bytes());
        text.extend_from_slice(input);
        file.file().write_all_at(&text, 0)?;
        (target.run)(input);
        runs += 1;
        Ok(())
    };
    let seeds = target.seeds();
    seeds.iter().try_for_each(|seed| try_one(seed))?;
    let mut random = Random::new(seed);
    let end = Instant::now() + time;
    while Instant::now() < end {
        let seed = &seeds[random.below(seeds.len())];
        let other = &seeds[random.below(seeds.len())];
        try_one(&mutate(seed, other, LIMIT, &mut random))?;
    }
    // The parent reads the number of runs here.
    try_one(b"")
}
