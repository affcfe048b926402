//! Files of ours in the real sops and age, and theirs in ours.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests; helpers in them are not marked so"
)]

mod bench;
mod changes;
mod compatibility;
mod exceptions;
mod flat;
mod identities;
mod keys;
mod manifest;
mod matrix;
mod opened;
mod operations;
mod private_keys;
mod rekey;
mod remote;
mod rules;
mod scenarios;
mod vectors;
