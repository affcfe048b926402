//! `helm secrets`, a file per command or topic; `sandbox` is what they share.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests; helpers in them are not marked so"
)]

mod ciphertext;
mod cluster;
mod edit;
mod edit_private;
mod edit_rescue;
mod files;
mod leaks;
mod output;
mod rules;
mod sandbox;
mod vault;
mod vault_errors;
mod versions;
mod wrapper;
mod wrapper_process;
