//! `helm secrets`, a file per command or topic; `sandbox` is what they share.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests; helpers in them are not marked so"
)]

mod bad_files;
mod ciphertext;
mod cluster;
mod edit;
mod edit_private;
mod edit_rescue;
mod exec;
mod files;
mod init;
mod key_changes;
mod leaks;
mod output;
mod paths;
mod rules;
mod sandbox;
mod status;
mod stores;
mod vault;
mod vault_errors;
mod versions;
mod wrapper;
mod wrapper_process;
