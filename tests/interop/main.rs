//! Files of ours in the real sops and age, and theirs in ours.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests; helpers in them are not marked so"
)]

mod bench;
mod changes;
mod exceptions;
mod identities;
mod rules;
mod vectors;
