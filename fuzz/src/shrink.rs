//! Makes a finding smaller.

use std::time::{Duration, Instant};

use anyhow::Result;

/// Time for one finding.
const MOST: Duration = Duration::from_secs(30);

/// `input` without the pieces that `fails` does not need, large pieces first. An input that does not fail when it is
/// tried alone is given back as it is.
pub fn shrink(input: &[u8], fails: impl Fn(&[u8]) -> Result<bool>) -> Vec<u8> {
    let mut best = input.to_vec();
    let end = Instant::now() + MOST;
    let mut size = best.len().div_ceil(2);
    while size > 0 && Instant::now() < end {
        let mut at = 0;
        while at < best.len() && Instant::now() < end {
            let mut candidate = best.clone();
            candidate.drain(at..(at + size).min(best.len()));
            if fails(&candidate).unwrap_or(false) {
                best = candidate;
            } else {
                at += size;
            }
        }
        size = if size == 1 { 0 } else { size.div_ceil(2) };
    }
    best
}
