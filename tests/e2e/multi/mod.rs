//! `helm multi`, a file per topic; `sandbox` is what they share.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests; helpers in them are not marked so"
)]

mod clusters;
mod failing;
mod helm_program;
mod inputs;
mod interrupt;
mod leaks;
mod masking;
mod namespaces;
mod output;
mod pending;
mod preflight;
mod rollback;
mod sandbox;
mod selection;
mod story;
mod vault;
mod without_files;
