//! The test kit tested: what it starts works, ends, and is found out when it leaks.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests; helpers in them are not marked so"
)]

mod clusters;
mod commands;
mod guard;
mod hunt;
mod net;
mod openbao;
